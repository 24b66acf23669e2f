import { type Attempt, type MarkedEffect, type Outcome, outcomeOf } from "../../ledger/attempt.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Job } from "../../platform/jobs/job.ts";
import type { Capillary } from "../../upstream/capillary/capillary.ts";
import { CapillaryError, hasReason, notSent } from "../../upstream/capillary/capillary-error.ts";
import { hasOutcome, UpstreamError } from "../../upstream/upstream-error.ts";
import type { FindIssued } from "../issue/find-issued.ts";
import type { UnitRef } from "../issue/issue-unit.ts";
import { changeOrder, type OrderChange, type OrderStore } from "../order.store.ts";
import { type Found, find, isRevokeOpen } from "../order-aggregate.ts";
import type { RecordRevokeOutcome } from "./record-revoke-outcome.ts";

/** The state of a revoke after an attempt. */
export type RevokeSent =
  | "settled"
  /** The call certainly had no effect: it may be sent again. */
  | "try-later"
  /** Capillary confirmed the revoke; the balance does not show the points yet. */
  | "taken-back"
  /** The outcome is unknown. */
  | "in-doubt";

export interface RevokeUnit {
  /** Sends the revoke of a unit once and records the outcome. Safe to run again after a crash at any point. */
  send(unit: UnitRef, job: Job): Promise<RevokeSent>;
  /**
   * Reads the balance of the wallet that paid, and records the outcome if the points are back. @returns whether they
   * are
   */
  readBalance(unit: UnitRef): Promise<boolean>;
  /** Ends the readings: recorded as revoked without evidence of the points, or escalated to an operator. */
  giveUp(unit: UnitRef, known: "taken-back" | "in-doubt" | "try-later", job: Job): Promise<void>;
}

export interface RevokeUnitDeps {
  orders: OrderStore;
  capillary: Capillary | undefined;
  findIssued: FindIssued | undefined;
  recordOutcome: RecordRevokeOutcome;
  clock: Clock;
  attempt: Attempt;
}

const REVOKED_BY = "tessera";

/**
 * Adapts the revoke of one unit to an attempt. Capillary answers a repeated revoke like the revoke of a used coupon.
 * Therefore the balance of the paying wallet is read before the first call, and serves as evidence afterwards.
 */
