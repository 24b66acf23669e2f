import { randomInt, randomUUID } from "node:crypto";
import type { CartLine } from "../cart/cart.ts";
import type { IndividualLedger } from "../catalog/mirror/mirrored-reward.ts";
import { isShipped } from "../catalog/reward.ts";
import type { Tx } from "../platform/db.ts";
import type { SecretBox } from "../platform/secret-box.ts";
import { insertOrder, type OrderRows } from "./create-order.sql.ts";
import { wordsFor } from "./event-words.ts";
import type { IdempotentRequest } from "./idempotency.ts";
import { issueTerms } from "./issue/issue-terms.ts";
import type { PlaceOrderInput } from "./jobs/place-order-job.ts";
import type { SeenBalance } from "./ledger/mark-deduction.sql.ts";
import type { Address } from "./order.ts";

/** What an order has of a cart's line. */
export type OrderedLine = Pick<CartLine, "reward" | "quantity" | "payWith" | "groupId">;

export interface NewOrder {
  /** The cart that is ordered, or the award that a prize is claimed for. */
  origin: { cartId: string } | { awardId: string };
  lines: readonly OrderedLine[];
  customerId: string;
  /** The Client's JWT; null where no points of the customer's are looked at. */
  clientToken: string | null;
  total: number;
  address: Address | null;
  /** The idempotency key that is used up; null for a prize, which is claimed once anyway. */
  request: IdempotentRequest | null;
  /** The reading of the wallet that the order was judged by; null for an order that costs nothing. */
  seen: SeenBalance | null;
  now: Date;
}

/**
 * Writes the order of lines that have been judged: frozen lines and units, a movement for each taking of points, what each
 * unit's issue will say, the first event, and the job that goes on with it. Answers its id.
 */
export type CreateOrder = (tx: Tx, order: NewOrder) => Promise<string>;

export interface CreateOrderDeps {
  orderTokens: SecretBox;
  /** Whose points a customer's own wallet holds. */
  ledger: IndividualLedger;
  startJob(tx: Tx, input: PlaceOrderInput): Promise<void>;
}

type Line = ReturnType<typeof freeze>[number];

export function makeCreateOrder({ orderTokens, ledger, startJob }: CreateOrderDeps): CreateOrder {
  return async (tx, { origin, lines: ordered, customerId, clientToken, total, address, request, seen, now }) => {
    const orderId: string = randomUUID();
    const number = orderNumber(now);
    const needsAddress = ordered.some((line) => isShipped(line.reward));
    const lines = freeze(ordered);
    const units = lines.flatMap((line) =>
      Array.from({ length: line.quantity }, (_, index) => ({
        id: randomUUID() as string,
        lineId: line.id,
        unit: index + 1,
      })),
    );
    const issues = issuesOf(ordered, number, lines, units);

    const paidThere = issues.filter(({ points }) => points > 0);
    const deducted = lines.filter((line) => paysTheClient(line) && !paidThere.some((issue) => issue.line === line));
    const points = deducted.reduce((sum, line) => sum + line.unitPoints * line.quantity, 0);
    const deduction: OrderRows["movements"][number] | null =
      points > 0
        ? {
            id: randomUUID(),
            number: 1,
            ledger: "CLIENT",
            payWith: "INDIVIDUAL",
            groupId: null,
            unitId: null,
            points,
            lineIds: deducted.map(({ id }) => id),
            reference: number,
          }
        : null;
    const takings = paidThere.map(({ line, unitId, points, transactionNumber }, index) => ({
      id: randomUUID(),
      number: index + 2,
      ledger: "CAPILLARY" as const,
      payWith: line.payWith,
      groupId: line.groupId,
      unitId,
      points,
      lineIds: [line.id],
      reference: transactionNumber,
    }));
    await insertOrder(tx, {
      order: {
        id: orderId,
        number,
        customerId,
        cartId: "cartId" in origin ? origin.cartId : null,
        awardId: "awardId" in origin ? origin.awardId : null,
        total,
        shippingAddress: needsAddress ? address : null,
        clientToken: clientToken === null ? null : orderTokens.encrypt(clientToken, orderId),
        placedAt: now,
      },
      lines,
      units,
      issues: issues.map(({ line: _, ...issue }) => issue),
      movements: deduction ? [deduction, ...takings] : takings,
      request,
      message: wordsFor("PENDING", "NOT_TAKEN"),
    });
    await startJob(tx, {
      orderId,
      movementId: deduction?.id ?? null,
      seen: seen && { ...seen, at: seen.at.toISOString() },
    });
    return orderId;
  };

  /** What Capillary will be asked for with each unit of its rewards. */
  function issuesOf(
    ordered: readonly OrderedLine[],
    number: string,
    lines: readonly Line[],
    units: readonly { id: string; lineId: string; unit: number }[],
  ) {
    return ordered.flatMap(({ reward }, index) => {
      const line = lines[index];
      if (!line || reward.source !== "CAPILLARY") return [];
      const terms = issueTerms(reward, line.groupId, ledger);
      return units
        .filter(({ lineId }) => lineId === line.id)
        .map((unit) => ({
          ...terms,
          line,
          unitId: unit.id,
          groupId: line.groupId,
          transactionNumber: `${number}-${line.position}-${unit.unit}`,
        }));
    });
  }
}

const paysTheClient = ({ payWith }: Pick<Line, "payWith">) => payWith === "INDIVIDUAL";

const freeze = (ordered: readonly OrderedLine[]) =>
  ordered.map((line, index) => ({
    id: randomUUID() as string,
    position: index + 1,
    rewardId: line.reward.id,
    name: line.reward.name,
    kind: line.reward.kind,
    source: line.reward.source,
    quantity: line.quantity,
    unitPoints: line.reward.points,
    payWith: line.payWith,
    groupId: line.groupId,
  }));

/** Crockford's base 32: no letter that can be mistaken for a digit. */
const CHARACTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** `ORD-261122-7K3MQ9XZ4T`: says when, cannot be guessed, and can be read over the phone. */
function orderNumber(now: Date): string {
  const random = Array.from({ length: 10 }, () => CHARACTERS[randomInt(CHARACTERS.length)]).join("");
  return `ORD-${now.toISOString().slice(2, 10).replaceAll("-", "")}-${random}`;
}
