import { redeemabilityReasonOf } from "../../catalog/index.ts";
import { type Attempt, type MarkedEffect, type Outcome, outcomeOf } from "../../ledger/attempt.ts";
import type { Job } from "../../platform/jobs/job.ts";
import type { Logger } from "../../platform/logger.ts";
import type { Capillary } from "../../upstream/capillary/capillary.ts";
import { CapillaryError, hasReason, notSent } from "../../upstream/capillary/capillary-error.ts";
import type { IssueKeys } from "../../upstream/capillary/issuing.ts";
import type { Issued } from "../../upstream/capillary/wire/issue.ts";
import { hasOutcome } from "../../upstream/upstream-error.ts";
import { changeOrder, type OrderChange, type OrderStore } from "../order.store.ts";
import { find, type Issue } from "../order-aggregate.ts";
import type { FindIssued } from "./find-issued.ts";
import { keysOf } from "./issue-keys.ts";
import type { IssuedUnit, IssueRefusal, RecordIssueOutcome } from "./record-issue-outcome.ts";
import { writeIssue } from "./write-issue.ts";

export interface UnitRef {
  orderId: string;
  unitId: string;
}

/** The state of an issue after an attempt. */
export type IssueSent =
  /** The final outcome is recorded, or the unit is escalated to an operator. */
  | { outcome: "settled" }
  /** The request certainly did not reach Capillary: it may be sent again with the same key. */
  | { outcome: "not-sent" }
  /** A retryable refusal: the unit may be tried again with the new key, which is recorded. */
  | { outcome: "try-later" }
  /** The outcome is unknown: Capillary may have issued the unit. */
  | { outcome: "in-doubt"; answer: InconclusiveAnswer };

/** An answer that does not settle the outcome of an earlier call with the same key. */
export interface InconclusiveAnswer {
  /** A refusal that the effect of the earlier call may have caused. */
  refusal: IssueRefusal | null;
  /** The key had been used before. */
  isKeyUsedUp: boolean;
}

/** The evidence in Capillary's records about an issue with unknown outcome. */
export type IssueSeen =
  /** The final outcome is recorded: the unit was issued, or the try failed and a repetition was refused. */
  | "settled"
  /** The try failed. The unit may be tried again with the new key, which is recorded. */
  | "failed"
  /** No trace, or a failure that may belong to a repetition while the first call is still in flight. */
  | "not-there"
  /** A trace that may or may not belong to this try. */
  | "unclear"
  | "unreadable";

export interface IssueUnit {
  /** Sends the issue of a unit once and records the outcome. Safe to run again after a crash at any point. */
  send(unit: UnitRef, job: Job): Promise<IssueSent>;
  /**
   * Searches the customer's issuals for a unit with unknown outcome.
   *
   * @param answer the last call's answer: its refusal counts once the issuals show that no unit was issued
   */
  readOutcome(unit: UnitRef, answer: InconclusiveAnswer, job: Job): Promise<IssueSeen>;
  /** Fails a unit that was certainly not issued. */
  giveUp(unit: UnitRef, refusal: IssueRefusal, job: Job): Promise<void>;
  /** Escalates a unit whose outcome stays unknown to an operator. */
  escalate(unit: UnitRef, message: string, job: Job): Promise<void>;
}

export interface IssueUnitDeps {
  orders: OrderStore;
  /** Undefined if Capillary is not configured. */
  capillary: Capillary | undefined;
  findIssued: FindIssued | undefined;
  recordOutcome: RecordIssueOutcome;
  attempt: Attempt;
  log: Logger;
}

interface MarkedIssue extends MarkedEffect {
  issue: Issue;
  customerId: string;
}

/**
 * Adapts the issue of one unit to an attempt. Each of Capillary's idempotency keys is good for one try. While the
 * outcome of a try is unknown, the try is repeated with its own key or searched in the issuals. Only a definite failure
 * leads to a new key, numbered and recorded.
 */
