import { backoffMs } from "../../platform/backoff.ts";
import type { AwardState } from "../../platform/generated/prisma/enums.ts";
import type { CreditAnswer } from "./credit-ledger.ts";

/** What is known of an award's earlier calls when it is sent. */
export interface CreditHistory {
  /** This call included. */
  attempt: number;
  /** When the first call was sent that may have reached the ledger: this one, or an earlier one. */
  sentAt: Date;
  wasSent: boolean;
  /** For how long an earlier call may still take effect; 0 when none can. */
  underWayMs: number;
}

/** What goes on record of an answer. */
export interface Conclusion {
  state: Extract<AwardState, "PENDING" | "UNCERTAIN" | "CREDITED" | "REFUSED" | "NEEDS_ATTENTION">;
  why: string | null;
  /** When it is tried again; null for never. */
  retryMs: number | null;
  /** For how long a call may still take effect; 0 when none can. */
  underWayMs: number;
}

export interface CreditPatience {
  /** How long a call may still take effect after its answer was lost. */
  settleMs: number;
  /** How long an award is in doubt before people are asked. Repeating it does no harm until then, nor after. */
  giveUpMs: number;
  /** Half the pause before the first repetition (200). */
  firstRetryMs?: number | undefined;
}

/** Shorter than the day that others keep keys for at least: a repetition must find its first time. */
export const GIVE_UP_MS = 6 * 60 * 60 * 1_000;
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 5 * 60 * 1_000;

/** Doubles with each attempt; scattered, so that those that failed together do not come back together. */
export function retryAfter(attempt: number, random = Math.random(), firstRetryMs = FIRST_RETRY_MS): number {
  return Math.round(backoffMs(firstRetryMs, attempt, LONGEST_RETRY_MS) * (0.8 + 0.4 * random));
}

export function concludeCredit(
  history: CreditHistory,
  answer: CreditAnswer,
  { settleMs, giveUpMs, firstRetryMs }: CreditPatience,
  now: Date,
): Conclusion {
  const { wasSent, underWayMs } = history;
  const retryMs = retryAfter(history.attempt, Math.random(), firstRetryMs);
  const over = { retryMs: null, underWayMs: 0 };
  switch (answer.outcome) {
    case "credited":
      return { state: "CREDITED", why: null, ...over };
    case "refused":
      // Not believed while an earlier call may be on its way: it may find what this one did not.
      if (underWayMs === 0) return { state: "REFUSED", why: answer.why, ...over };
      return inDoubt(Math.max(retryMs, underWayMs), underWayMs);
    case "not-sent":
      return wasSent ? inDoubt(retryMs, underWayMs) : { state: "PENDING", why: answer.why, retryMs, underWayMs: 0 };
    case "unknown":
      return inDoubt(retryMs, settleMs);
    case "unclear":
      if (underWayMs === 0) return { state: "NEEDS_ATTENTION", why: answer.why, ...over };
      return inDoubt(Math.max(retryMs, underWayMs), underWayMs);
  }

  function inDoubt(retryMs: number, underWayMs: number): Conclusion {
    const why = "why" in answer ? answer.why : null;
    if (now.getTime() - history.sentAt.getTime() < giveUpMs) return { state: "UNCERTAIN", why, retryMs, underWayMs };
    return { state: "NEEDS_ATTENTION", why: `in doubt for too long: ${why}`, ...over };
  }
}
