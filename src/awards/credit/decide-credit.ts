import { pauseAfter, type RetryPolicy, retryPolicies } from "../../ledger/retry-policies.ts";
import type { AwardState } from "../../platform/generated/prisma/enums.ts";
import type { CreditOutcome } from "./credit-ledger.ts";

/** The history of an award's calls at the time it is sent. */
export interface CreditHistory {
  /** Includes this call. */
  attempt: number;
  /** When the first call that may have reached the ledger was sent. */
  sentAt: Date;
  wasSent: boolean;
  /** The time in ms in which an earlier call may still take effect; 0 if none can. */
  inFlightMs: number;
}

/** The record of an outcome. */
export interface CreditDecision {
  state: Extract<AwardState, "PENDING" | "UNCERTAIN" | "CREDITED" | "REFUSED" | "NEEDS_ATTENTION">;
  why: string | null;
  /** The time in ms until the next try; null without one. */
  retryMs: number | null;
  /** The time in ms in which a call may still take effect; 0 if none can. */
  inFlightMs: number;
}

export interface CreditDeadlines {
  /** The time in ms in which a call may still take effect after its answer was lost. */
  settleMs: number;
  /**
   * The time in ms until an award with unknown outcome is escalated to an operator. Repetitions are harmless before and
   * after.
   */
  giveUpMs: number;
  /** Defaults to `retryPolicies.credit`. */
  retry?: RetryPolicy | undefined;
}

/** Ledgers keep idempotency keys for at least a day. The limit is shorter, so that each repetition meets a kept key. */
export const GIVE_UP_MS = 6 * 60 * 60 * 1_000;

/** Adds 20 % jitter, so that credits that failed together are not retried together. */
export const retryAfter = (
  attempt: number,
  random = Math.random(),
  policy: RetryPolicy = retryPolicies.credit,
): number => Math.round(pauseAfter(attempt, policy) * (0.8 + 0.4 * random));

export function decideCredit(
  history: CreditHistory,
  outcome: CreditOutcome,
  { settleMs, giveUpMs, retry }: CreditDeadlines,
  now: Date,
): CreditDecision {
  const { wasSent, inFlightMs } = history;
  const retryMs = retryAfter(history.attempt, Math.random(), retry);
  const over = { retryMs: null, inFlightMs: 0 };
  if (outcome.is === "confirmed") return { state: "CREDITED", why: null, ...over };
  const { why } = outcome;
  if (outcome.is === "not-sent") {
    return wasSent ? unknown(retryMs, inFlightMs) : { state: "PENDING", why, retryMs, inFlightMs: 0 };
  }
  if (outcome.is === "unknown" && !outcome.isConclusive) return unknown(retryMs, settleMs);
  // A refusal does not count while an earlier call may still take effect: that call may succeed, because it may find
  // the points or the key in another state.
  if (inFlightMs > 0) return unknown(Math.max(retryMs, inFlightMs), inFlightMs);
  return { state: outcome.is === "refused" ? "REFUSED" : "NEEDS_ATTENTION", why, ...over };

  function unknown(retryMs: number, inFlightMs: number): CreditDecision {
    if (now.getTime() - history.sentAt.getTime() < giveUpMs) return { state: "UNCERTAIN", why, retryMs, inFlightMs };
    return { state: "NEEDS_ATTENTION", why: `the outcome was unknown for too long: ${why}`, ...over };
  }
}
