import { backoffMs } from "../platform/backoff.ts";

/** The pauses between the tries of one kind of work. Each pause is twice as long as the one before. */
export interface RetryPolicy {
  tries: number;
  firstPauseMs: number;
  longestPauseMs: number;
  reason: string;
}

const MINUTE_MS = 60_000;
const NO_END = Number.POSITIVE_INFINITY;

const policies = {
  customerLock: {
    tries: NO_END,
    firstPauseMs: 20,
    longestPauseMs: 500,
    reason: "Another movement of the customer is in flight. Its end is notified, and a notification can be lost.",
  },
  deduction: {
    tries: 5,
    firstPauseMs: 400,
    longestPauseMs: 5 * MINUTE_MS,
    reason: "Some 6 seconds: the customer waits, and no points have been taken.",
  },
  repetition: {
    tries: 5,
    firstPauseMs: 400,
    longestPauseMs: 5 * MINUTE_MS,
    reason: "The answer was lost, and the points provider promises that a repetition has no second effect.",
  },
  return: {
    tries: NO_END,
    firstPauseMs: 400,
    longestPauseMs: 5 * MINUTE_MS,
    reason: "The points belong to the customer.",
  },
  issue: {
    tries: 10,
    firstPauseMs: 400,
    longestPauseMs: 5 * MINUTE_MS,
    reason: "Some 7 minutes: long enough for a restart of Capillary.",
  },
  unknownIssue: {
    tries: 290,
    firstPauseMs: 400,
    longestPauseMs: 5 * MINUTE_MS,
    reason: "A day: the points are taken, and Capillary's records will show the outcome.",
  },
  revoke: {
    tries: 10,
    firstPauseMs: 400,
    longestPauseMs: 5 * MINUTE_MS,
    reason: "Some 7 minutes: long enough for a restart of Capillary.",
  },
  revokedPoints: {
    tries: 5,
    firstPauseMs: 800,
    longestPauseMs: 5 * MINUTE_MS,
    reason: "Some 12 seconds: Capillary has confirmed the revoke, and its wallet may show the points a little later.",
  },
  credit: {
    tries: NO_END,
    firstPauseMs: 400,
    longestPauseMs: 5 * MINUTE_MS,
    reason: "A repetition under the same reference has no second effect. The age of an award limits its tries.",
  },
} as const satisfies Record<string, RetryPolicy>;

export type RetryPolicies = Record<keyof typeof policies, RetryPolicy>;
export const retryPolicies: RetryPolicies = policies;

/** @param failed the number of failed tries, at least 1 @returns the pause in milliseconds */
export const pauseAfter = (failed: number, { firstPauseMs, longestPauseMs }: RetryPolicy): number =>
  backoffMs(firstPauseMs, failed - 1, longestPauseMs);
