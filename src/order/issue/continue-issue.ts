import { pauseAfter, type RetryPolicies, type RetryPolicy } from "../../ledger/retry-policies.ts";
import type { Job } from "../../platform/jobs/job.ts";
import type { InconclusiveAnswer, IssueUnit, UnitRef } from "./issue-unit.ts";
import type { IssueRefusal } from "./record-issue-outcome.ts";

export interface ContinueIssueDeps {
  issueUnit: IssueUnit;
  retries: RetryPolicies;
}

/** Looks that show nothing clear, before people are asked. */
const MAX_UNCLEAR_READINGS = 6;
/** Looks that show nothing at all, before a refusal of the repetition is believed. */
const READINGS_TO_INFER_NOT_ISSUED = 3;

const unreachable: IssueRefusal = {
  reason: "UPSTREAM_UNAVAILABLE",
  codes: [],
  upstreamMessage: "it could not be asked for too long",
  isOfTheLine: false,
};

const unanswered: InconclusiveAnswer = { refusal: null, isKeyUsedUp: false };

/** The state that one run of the job passes to the next. */
export interface IssueMemory {
  unitId: string;
  /** Tries that never got there, or were told to come later. */
  futile: number;
  /** Tries and looks since an answer was lost. */
  doubtful: number;
  unclear: number;
  notThere: number;
  answer: InconclusiveAnswer;
  /** The issuals are looked at next; else it is asked for. */
  isToLook: boolean;
}

/**
 * Continues the issue of a unit until its outcome is recorded: by the answer, by a repetition of the same key, or by
 * Capillary's own records. @returns a pause; null once the outcome is recorded
 */
export async function continueIssue(
  { issueUnit, retries }: ContinueIssueDeps,
  unit: UnitRef,
  job: Job,
  earlier: IssueMemory | undefined,
): Promise<{ inMs: number; memory: IssueMemory } | null> {
  const { unitId } = unit;
  const memory: IssueMemory =
    earlier?.unitId === unitId
      ? { ...earlier }
      : { unitId, futile: 0, doubtful: 0, unclear: 0, notThere: 0, answer: unanswered, isToLook: false };
  const isAnswered = () => memory.answer.refusal !== null || memory.answer.isKeyUsedUp;
  const pause = (failed: number, policy: RetryPolicy) => ({ inMs: pauseAfter(failed, policy), memory });

  for (;;) {
    if (!memory.isToLook) {
      // Once it was answered, asking again tells nothing more: what is on record over there does.
      if (!isAnswered()) {
        const sent = await issueUnit.send(unit, job);
        if (sent.outcome === "settled") return null;
        if (sent.outcome !== "in-doubt") {
          memory.futile += 1;
          return memory.futile >= retries.issue.tries ? giveUp() : pause(memory.futile, retries.issue);
        }
        memory.answer = sent.answer;
      }
      memory.doubtful += 1;
      // The first silence is answered by asking again: that settles most of them.
      memory.isToLook = memory.doubtful > 1 || isAnswered();
      return pause(memory.doubtful, retries.unknownIssue);
    }

    memory.isToLook = false;
    const seen = await issueUnit.readOutcome(unit, memory.answer, job);
    if (seen === "settled") return null;
    if (seen === "failed") {
      memory.answer = unanswered;
      memory.doubtful = 0;
      memory.futile += 1;
      if (memory.futile >= retries.issue.tries) return giveUp();
      continue;
    }
    const { refusal } = memory.answer;
    if (seen === "unclear") memory.unclear += 1;
    // As long as nothing was answered, nothing there means no more than that it may be asked for again.
    if (seen === "not-there" && isAnswered()) memory.notThere += 1;
    if (refusal && memory.notThere >= READINGS_TO_INFER_NOT_ISSUED && memory.unclear === 0) {
      await issueUnit.giveUp(unit, refusal, job);
      return null;
    }
    if (memory.unclear + memory.notThere >= MAX_UNCLEAR_READINGS || memory.doubtful >= retries.unknownIssue.tries) {
      const message = "the answer was lost, and the issuals do not tell what happened";
      await issueUnit.escalate(unit, message, job);
      return null;
    }
  }

  async function giveUp(): Promise<null> {
    await issueUnit.giveUp(unit, unreachable, job);
    return null;
  }
}
