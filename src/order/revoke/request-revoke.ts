import type { ReversalReason } from "../../domain/generated/words.ts";
import type { Tx } from "../../platform/db.ts";
import { insertReturns } from "../movement/insert-returns.ts";
import type { OrderChange } from "../order.store.ts";
import { find } from "../order-aggregate.ts";

/** Adds the job that has Capillary take units back, when the transaction commits. */
export type StartRevokes = (tx: Tx, units: { orderId: string; unitIds: string[] }) => Promise<void>;

/**
 * Decides that units which Capillary gave are to be taken back. They stay given until it has done so, because it may refuse;
 * the points it took for them are on record as on their way back. Call `advance` or `recomputeAndRefund` afterwards.
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
