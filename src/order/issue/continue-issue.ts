import { pauseAfter, type RetryPolicies, type RetryPolicy } from "../../ledger/retry-policies.ts";
import type { Job } from "../../platform/jobs/job.ts";
import type { InconclusiveAnswer, IssueUnit, UnitRef } from "./issue-unit.ts";
import type { IssueRefusal } from "./record-issue-outcome.ts";

export interface ContinueIssueDeps {
  issueUnit: IssueUnit;
  retries: RetryPolicies;
}

/** Inconclusive readings before the unit is escalated to an operator. */
const MAX_UNCLEAR_READINGS = 6;
/** Readings without any trace of the issue before the refusal of the repetition counts. */
const READINGS_TO_INFER_NOT_ISSUED = 3;

const unreachable: IssueRefusal = {
  reason: "UPSTREAM_UNAVAILABLE",
  codes: [],
  upstreamMessage: "Capillary could not be reached for too long",
  affectsLine: false,
};

const unanswered: InconclusiveAnswer = { refusal: null, isKeyUsedUp: false };

/** The state that one run of the job passes to the next. */
export interface IssueMemory {
  unitId: string;
  /** Tries that did not reach Capillary, and retryable refusals. */
  futile: number;
  /** Tries and readings since an answer was lost. */
  doubtful: number;
  unclear: number;
  notThere: number;
  answer: InconclusiveAnswer;
  /** True if the issuals are read next; false if the issue is sent next. */
  isToLook: boolean;
}

/**
 * Continues the issue of a unit until its outcome is recorded: from the answer, from a repetition with the same key, or
 * from Capillary's records.
 * @returns a pause; null once the outcome is recorded
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
      // After an answer, a repetition adds no information; only the issuals can settle the outcome.
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
      // A repetition settles most lost answers, so it comes before the issuals.
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
    // Without an answer, an absence from the issuals only permits another repetition.
    if (seen === "not-there" && isAnswered()) memory.notThere += 1;
    if (refusal && memory.notThere >= READINGS_TO_INFER_NOT_ISSUED && memory.unclear === 0) {
      await issueUnit.giveUp(unit, refusal, job);
      return null;
    }
    if (memory.unclear + memory.notThere >= MAX_UNCLEAR_READINGS || memory.doubtful >= retries.unknownIssue.tries) {
      const message = "the answer was lost, and the issuals do not show the outcome";
      await issueUnit.escalate(unit, message, job);
      return null;
    }
  }

  async function giveUp(): Promise<null> {
    await issueUnit.giveUp(unit, unreachable, job);
    return null;
  }
}
