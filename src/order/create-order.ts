import { randomInt, randomUUID } from "node:crypto";
import type { CartLine } from "../cart/index.ts";
import { type IndividualLedger, isShipped } from "../catalog/index.ts";
import type { WalletReading } from "../ledger/evidence.ts";
import type { Cipher } from "../platform/cipher.ts";
import { afterCommit, type Prisma, type Tx } from "../platform/db.ts";
import { insertOrder, type OrderRows } from "./create-order.sql.ts";
import { eventMessage } from "./event-messages.ts";
import type { IdempotentRequest } from "./idempotency.ts";
import { issueTerms } from "./issue/issue-terms.ts";
import type { MarkedMovement } from "./movement/send-movement.ts";
import type { Address, Order } from "./order.ts";
import type { PlaceOrderInput } from "./place-order-job.ts";

/** The fields of a cart line that an order copies. */
export type OrderedLine = Pick<CartLine, "reward" | "quantity" | "payWith" | "groupId">;

export interface NewOrder {
  /** The ordered cart, or the award of a claimed prize. */
  origin: { cartId: string } | { awardId: string };
  lines: readonly OrderedLine[];
  customerId: string;
  /** The customer's JWT of the points provider; null if the customer's own wallet is not read. */
  clientToken: string | null;
  total: number;
  address: Address | null;
  /** The idempotency key to consume; null for a prize, because an award can be claimed only once. */
  request: IdempotentRequest | null;
  /** The wallet just before the deduction, if this process may mark and send it at once; with null the job reads it. */
  before: WalletReading | null;
  now: Date;
}

/**
 * Inserts the order of evaluated lines: frozen lines and units, a movement for each deduction, the terms of each unit's
 * issue, the first events, and the job that continues the order. With `before` the deduction is marked as sent.
 *
 * @returns the order as inserted
 */
export type CreateOrder = (tx: Tx, order: NewOrder) => Promise<Order>;

export interface CreateOrderDeps {
  orderTokens: Cipher;
  /** The ledger of a customer's own wallet. */
  ledger: IndividualLedger;
  insertJob(tx: Tx, input: PlaceOrderInput, marked?: MarkedMovement): Prisma.Sql;
  /** Called after the commit of an order. */
  onPlaced?: (() => void) | undefined;
}

type Line = ReturnType<typeof freeze>[number];

export function makeCreateOrder({ orderTokens, ledger, insertJob, onPlaced }: CreateOrderDeps): CreateOrder {
  return async (tx, { origin, lines: ordered, customerId, clientToken, total, address, request, before, now }) => {
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

    const chargedByCapillary = issues.filter(({ points }) => points > 0);
    const deducted = lines.filter(
      (line) => paysTheClient(line) && !chargedByCapillary.some((issue) => issue.line === line),
    );
    const points = deducted.reduce((sum, line) => sum + line.unitPoints * line.quantity, 0);
    const deduction: OrderRows["movements"][number] | null =
      points > 0
        ? {
            before,
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
    const deductionRows = chargedByCapillary.map(({ line, unitId, points, transactionNumber }, index) => ({
      before: null,
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
    const sealedToken = clientToken === null ? null : orderTokens.encrypt(clientToken, orderId);
    const marked: MarkedMovement | undefined =
      deduction && before
        ? {
            movement: {
              id: deduction.id,
              orderId,
              customerId,
              kind: "TAKEN",
              points,
              requestedAt: now,
              reasonText: null,
              balanceBefore: before.balance,
              earnedBefore: before.earned,
            },
            orderNumber: number,
            clientToken: sealedToken,
            isRepetition: false,
            markedAt: performance.now(),
          }
        : undefined;
    const pointsStates = marked ? (["NOT_TAKEN", "TAKING"] as const) : (["NOT_TAKEN"] as const);
    const order: Order = {
      id: orderId,
      number,
      customerId,
      cartId: "cartId" in origin ? origin.cartId : null,
      awardId: "awardId" in origin ? origin.awardId : null,
      status: "PENDING",
      pointsState: marked ? "TAKING" : "NOT_TAKEN",
      seq: pointsStates.length,
      total,
      shippingAddress: needsAddress ? address : null,
      placedAt: now,
    };
    await insertOrder(tx, {
      order,
      clientToken: sealedToken,
      lines,
      units,
      issues: issues.map(({ line: _, ...issue }) => issue),
      movements: deduction ? [deduction, ...deductionRows] : deductionRows,
      request,
      events: pointsStates.map((pointsState) => ({ pointsState, message: eventMessage("PENDING", pointsState) })),
      job: insertJob(tx, { orderId, movementId: deduction?.id ?? null }, marked),
    });
    if (onPlaced) afterCommit(tx, onPlaced);
    return order;
  };

  /** The issue requests for each unit of Capillary's rewards. */
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

/** Crockford's base 32: it has no letter that resembles a digit. */
const CHARACTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** `ORD-261122-7K3MQ9XZ4T`: contains the date, cannot be guessed, and can be read out over the phone. */
function orderNumber(now: Date): string {
  const random = Array.from({ length: 10 }, () => CHARACTERS[randomInt(CHARACTERS.length)]).join("");
  return `ORD-${now.toISOString().slice(2, 10).replaceAll("-", "")}-${random}`;
}
