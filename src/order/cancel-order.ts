import { isRefused, type Refused, refusal, refused } from "../refusal.ts";
import { type IdempotentRequest, keyRefusal, replayOf, spendKey } from "./idempotency.ts";
import { isUnasked } from "./issue/conclude-issue.ts";
import { dropIssues } from "./issue/write-issue.ts";
import type { OrderStore } from "./order.store.ts";
import type { OrderAggregate } from "./order-aggregate.ts";
import type { SettleLines } from "./settle-lines.ts";

/** An order a mutation led to. */
export interface ChangedOrder {
  orderId: string;
  /** The key had been used before: nothing was done now. */
  replayed: boolean;
}

export type CancelOrder = (input: {
  orderId: string;
  customerId: string;
  idempotencyKey: string;
}) => Promise<ChangedOrder | Refused>;

export const orderNotFound = () => refused(refusal("ORDER_NOT_FOUND", "There is no such order.", ["input", "orderId"]));

/** Cancels what has not been given: everything before the points are sent for, later what has not left the warehouse. */
export function makeCancelOrder({
  orders,
  settleLines,
}: {
  orders: OrderStore;
  settleLines: SettleLines;
}): CancelOrder {
  return async ({ orderId, customerId, idempotencyKey }) => {
    const badKey = keyRefusal(idempotencyKey);
    if (badKey) return badKey;
    const request: IdempotentRequest = {
      actor: `customer:${customerId}`,
      mutation: "cancelOrder",
      key: idempotencyKey,
      input: { orderId },
    };
    const answer = await orders.changing(orderId, async (change): Promise<ChangedOrder | Refused> => {
      const { tx, order, now } = change;
      if (order.customerId !== customerId) return orderNotFound();
      const replay = await replayOf(tx, request);
      if (replay) return isRefused(replay) ? replay : { ...replay, replayed: true };
      const unitIds = cancellableUnits(order);
      if (unitIds.length === 0) {
        return refused(refusal("NOT_CANCELLABLE", whyNotCancellable(order), ["input", "orderId"]));
      }

      await spendKey(tx, request, orderId, now);
      await tx.pointsMovement.updateMany({
        where: { orderId, ledger: "CLIENT", kind: "TAKEN", state: "PENDING", sentAt: null },
        data: { state: "REFUSED", settledAt: now, lastError: "cancelled before it was sent" },
      });
      for (const line of order.lines) {
        // What the warehouse had set aside goes back on the shelf.
        const setAside = line.units.filter((unit) => unit.state === "PREPARING" && unitIds.includes(unit.id)).length;
        if (setAside > 0) {
          await tx.reward.updateMany({
            where: { id: line.rewardId, stock: { not: null } },
            data: { stock: { increment: setAside } },
          });
        }
      }
      await dropIssues(change, unitIds, "cancelled before it was sent");
      await tx.orderUnit.updateMany({ where: { id: { in: unitIds } }, data: { state: "CANCELLED" } });
      await settleLines(change, { reason: "CANCELLATION", message: "Cancelled by the customer." });
      return { orderId, replayed: false };
    });
    return answer ?? orderNotFound();
  };
}

/** The units that `cancelOrder` would cancel now. */
export function cancellableUnits(order: Pick<OrderAggregate, "status" | "lines" | "movements">): string[] {
  const deduction = order.movements.find(
    ({ ledger, kind, state }) => ledger === "CLIENT" && kind === "TAKEN" && state !== "REFUSED",
  );
  const isUnderWay = deduction && deduction.state !== "CONFIRMED" && deduction.sentAt !== null;
  if (isUnderWay) return [];
  return order.lines.flatMap((line) =>
    line.units
      .filter(
        (unit) =>
          (unit.state === "PENDING" && (unit.issue === null || isUnasked(unit))) ||
          (unit.state === "PREPARING" && line.shipment?.status === "PREPARING"),
      )
      .map((unit) => unit.id),
  );
}

function whyNotCancellable(order: OrderAggregate): string {
  const isBeingGiven = order.lines.some(({ units }) => units.some(({ state }) => state === "PENDING"));
  if (order.status === "PROCESSING" && isBeingGiven) return "This order is just being given. Try again in a moment.";
  if (order.status === "PENDING") return "The points of this order are just being taken. Try again in a moment.";
  if (order.status === "PROCESSING") return "This order is already on its way.";
  return "This order is already complete.";
}