export function makeIssueUnit(deps: IssueUnitDeps): IssueUnit {
  const { orders, capillary, findIssued, recordOutcome, attempt, log } = deps;

  const changing = <T>({ orderId }: { orderId: string }, work: (change: OrderChange) => Promise<T>) =>
    changeOrder(orders, orderId, work);

  return {
    async send(unit, job) {
      const marked = await changing(unit, (change) => mark(change, unit.unitId));
      if (!marked) return { outcome: "settled" };
      return attempt(marked, {
        name: "issue",
        call: () => outcomeOf(issueAtCapillary(unit, marked)),
        record: (outcome) => changing(unit, (change) => record(change, unit.unitId, marked, outcome, job)),
      });
    },

    async readOutcome(unit, answer, job) {
      const order = await orders.aggregate(unit.orderId);
      if (!order) throw new Error(`there is no order ${unit.orderId}`);
      const { issue } = find({ order }, unit.unitId).unit;
      try {
        return await searchIssuals(unit, issue, order.customerId, answer, job);
      } catch (error) {
        if (!hasOutcome(error, "transient", "refused", "unknown")) throw error;
        log.warn(
          { err: error, issue: issue.transactionNumber },
          "No evidence of an uncertain issue: it cannot be read",
        );
        return "unreadable";
      }
    },

    giveUp: (unit, refusal, job) =>
      changing(unit, async (change) => {
        await job.hold(change.tx);
        await recordOutcome.refused(change, unit.unitId, refusal);
      }),
    escalate: (unit, message, job) =>
      changing(unit, async (change) => {
        await job.hold(change.tx);
        await recordOutcome.needsAttention(change, unit.unitId, message);
      }),
  };

  /** Marks the key as sent. Null if the unit must not be sent any more. */
  async function mark(change: OrderChange, unitId: string): Promise<MarkedIssue | null> {
    const { order, now } = change;
    const { unit } = find(change, unitId);
    const isOpen = unit.issue.state === "PENDING" || unit.issue.state === "UNCERTAIN";
    if (order.status !== "PROCESSING" || unit.state !== "PENDING" || !isOpen) return null;
    const { sentAt, attempts } = unit.issue;
    await writeIssue(change, unitId, { sentAt: sentAt ?? now, attempts: attempts + 1 });
    await change.appendEvent({});
    const { customerId } = order;
    return { issue: unit.issue, customerId, isRepetition: sentAt !== null, markedAt: performance.now() };
  }

  async function issueAtCapillary(unit: UnitRef, { issue, customerId, isRepetition }: MarkedIssue): Promise<Issued> {
    if (!capillary) throw notSent("issue");
    const { upstreamRewardId, paymentConfigId, groupId } = issue;
    return capillary.issuing.issue({
      rewardId: upstreamRewardId,
      customer: { externalId: customerId },
      ...(groupId !== null && { group: { groupId } }),
      ...(paymentConfigId !== null && { paymentConfigId }),
      ...keysOf(issue),
      // While the outcome is unknown, the issue keeps its key.
      ...(!isRepetition && { keysAfterLock: () => nextKeys(unit) }),
    });
  }

  /**
   * A call that fails because another call holds Capillary's lock uses its key up. The next try gets a new key, already
   * marked as sent.
   */
  function nextKeys(unit: UnitRef): Promise<IssueKeys> {
    return changing(unit, async (change) => {
      const { issue } = find(change, unit.unitId).unit;
      const next = { ...issue, keyNumber: issue.keyNumber + 1 };
      const attempts = issue.attempts + 1;
      await writeIssue(change, unit.unitId, { sentAt: change.now, attempts }, { keyNumber: next.keyNumber });
      return keysOf(next);
    });
  }

  async function record(
    change: OrderChange,
    unitId: string,
    { isRepetition }: MarkedEffect,
    outcome: Outcome<Issued>,
    job: Job,
  ): Promise<IssueSent> {
    const { unit } = find(change, unitId);
    if (unit.state !== "PENDING") return { outcome: "settled" };
    if (outcome.is === "confirmed") {
      await recordOutcome.issued(change, unitId, issuedUnitOf(outcome.answer));
      return { outcome: "settled" };
    }
    await job.hold(change.tx);
    const { failure, why } = outcome;
    const ofCapillary = failure instanceof CapillaryError ? failure : null;
    const codes = ofCapillary?.codes ?? [];
    if (outcome.is === "not-sent") {
      await writeIssue(change, unitId, { sentAt: null, lastError: why });
      await change.appendEvent({});
      return { outcome: "not-sent" };
    }
    if (outcome.is === "unknown") {
      const isKeyUsedUp = failure?.outcome === "unknown" && hasReason(failure, "duplicate-request");
      const isRefusedRepetition = failure?.outcome === "refused" && !ofCapillary?.isRetryable;
      // Capillary answers a used key and a foreign payment mode with the same number. We never sent this key before, so
      // the number means the payment mode.
      const isRefusalKnown = (isKeyUsedUp && !isRepetition) || isRefusedRepetition;
      await recordOutcome.unknown(change, unitId, { message: why, codes });
      return {
        outcome: "in-doubt",
        answer: { refusal: isRefusalKnown && ofCapillary ? refusalBy(ofCapillary) : null, isKeyUsedUp },
      };
    }
    if (ofCapillary?.isRetryable) {
      await planNextAttempt(change, unitId, why, codes);
      return { outcome: "try-later" };
    }
    await recordOutcome.refused(change, unitId, ofCapillary ? refusalBy(ofCapillary) : unnamedRefusal(why));
    return { outcome: "settled" };
  }

  /** After a definite failure: the next try gets a new key and is not marked as sent. */
  async function planNextAttempt(
    change: OrderChange,
    unitId: string,
    lastError: string,
    codes: readonly string[] = [],
  ) {
    const { issue } = find(change, unitId).unit;
    await writeIssue(
      change,
      unitId,
      { state: "PENDING", sentAt: null, lastError },
      { keyNumber: issue.keyNumber + 1, lastCodes: [...codes] },
    );
    await change.appendEvent({});
  }

  async function searchIssuals(
    unit: UnitRef,
    issue: Issue,
    externalId: string,
    { refusal, isKeyUsedUp }: InconclusiveAnswer,
    job: Job,
  ): Promise<IssueSeen> {
    if (!findIssued) return "unreadable";
    const search = await findIssued.search(issue, externalId);
    if (!search) return "unclear";
    const { attempt, unclear } = search;
    if (attempt?.state === "issued") {
      const issued = await findIssued.inTransaction(attempt.transactionId, externalId);
      if (!issued) return "unclear";
      await changing(unit, (change) => recordOutcome.issued(change, unit.unitId, issued));
      return "settled";
    }
    if (attempt?.state === "failed" && refusal) {
      await changing(unit, async (change) => {
        await job.hold(change.tx);
        await recordOutcome.refused(change, unit.unitId, refusal);
      });
      return "settled";
    }
    if (attempt?.state === "failed" && isKeyUsedUp) {
      await changing(unit, async (change) => {
        await job.hold(change.tx);
        await planNextAttempt(change, unit.unitId, "the issuals show that the try failed");
      });
      return "failed";
    }
    // An unanswered failure may belong to a repetition that found the customer locked by the first call.
    const isThere = attempt !== null && attempt.state !== "failed";
    return isThere || unclear.length > 0 ? "unclear" : "not-there";
  }
}

