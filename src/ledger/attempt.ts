import type { AtCrashPoint } from "../platform/crash-point.ts";
import { inSpan } from "../platform/tracing.ts";
import { hasOutcome, type UpstreamError } from "../upstream/upstream-error.ts";

/**
 * The outcome of an effect in another system, after one more call for it.
 *
 * - `confirmed`: this call has carried it out
 * - `refused`: it was not carried out, and will not be
 * - `not-sent`: nothing was sent, so the call may be made again
 * - `unknown`: it may have been carried out, by this call or by an earlier one
 */
export type Outcome<Answer = void> = { is: "confirmed"; answer: Answer } | Failed;

export interface Failed {
  is: "refused" | "not-sent" | "unknown";
  /** For logs and operators. */
  why: string;
  /** Null if there was no call, or none that failed by itself. */
  failure: UpstreamError | null;
}

/** An effect that is marked as sent in the database, and is sent now. */
export interface MarkedEffect {
  /** An earlier call may have reached the other system, which does not know that this one is its repetition. */
  isRepetition: boolean;
  /** When the mark was written, by `performance.now()`. */
  markedAt: number;
}

export interface Effect<Answer, Result> {
  /** Names the crash points. */
  name: "redeem" | "return" | "issue" | "revoke" | "credit" | "repair";
  call(): Promise<Outcome<Answer>>;
  /** Records the outcome with all that follows from it. */
  record(outcome: Outcome<Answer>): Promise<Result>;
}

/**
 * Makes one call for an effect that was marked as sent, and records the outcome. The mark is the point of no return: a process
 * that finds a mark without an outcome does not know whether the call was made, so it treats the outcome as unknown.
 */
export type Attempt = <Answer, Result>(marked: MarkedEffect, effect: Effect<Answer, Result>) => Promise<Result>;

/** A process that was suspended for longer between the mark and the call does not call: another process may have taken over. */
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

/** A repetition that failed tells nothing about the earlier call: a refusal may mean that the effect has happened already. */
const afterRepetition = <Answer>(outcome: Outcome<Answer>): Outcome<Answer> =>
  outcome.is === "confirmed" ? outcome : { ...outcome, is: "unknown" };
