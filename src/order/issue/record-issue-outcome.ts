import type { VoucherVault } from "../../catalog/index.ts";
import type { RedeemabilityReason } from "../../domain/generated/words.ts";
import type { Logger } from "../../platform/logger.ts";
import type { IssuedVoucher } from "../../upstream/capillary/wire/issue.ts";
import type { OrderChange } from "../order.store.ts";
import { find, isNotRequested } from "../order-aggregate.ts";
import type { RecomputeAndRefund } from "../recompute-and-refund.ts";
import { reportDiscrepancy } from "./report-discrepancy.ts";
import { dropIssues, writeIssue } from "./write-issue.ts";

/** A unit that Capillary issued, from its answer or its records. */
export interface IssuedUnit {
  transactionId: string | null;
  /** The points that Capillary charged; null if it does not report them. */
  points: number | null;
  vouchers: (IssuedVoucher & { pin?: string | undefined })[];
}

/** A definite refusal of a unit by Capillary. */
export interface IssueRefusal {
  reason: RedeemabilityReason;
  /** Capillary's error numbers and messages, for operators. */
  codes: readonly string[];
  upstreamMessage: string;
  /** True if every other unit of the line would be refused for the same reason. */
  affectsLine: boolean;
}

/** Records the outcome of an issue, or that it is unknown, with all consequences. */
export interface RecordIssueOutcome {
  issued(change: OrderChange, unitId: string, issued: IssuedUnit): Promise<void>;
  /**
   * The unit was not issued and will not be. At the commit the return of its points, if any were taken, is inserted.
   */
  refused(change: OrderChange, unitId: string, refusal: IssueRefusal): Promise<void>;
  unknown(change: OrderChange, unitId: string, why: { message: string; codes?: readonly string[] }): Promise<void>;
  needsAttention(change: OrderChange, unitId: string, message: string): Promise<void>;
}

const words: Partial<Record<RedeemabilityReason, string>> = {
  INSUFFICIENT_POINTS: "The wallet did not have enough points.",
  LIMIT_REACHED: "Its limit is reached.",
  NOT_ELIGIBLE: "It is not for you.",
  NOT_A_GROUP_MEMBER: "You are not in this group.",
  GROUP_NOT_FOUND: "Group not found.",
  NOT_CONFIGURED: "These points cannot pay for it.",
  INACTIVE: "It is no longer on offer.",
  UPSTREAM_UNAVAILABLE: "The rewards system is not reachable.",
};

export function makeRecordIssueOutcome(deps: {
  recomputeAndRefund: RecomputeAndRefund;
  vault: VoucherVault;
  log: Logger;
}): RecordIssueOutcome {
  const { recomputeAndRefund, vault, log } = deps;

  return {
    async issued(change, unitId, { transactionId, points, vouchers }) {
      const { line, unit } = find(change, unitId);
      if (unit.state !== "PENDING") return;
      const { tx, now } = change;
      await writeIssue(
        change,
        unitId,
        { state: "CONFIRMED", settledAt: now, lastError: null },
        { transactionId, pointsTaken: points },
      );
      await tx.orderUnit.update({ where: { id: unitId }, data: { state: "FULFILLED" } });
      const sealed = vouchers.map(({ code, pin, expiresAt }) => ({
        ...vault.seal({ rewardId: line.rewardId, code, pin, validUntil: expiresAt?.toISOString().slice(0, 10) }),
        source: "CAPILLARY" as const,
        state: "ALLOCATED" as const,
        unitId,
        customerId: change.order.customerId,
        allocatedAt: now,
      }));
      if (sealed.length > 0) await tx.voucherCode.createMany({ data: sealed });
      await tx.redemptionToCount.create({ data: { rewardId: line.rewardId, units: 1 } });
      const expected = unit.issue.points;
      if (points !== null && points !== expected) {
        const which = transactionId ?? "of unknown number";
        const message = `Capillary took ${points} points with transaction ${which}, and was to take ${expected}`;
        await reportDiscrepancy(change, log, { unitId, kind: "TAKEN", message });
      }
      const isLast = line.units.every((other) => other.id === unitId || other.state !== "PENDING");
      await recomputeAndRefund(change, {
        reason: "FULFILMENT_FAILURE",
        lineId: line.id,
        ...(isLast && { message: `${line.name} has been issued.` }),
      });
    },

    async refused(change, unitId, { reason, codes, upstreamMessage, affectsLine }) {
      const { line, unit } = find(change, unitId);
      if (unit.state !== "PENDING") return;
      const { tx, now } = change;
      await writeIssue(
        change,
        unitId,
        { state: "REFUSED", settledAt: now, lastError: upstreamMessage },
        { lastCodes: [...codes] },
      );
      const others = affectsLine ? line.units.filter((other) => other.id !== unitId && isNotRequested(other)) : [];
      const otherIds = others.map(({ id }) => id);
      await dropIssues(change, otherIds, "another unit of the line was refused");
      await tx.orderUnit.updateMany({ where: { id: { in: [unitId, ...otherIds] } }, data: { state: "FAILED" } });
      const failureMessage = `${line.name} could not be issued. ${words[reason] ?? "It was refused."}`;
      await tx.orderLine.update({ where: { id: line.id }, data: { failureReason: reason, failureMessage } });
      const isOutage = reason === "UPSTREAM_UNAVAILABLE";
      await recomputeAndRefund(change, {
        reason: isOutage ? "FULFILMENT_FAILURE" : "VENDOR_REJECTION",
        lineId: line.id,
        message: failureMessage,
      });
    },

    async unknown(change, unitId, { message, codes = [] }) {
      const { unit } = find(change, unitId);
      if (unit.state !== "PENDING") return;
      await writeIssue(change, unitId, { state: "UNCERTAIN", lastError: message }, { lastCodes: [...codes] });
      await change.appendEvent({});
    },

    async needsAttention(change, unitId, message) {
      if (find(change, unitId).unit.state !== "PENDING") return;
      await writeIssue(change, unitId, { state: "NEEDS_ATTENTION", lastError: message });
      await reportDiscrepancy(change, log, { unitId, kind: "TAKEN", message });
      await change.appendEvent({});
    },
  };
}