function refusalBy({ reason, codes, upstreamMessage }: CapillaryError): IssueRefusal {
  // Capillary uses the same number for a payment mode that is not the reward's.
  const effectiveReason = reason === "duplicate-request" ? "payment-config-missing" : reason;
  return { reason: redeemabilityReasonOf(effectiveReason), codes, upstreamMessage, affectsLine: reason !== "other" };
}

const unnamedRefusal = (upstreamMessage: string): IssueRefusal => ({
  reason: "UPSTREAM_REFUSED",
  codes: [],
  upstreamMessage,
  affectsLine: false,
});

function issuedUnitOf({ transactionId, points, vouchers, vendorDetails, promotion }: Issued): IssuedUnit {
  const pin = first(vendorDetails, "pin", "voucherPin", "cardPin");
  if (vouchers.length > 0 || !promotion) {
    return { transactionId, points, vouchers: vouchers.map((voucher) => ({ ...voucher, pin })) };
  }
  // A promotion has no voucher code. Its identifier is the text that a customer can quote.
  const name = first(promotion, "code", "promotionCode", "earnedPromotionId", "promotionId", "promotionName");
  return { transactionId, points, vouchers: name === undefined ? [] : [{ code: name, expiresAt: null }] };
}

function first(fields: Record<string, unknown>, ...names: string[]): string | undefined {
  const value = names.map((name) => fields[name]).find((each) => each !== undefined && each !== null && each !== "");
  return value === undefined ? undefined : String(value);
}
