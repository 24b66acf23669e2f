import type { RedeemabilityReason } from "../domain/generated/words.ts";
import type { WalletReading } from "../ledger/evidence.ts";
import type { Prisma } from "../platform/db.ts";
import type {
  OrderLine as LineRow,
  PointsMovement as MovementRow,
  Order as OrderRow,
} from "../platform/generated/prisma/client.ts";

export interface Order extends Omit<OrderRow, "total" | "clientToken" | "shippingAddress"> {
  total: number;
  shippingAddress: Address | null;
}

export interface OrderLine extends Omit<LineRow, "unitPoints" | "failureReason" | "failureMessage"> {
  unitPoints: number;
  failure: { reason: RedeemabilityReason; message: string } | null;
}

export interface Movement
  extends Omit<MovementRow, "points" | "balanceBefore" | "earnedBefore" | "watchBalance" | "watchEarned"> {
  points: number;
  balanceBefore: number | null;
  earnedBefore: number | null;
}

export interface Address {
  name: string;
  line1: string;
  line2: string | null;
  city: string;
  region: string | null;
  postalCode: string;
  /** ISO 3166-1 alpha-2. */
  country: string;
  phone: string | null;
}

export function toOrder({ clientToken: _, ...row }: OrderRow): Order {
  return { ...row, total: Number(row.total), shippingAddress: row.shippingAddress as unknown as Address | null };
}

export function toLine({ failureReason, failureMessage, ...row }: LineRow): OrderLine {
  const failure =
    failureReason === null ? null : { reason: failureReason as RedeemabilityReason, message: failureMessage ?? "" };
  return { ...row, unitPoints: Number(row.unitPoints), failure };
}

export function toMovement({ watchBalance: _, watchEarned: __, ...row }: MovementRow): Movement {
  return {
    ...row,
    points: Number(row.points),
    balanceBefore: row.balanceBefore === null ? null : Number(row.balanceBefore),
    earnedBefore: row.earnedBefore === null ? null : Number(row.earnedBefore),
  };
}

export type Shipment = Prisma.ShipmentGetPayload<object>;

/** The effect of a movement on the balance: negative for a deduction. */
export const changeOf = ({ kind, points }: Pick<Movement, "kind" | "points">): number =>
  kind === "TAKEN" ? -points : points;

/** The balance reading just before the movement was sent; null if it was not sent, or the balance could not be read. */
export const readingBefore = ({
  balanceBefore: balance,
  earnedBefore: earned,
}: Pick<Movement, "balanceBefore" | "earnedBefore">): WalletReading | null =>
  balance === null ? null : { balance, earned };