export function makeRevokeUnit(deps: RevokeUnitDeps): RevokeUnit {
  const { orders, capillary, findIssued, recordOutcome, clock, attempt } = deps;

  const changing = <T>({ orderId }: { orderId: string }, work: (change: OrderChange) => Promise<T>) =>
    changeOrder(orders, orderId, work);

  return {
    async send(unit, job) {
      const found = await current(unit);
      if (!isRevokeOpen(found.unit.issue)) return "settled";
      const ready = await prepare(found);
      if (ready instanceof UpstreamError) return "try-later";
      const marked = await changing(unit, (change) => mark(change, unit.unitId, ready));
      if (!marked) return "settled";
      return attempt(marked, {
        name: "revoke",
        call: () => outcomeOf(revokeAtCapillary(ready.transactionId, found)),
        record: (outcome) => changing(unit, (change) => record(change, unit.unitId, marked, outcome, job)),
      });
    },

    async readBalance(unit) {
      const found = await current(unit);
      const { issue } = found.unit;
      if (!isRevokeOpen(issue)) return true;
      if (issue.points === 0 || issue.revokeBefore === null) return false;
      const balance = await balanceOf(found).catch(asUpstreamError);
      if (balance instanceof UpstreamError || balance === null) return false;
      if (balance !== issue.revokeBefore + issue.points) return false;
      await changing(unit, (change) => recordOutcome.revoked(change, unit.unitId, { seenBack: true }));
      return true;
    },

    giveUp: (unit, known, job) =>
      changing(unit, async (change) => {
        await job.hold(change.tx);
        if (known === "taken-back") return recordOutcome.revoked(change, unit.unitId, { seenBack: false });
        if (known === "try-later")
          return recordOutcome.refused(change, unit.unitId, "the rewards system cannot do it now");
        const message = "the answer to its revoke was lost, and there is no evidence of the outcome";
        return recordOutcome.needsAttention(change, unit.unitId, message);
      }),
  };

  /** Reads the facts that the call needs: the transaction, and the balance of the wallet. */
  async function prepare({ customerId, unit }: FoundOf): Promise<Ready | UpstreamError> {
    const { issue } = unit;
    if (!capillary || !findIssued) return notSent("revoke");
    try {
      // Older answers do not contain the transaction id.
      const transactionId =
        issue.transactionId ?? (await findIssued.search(issue, customerId))?.attempt?.transactionId ?? null;
      if (transactionId === null) return notSent("revoke", "its transaction is not found");
      const isFirst = issue.revokeSentAt === null;
      const before = isFirst && issue.points > 0 ? await balanceOf({ customerId, unit }) : issue.revokeBefore;
      return { transactionId, before };
    } catch (error) {
      return asUpstreamError(error);
    }
  }

  /** The current balance at Capillary of the wallet that paid for the unit. */
  async function balanceOf({ customerId, unit }: FoundOf): Promise<number | null> {
    if (!capillary) return null;
    const { groupId } = unit.issue;
    if (groupId !== null) return (await capillary.groups.group({ groupId }, { unshared: true })).points;
    return (await capillary.customers.customer({ externalId: customerId }))?.points ?? null;
  }

  /** Null if the revoke must not be sent any more. */
  async function mark(change: OrderChange, unitId: string, ready: Ready): Promise<MarkedEffect | null> {
    const { unit } = find(change, unitId);
    const { issue } = unit;
    if (!isRevokeOpen(issue) || unit.state !== "FULFILLED") return null;
    const isFirst = issue.revokeSentAt === null;
    await change.tx.unitIssue.update({
      where: { unitId },
      data: {
        revokeAttempts: issue.revokeAttempts + 1,
        transactionId: ready.transactionId,
        ...(isFirst && { revokeSentAt: change.now, revokeBefore: ready.before }),
      },
    });
    await change.tx.pointsMovement.updateMany({
      where: { unitId, kind: "RETURNED", state: { not: "REFUSED" } },
      data: { attempts: issue.revokeAttempts + 1, sentAt: issue.revokeSentAt ?? change.now },
    });
    return { isRepetition: !isFirst, markedAt: performance.now() };
  }

  async function revokeAtCapillary(transactionId: string, { customerId, unit }: FoundOf): Promise<void> {
    if (!capillary) throw notSent("revoke");
    await capillary.issuing.revoke({
      transactionId,
      customer: { externalId: customerId },
      by: REVOKED_BY,
      reason: unit.issue.revokeReason ?? "CANCELLATION",
      at: clock.now(),
    });
  }

  async function record(
    change: OrderChange,
    unitId: string,
    { isRepetition }: MarkedEffect,
    outcome: Outcome,
    job: Job,
  ): Promise<RevokeSent> {
    if (outcome.is === "confirmed") {
      if (find(change, unitId).unit.issue.points > 0) return "taken-back";
      await recordOutcome.revoked(change, unitId, { seenBack: true });
      return "settled";
    }
    await job.hold(change.tx);
    const { failure, why } = outcome;
    if (hasReason(failure, "not-revocable") && !isRepetition) {
      // No revoke of ours was in flight, so the reward was used, or another system revoked it.
      await recordOutcome.refused(change, unitId, "it has been used, or was revoked elsewhere");
      return "settled";
    }
    const isRetryable = outcome.is === "not-sent" || (failure instanceof CapillaryError && failure.isRetryable);
    if (isRetryable && !isRepetition) {
      await change.tx.unitIssue.update({ where: { unitId }, data: { revokeSentAt: null, revokeError: why } });
      return "try-later";
    }
    // A definite refusal of a repetition also proves that the first call had no effect: a completed revoke would be
    // answered `not-revocable`.
    if (failure?.outcome === "refused" && !isRetryable) {
      await recordOutcome.refused(change, unitId, revokeRefusalOf(failure));
      return "settled";
    }
    await recordOutcome.unknown(change, unitId, why);
    return "in-doubt";
  }

  async function current({ orderId, unitId }: UnitRef): Promise<FoundOf> {
    const order = await orders.aggregate(orderId);
    if (!order) throw new Error(`there is no order ${orderId}`);
    return { customerId: order.customerId, unit: find({ order }, unitId).unit };
  }
}

interface FoundOf {
  customerId: string;
  unit: Found["unit"];
}

interface Ready {
  transactionId: string;
  before: number | null;
}

function revokeRefusalOf(failure: UpstreamError): string {
  if (hasReason(failure, "revoke-not-enabled")) return "the brand does not take rewards of Capillary back";
  if (hasReason(failure, "unknown-transaction")) return "the rewards system does not know it any more";
  return "the rewards system refused";
}

/** @throws any error that is not an upstream failure */
function asUpstreamError(error: unknown): UpstreamError {
  if (hasOutcome(error, "transient", "refused", "unknown")) return error;
  throw error;
}
