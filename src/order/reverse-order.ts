import type { ReversalReason } from "../graphql/generated/resolvers.ts";
import { audit } from "../platform/audit.ts";
import { isRefused, type Refused, refusal, refused } from "../refusal.ts";
import { type ChangedOrder, orderNotFound } from "./cancel-order.ts";
import { type IdempotentRequest, keyRefusal, replayOf, spendKey } from "./idempotency.ts";
import type { OrderStore } from "./order.store.ts";
import type { SettleLines } from "./settle-lines.ts";

export type ReverseOrder = (input: {
  orderId: string;
  /** Null for every fulfilled line. */
  lineIds: readonly string[] | null;
  reason: ReversalReason;
  note: string | null;
  operatorId: string;
  idempotencyKey: string;
}) => Promise<ChangedOrder | Refused>;

/** Takes fulfilled lines back, makes their vouchers void, and returns their points. */
export function makeReverseOrder({
  orders,
  settleLines,
}: {
  orders: OrderStore;
  settleLines: SettleLines;
}): ReverseOrder {
  return async ({ orderId, lineIds, reason, note, operatorId, idempotencyKey }) => {
    const badKey = keyRefusal(idempotencyKey);
    if (badKey) return badKey;
    const request: IdempotentRequest = {
      actor: `operator:${operatorId}`,
      mutation: "reverseOrder",
      key: idempotencyKey,
      input: { orderId, lineIds, reason, note },
    };
    const answer = await orders.changing(orderId, async (change): Promise<ChangedOrder | Refused> => {
      const { tx, order, now } = change;
      const replay = await replayOf(tx, request);
      if (replay) return isRefused(replay) ? replay : { ...replay, replayed: true };
      const notReversible = (message: string) => refused(refusal("NOT_REVERSIBLE", message, ["input", "orderId"]));
      if (order.status !== "FULFILLED" && order.status !== "PARTIALLY_FULFILLED") {
        return notReversible(`Only a fulfilled order can be reversed; this one is ${order.status}.`);
      }
      const unknown = lineIds?.find((id) => !order.lines.some((line) => line.id === id));
      if (unknown !== undefined)
        return refused(refusal("LINE_NOT_FOUND", "The order has no such line.", ["input", "lineIds"]));
      const chosen = order.lines.filter((line) => lineIds?.includes(line.id) ?? line.fulfilledQuantity > 0);
      const ungiven = chosen.find((line) => line.fulfilledQuantity === 0);
      if (ungiven) return notReversible(`Line ${ungiven.position} has nothing that was fulfilled.`);

      await spendKey(tx, request, orderId, now);
      const unitIds = chosen.flatMap((line) =>
        line.units.filter((unit) => unit.state === "FULFILLED").map((unit) => unit.id),
      );
      await tx.orderUnit.updateMany({ where: { id: { in: unitIds } }, data: { state: "REVERSED" } });
      await tx.voucherCode.updateMany({ where: { unitId: { in: unitIds } }, data: { state: "VOID" } });
      await audit(tx, {
        at: now,
        actor: operatorId,
        action: "order.reverse",
        subject: order.number,
        details: { lines: chosen.map((line) => line.position), reason, note },
      });
      await settleLines(change, { reason, message: "Taken back by the brand." });
      return { orderId, replayed: false };
    });
    return answer ?? orderNotFound();
  };
}
