import type { ReversalReason } from "../../domain/generated/words.ts";
import type { OrderChange } from "../order.store.ts";
import { type Movement, toMovement } from "../order.ts";
import type { OrderAggregate } from "../order-aggregate.ts";

/** A return of points to the wallet that paid. */
export type NewReturn = Pick<Movement, "ledger" | "payWith" | "groupId" | "unitId" | "points" | "lineIds"> & {
  /** The transaction number of the revoked issue; undefined if the return belongs to the order. */
  transactionNumber?: string;
};

const reasonWords: Record<ReversalReason, string> = {
  FULFILMENT_FAILURE: "Fulfilment failure",
  VENDOR_REJECTION: "Vendor rejection",
  CANCELLATION: "Order cancellation",
  INVENTORY_UNAVAILABLE: "Inventory unavailable",
};

/**
 * Inserts the movements that return points, for all reasons and ledgers. They are numbered within the order, R1, R2 and
 * so on. The number is a part of the reference and the reason is stored with it, so that repeated calls are identical.
 * The caller inserts the job that sends them in the same transaction.
 */
export async function insertReturns(
  change: OrderChange,
  order: Pick<OrderAggregate, "id" | "number" | "customerId" | "movements">,
  reason: ReversalReason,
  wanted: readonly NewReturn[],
): Promise<Movement[]> {
  if (wanted.length === 0) return [];
  const { tx, now } = change;
  await change.flush(); // the database checks that the returned points do not exceed those taken
  const first = order.movements.filter(({ kind }) => kind === "RETURNED").length + 1;
  const rows = await tx.pointsMovement.createManyAndReturn({
    data: wanted.map(({ transactionNumber = order.number, ...returned }, index) => {
      const reference = `${transactionNumber}/R${first + index}`;
      return {
        ...returned,
        orderId: order.id,
        customerId: order.customerId,
        kind: "RETURNED" as const,
        number: first + index,
        reason,
        reasonText: `${reasonWords[reason]} (${reference})`,
        reference,
        requestedAt: now,
      };
    }),
  });
  return rows.map(toMovement);
}
