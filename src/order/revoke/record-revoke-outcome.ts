import type { Logger } from "../../platform/logger.ts";
import { reportDiscrepancy } from "../issue/report-discrepancy.ts";
import type { OrderChange } from "../order.store.ts";
import { type Found, find, isRevokeOpen } from "../order-aggregate.ts";
import type { RecomputeAndRefund } from "../recompute-and-refund.ts";

/** Records the outcome of a requested revoke. */
export interface RecordRevokeOutcome {
  /** Capillary revoked the unit. `seenBack` says whether a balance reading shows the return of its points. */
  revoked(change: OrderChange, unitId: string, evidence: { seenBack: boolean }): Promise<void>;
  /** Capillary refused for good: the customer keeps the unit. */
  refused(change: OrderChange, unitId: string, why: string): Promise<void>;
  unknown(change: OrderChange, unitId: string, why: string): Promise<void>;
  needsAttention(change: OrderChange, unitId: string, message: string): Promise<void>;
  /** Records an operator's finding: whether the points of a revoked unit came back. */
  pointsFound(change: OrderChange, unitId: string, areReturned: boolean): Promise<void>;
}

const isOpen = ({ unit }: Found) => isRevokeOpen(unit.issue);
const mayRecord = (found: Found) => isOpen(found) || found.unit.issue.revokeState === "NEEDS_ATTENTION";

export function makeRecordRevokeOutcome({
  recomputeAndRefund,
  log,
}: {
  recomputeAndRefund: RecomputeAndRefund;
  log: Logger;
}): RecordRevokeOutcome {
  const returning = { kind: "RETURNED" as const, state: { not: "REFUSED" as const } };

  return {
    async revoked(change, unitId, { seenBack }) {
      const found = find(change, unitId);
      if (!mayRecord(found)) return;
      const { tx, now } = change;
      const { line, unit } = found;
      const isCertain = seenBack || unit.issue.points === 0;
      await tx.unitIssue.update({ where: { unitId }, data: { revokeState: "CONFIRMED", revokeError: null } });
      await tx.pointsMovement.updateMany({
        where: { unitId, ...returning },
        data: isCertain ? { state: "CONFIRMED", settledAt: now } : { state: "NEEDS_ATTENTION" },
      });
      if (!isCertain) {
        const message = `Capillary revoked the unit, but the wallet does not show the return of its ${unit.issue.points} points`;
        await reportDiscrepancy(change, log, { unitId, kind: "RETURNED", message });
      }
      await tx.orderUnit.update({ where: { id: unitId }, data: { state: "REVERSED" } });
      await tx.voucherCode.updateMany({ where: { unitId }, data: { state: "VOID" } });
      await recomputeAndRefund(change, {
        reason: unit.issue.revokeReason ?? "CANCELLATION",
        lineId: line.id,
        message: `${line.name} has been returned.`,
      });
    },

    async refused(change, unitId, why) {
      const found = find(change, unitId);
      if (!mayRecord(found)) return;
      const { tx, now } = change;
      await tx.unitIssue.update({ where: { unitId }, data: { revokeState: "REFUSED", revokeError: why } });
      await tx.pointsMovement.updateMany({
        where: { unitId, ...returning },
        data: { state: "REFUSED", settledAt: now, lastError: why },
      });
      await change.appendEvent({ lineId: found.line.id, message: `${found.line.name} cannot be returned: ${why}.` });
    },

    async unknown(change, unitId, why) {
      if (!isOpen(find(change, unitId))) return;
      await change.tx.unitIssue.update({ where: { unitId }, data: { revokeState: "UNCERTAIN", revokeError: why } });
      await change.tx.pointsMovement.updateMany({
        where: { unitId, ...returning },
        data: { state: "UNCERTAIN", lastError: why },
      });
      await change.appendEvent({});
    },

    async needsAttention(change, unitId, message) {
      if (!isOpen(find(change, unitId))) return;
      await change.tx.unitIssue.update({
        where: { unitId },
        data: { revokeState: "NEEDS_ATTENTION", revokeError: message },
      });
      await change.tx.pointsMovement.updateMany({
        where: { unitId, ...returning },
        data: { state: "NEEDS_ATTENTION", lastError: message },
      });
      await reportDiscrepancy(change, log, { unitId, kind: "RETURNED", message });
      await change.appendEvent({});
    },

    async pointsFound(change, unitId, areReturned) {
      await change.tx.pointsMovement.updateMany({
        where: { unitId, kind: "RETURNED", state: "NEEDS_ATTENTION" },
        data: { state: areReturned ? "CONFIRMED" : "REFUSED", settledAt: change.now },
      });
      await change.appendEvent({});
    },
  };
}
