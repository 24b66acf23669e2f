import type { MovementOutcome } from "../graphql/generated/resolvers.ts";
import { audit } from "../platform/audit.ts";
import type { Tx } from "../platform/db.ts";
import { isRefused, type Refused, refusal, refused } from "../refusal.ts";
import { type ChangedOrder, orderNotFound } from "./cancel-order.ts";
import { type IdempotentRequest, keyRefusal, replayOf, spendKey } from "./idempotency.ts";
import type { ConcludeMovement } from "./ledger/conclude-movement.ts";
import { bumpLedgerVersion } from "./ledger/move-points.ts";
import type { OrderStore } from "./order.store.ts";
import { failOpenUnits, type SettleLines } from "./settle-lines.ts";

export type ResolveOrder = (input: {
  orderId: string;
  /** Null when only one movement needs attention. */
  movementId: string | null;
  outcome: MovementOutcome;
  note: string;
  operatorId: string;
  idempotencyKey: string;
}) => Promise<ChangedOrder | Refused>;

export interface ResolveOrderDeps {
  orders: OrderStore;
  conclude: ConcludeMovement;
  settleLines: SettleLines;
  /** Goes on with an order whose points turned out to be taken. */
  continueSaga(tx: Tx, orderId: string): Promise<void>;
}

/** Puts on record what people found out about a movement that needed attention, and does what follows from it. */
export function makeResolveOrder({ orders, conclude, settleLines, continueSaga }: ResolveOrderDeps): ResolveOrder {
  return async ({ orderId, movementId, outcome, note, operatorId, idempotencyKey }) => {
    const badKey = keyRefusal(idempotencyKey);
    if (badKey) return badKey;
    const request: IdempotentRequest = {
      actor: `operator:${operatorId}`,
      mutation: "resolveOrder",
      key: idempotencyKey,
      input: { orderId, movementId, outcome, note },
    };
    const answer = await orders.changing(orderId, async (change): Promise<ChangedOrder | Refused> => {
      const { tx, order, now } = change;
      const replay = await replayOf(tx, request);
      if (replay) return isRefused(replay) ? replay : { ...replay, replayed: true };
      const candidates = order.movements.filter(
        (movement) => movement.state === "NEEDS_ATTENTION" && (movementId === null || movement.id === movementId),
      );
      const [movement] = candidates;
      if (!movement)
        return refused(
          refusal("NOTHING_TO_RESOLVE", "No such movement of this order needs attention.", ["input", "movementId"]),
        );
      if (candidates.length > 1) {
        return refused(
          refusal("INVALID_INPUT", "Several movements need attention: say which.", ["input", "movementId"]),
        );
      }
      await spendKey(tx, request, orderId, now);
      await audit(tx, {
        at: now,
        actor: operatorId,
        action: "order.resolve",
        subject: movement.reference,
        details: { outcome, note },
      });
      await tx.discrepancy.updateMany({
        where: { movementId: movement.id, resolvedAt: null },
        data: { resolvedAt: now },
      });
      await bumpLedgerVersion(change);

      if (outcome === "HAPPENED") {
        await conclude.confirmed(change, movement.id);
        if (movement.kind === "TAKEN" && order.status === "PENDING") await continueSaga(tx, orderId);
        return { orderId, replayed: false };
      }
      await tx.pointsMovement.update({
        where: { id: movement.id },
        data: { state: "REFUSED", settledAt: now, watchUntil: null },
      });
      if (movement.kind === "TAKEN" && order.status === "PENDING") {
        await failOpenUnits(change, { reason: "UPSTREAM_REFUSED", message: "The points could not be taken." });
      }
      // For a return this finds the points still owed, and sends them under the next number.
      await settleLines(change, { reason: movement.reason ?? "FULFILMENT_FAILURE" });
      return { orderId, replayed: false };
    });
    return answer ?? orderNotFound();
  };
}
