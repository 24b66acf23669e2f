import type { ReversalReason } from "../../graphql/generated/resolvers.ts";
import type { Tx } from "../../platform/db.ts";
import { find } from "../issue/conclude-issue.ts";
import type { OrderChange } from "../order.store.ts";

/** Adds the job that has Capillary take units back, when the transaction commits. */
export type StartRevokes = (tx: Tx, units: { orderId: string; unitIds: string[] }) => Promise<void>;

/**
 * Decides that units which Capillary gave are to be taken back. They stay given until it has done so, because it may refuse;
 * the points it took for them are on record as on their way back. Call `advance` or `settleLines` afterwards.
 */
export type WantBack = (change: OrderChange, unitIds: readonly string[], reason: ReversalReason) => Promise<void>;

export function makeWantBack(startRevokes: StartRevokes): WantBack {
  return async (change, unitIds, reason) => {
    if (unitIds.length === 0) return;
    const { tx, order, now } = change;
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
    const first = order.movements.filter(({ kind }) => kind === "RETURNED").length + 1;
    const paidThere = unitIds.map((id) => find(change, id)).filter(({ unit }) => unit.issue.points > 0);
    await tx.pointsMovement.createMany({
      data: paidThere.map(({ line, unit }, index) => ({
        orderId: order.id,
        customerId: order.customerId,
        kind: "RETURNED" as const,
        number: first + index,
        ledger: "CAPILLARY" as const,
        payWith: line.payWith,
        groupId: line.groupId,
        unitId: unit.id,
        points: unit.issue.points,
        lineIds: [line.id],
        reason,
        reference: `${unit.issue.transactionNumber}/R${first + index}`,
        requestedAt: now,
      })),
    });
    await startRevokes(tx, { orderId: order.id, unitIds: [...unitIds] });
  };
}
