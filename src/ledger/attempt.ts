import type { AtCrashPoint } from "../platform/crash-point.ts";
import { inSpan } from "../platform/tracing.ts";
import { hasOutcome, type UpstreamError } from "../upstream/upstream-error.ts";

/**
 * The outcome of an effect in another system, after one more call for it.
 *
 * - `confirmed`: this call had the effect
 * - `refused`: the effect did not happen and will not
 * - `not-sent`: the request was not sent, so the call may be repeated
 * - `unknown`: this call or an earlier one may have had the effect
 */
export type Outcome<Answer = void> = { is: "confirmed"; answer: Answer } | Failed;

export interface Failed {
  is: "refused" | "not-sent" | "unknown";
  /** The reason, for logs and operators. */
  why: string;
  /** Null without a call, or if the call itself did not fail. */
  failure: UpstreamError | null;
}

/** An effect that is marked as sent in the database, and is about to be sent. */
export interface MarkedEffect {
  /** True if an earlier call may have reached the other system, and that system does not recognise repetitions. */
  isRepetition: boolean;
  /** When the mark was written, by `performance.now()`. */
  markedAt: number;
}

export interface Effect<Answer, Result> {
  /** Names the crash points. */
  name: "redeem" | "return" | "issue" | "revoke" | "credit" | "repair";
  call(): Promise<Outcome<Answer>>;
  /** Records the outcome with all its consequences. */
  record(outcome: Outcome<Answer>): Promise<Result>;
}

/**
 * Makes one call for an effect that was marked as sent, and records the outcome. The mark is the point of no return: a process
 * that finds a mark without an outcome does not know whether the call was made, so it treats the outcome as unknown.
 */
export type Attempt = <Answer, Result>(marked: MarkedEffect, effect: Effect<Answer, Result>) => Promise<Result>;

/**
 * After a longer suspension between the mark and the call, a process does not call: another process may have taken
 * over.
 */
const LONGEST_SUSPENSION_MS = 2_000;

export function makeAttempt(atCrashPoint: AtCrashPoint): Attempt {
  return ({ isRepetition, markedAt }, { name, call, record }) =>
    inSpan({ name: `money step ${name}` }, async (span) => {
      atCrashPoint(`${name}:marked`);
      const isLate = performance.now() - markedAt > LONGEST_SUSPENSION_MS;
      const answer = isLate ? notSentInTime : await call();
      span.set({ outcome: answer.is });
      const wasSent = answer.is !== "not-sent";
      if (wasSent) atCrashPoint(`${name}:answered`);
      const result = await record(isRepetition ? afterRepetition(answer) : answer);
      if (wasSent) atCrashPoint(`${name}:recorded`);
      return result;
    });
}

const notSentInTime: Failed = { is: "not-sent", failure: null, why: "not sent in time" };

/** The outcome of a call that rejects with an UpstreamError. @throws any other error */
export async function outcomeOf<Answer>(call: Promise<Answer>): Promise<Outcome<Answer>> {
  try {
    return { is: "confirmed", answer: await call };
  } catch (failure) {
    if (!hasOutcome(failure, "refused", "transient", "unknown")) throw failure;
    const { outcome, message: why } = failure;
    return { is: outcome === "transient" ? "not-sent" : outcome, failure, why };
  }
}

/**
 * The failure of a repetition does not settle the earlier call: a refusal may mean that the effect has happened
 * already.
 */
const afterRepetition = <Answer>(outcome: Outcome<Answer>): Outcome<Answer> =>
  outcome.is === "confirmed" ? outcome : { ...outcome, is: "unknown" };
