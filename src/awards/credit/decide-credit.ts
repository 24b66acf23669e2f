import { pauseAfter, type RetryPolicy, retryPolicies } from "../../ledger/retry-policies.ts";
import type { AwardState } from "../../platform/generated/prisma/enums.ts";
import type { CreditOutcome } from "./credit-ledger.ts";

/** What is known of an award's earlier calls when it is sent. */
export interface CreditHistory {
  /** This call included. */
  attempt: number;
  /** When the first call was sent that may have reached the ledger: this one, or an earlier one. */
  sentAt: Date;
  wasSent: boolean;
  /** For how long an earlier call may still take effect; 0 when none can. */
  inFlightMs: number;
}

/** What goes on record of an answer. */
export interface CreditDecision {
  state: Extract<AwardState, "PENDING" | "UNCERTAIN" | "CREDITED" | "REFUSED" | "NEEDS_ATTENTION">;
  why: string | null;
  /** When it is tried again; null for never. */
  retryMs: number | null;
  /** For how long a call may still take effect; 0 when none can. */
  inFlightMs: number;
}

export interface CreditDeadlines {
  /** How long a call may still take effect after its answer was lost. */
  settleMs: number;
  /** How long an award is in doubt before people are asked. Repeating it does no harm until then, nor after. */
  giveUpMs: number;
  /** `retryPolicies.credit`, if undefined. */
  retry?: RetryPolicy | undefined;
}

/** Shorter than the day that others keep keys for at least: a repetition must find its first time. */
export const GIVE_UP_MS = 6 * 60 * 60 * 1_000;

/** Scattered by a fifth, so that credits that failed together are not tried together. */
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
  if (outcome.is === "unknown" && !outcome.isAllThatIsKnown) return unknown(retryMs, settleMs);
  // Not believed while an earlier call may still take effect: that call may find points or a key that this one did not.
  if (inFlightMs > 0) return unknown(Math.max(retryMs, inFlightMs), inFlightMs);
  return { state: outcome.is === "refused" ? "REFUSED" : "NEEDS_ATTENTION", why, ...over };

  function unknown(retryMs: number, inFlightMs: number): CreditDecision {
    if (now.getTime() - history.sentAt.getTime() < giveUpMs) return { state: "UNCERTAIN", why, retryMs, inFlightMs };
    return { state: "NEEDS_ATTENTION", why: `in doubt for too long: ${why}`, ...over };
  }
}
