import type { ReversalReason } from "../../domain/generated/words.ts";
import type { Tx } from "../../platform/db.ts";
import { insertReturns } from "../movement/insert-returns.ts";
import type { OrderChange } from "../order.store.ts";
import { find } from "../order-aggregate.ts";

/** Inserts the job that sends revokes to Capillary. It starts when the transaction commits. */
export type StartRevokes = (tx: Tx, units: { orderId: string; unitIds: string[] }) => Promise<void>;

/**
 * Requests the revoke of units that Capillary issued. They stay fulfilled until the revoke is confirmed, because
 * Capillary may refuse. The points that Capillary charged are recorded as a pending return. The caller calls
 * `appendEvent` or `recomputeAndRefund` afterwards.
 */
export type RequestRevoke = (change: OrderChange, unitIds: readonly string[], reason: ReversalReason) => Promise<void>;

export function makeRequestRevoke(startRevokes: StartRevokes): RequestRevoke {
  return async (change, unitIds, reason) => {
    if (unitIds.length === 0) return;
    const { tx, order } = change;
    await tx.unitIssue.updateMany({
      where: { unitId: { in: [...unitIds] } },
      data: {
        revokeState: "PENDING",
        revokeReason: reason,
        revokeAttempts: 0,
        revokeSentAt: null,
        revokeBefore: null,
        revokeError: null,
      },
    });
    const chargedByCapillary = unitIds.map((id) => find(change, id)).filter(({ unit }) => unit.issue.points > 0);
    await insertReturns(
      change,
      order,
      reason,
      chargedByCapillary.map(({ line, unit }) => ({
        ledger: "CAPILLARY",
        payWith: line.payWith,
        groupId: line.groupId,
        unitId: unit.id,
        points: unit.issue.points,
        lineIds: [line.id],
        transactionNumber: unit.issue.transactionNumber,
      })),
    );
    await startRevokes(tx, { orderId: order.id, unitIds: [...unitIds] });
  };
}
