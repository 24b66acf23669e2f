import type { SagaContext } from "../../platform/saga/saga.ts";
import type { IssueRefusal } from "../issue/conclude-issue.ts";
import type { IssueUnit, UnitRef } from "../issue/issue-unit.ts";

export interface IssueDurablyDeps {
  issueUnit: IssueUnit;
  issuePatience: IssuePatience;
}

export interface IssuePatience {
  /** How often one is tried that never gets there, or is told to come later, before it is given up. */
  maxTries: number;
  /** The pause after the first try; it doubles with each. */
  firstPauseMs: number;
}

/** Some 7 minutes: a restart over there is waited for. */
export const issuePatience: IssuePatience = { maxTries: 10, firstPauseMs: 400 };
/** Looks that show nothing clear, before people are asked. */
const MAX_UNCLEAR_LOOKS = 6;
/** Looks that show nothing at all, before a refusal of the repetition is believed. */
const LOOKS_TO_BELIEVE_NOTHING_WAS_GIVEN = 3;
/** A day, at the longest pause. */
const MAX_DOUBTFUL_TRIES = 290;
const LONGEST_PAUSE_MS = 5 * 60 * 1_000;

const unreachable: IssueRefusal = {
  reason: "UPSTREAM_UNAVAILABLE",
  codes: [],
  upstreamMessage: "it could not be asked for too long",
  isOfTheLine: false,
};

/** Asks for one unit until its outcome is on record: by answer, by a repetition of the same key, or by Capillary's own records. */
export async function issueDurably(
  saga: SagaContext,
  { issueUnit, issuePatience: { maxTries, firstPauseMs } }: IssueDurablyDeps,
  unit: UnitRef,
): Promise<void> {
  const pause = (tries: number) => Math.min(firstPauseMs * 2 ** Math.min(tries - 1, 20), LONGEST_PAUSE_MS);
  let [futile, doubtful, unclear, notThere] = [0, 0, 0, 0];
  for (;;) {
    const sent = await saga.step("issue", () => issueUnit.send(unit));
    if (sent.outcome === "settled") return;
    if (sent.outcome !== "in-doubt") {
      futile += 1;
      if (futile >= maxTries) return saga.step("give-up-issue", () => issueUnit.giveUp(unit, unreachable));
      await saga.sleep(pause(futile));
      continue;
    }

    doubtful += 1;
    await saga.sleep(pause(doubtful));
    // The first doubt is answered by asking again: that settles most of them.
    if (doubtful === 1 && !sent.refusal) continue;
    const seen = await saga.step("look-for-issue", () => issueUnit.look(unit, sent.refusal));
    if (seen === "settled") return;
    if (seen === "failed") doubtful = 0;
    if (seen === "unclear") unclear += 1;
    if (seen === "not-there") notThere += 1;
    const { refusal } = sent;
    if (refusal && notThere >= LOOKS_TO_BELIEVE_NOTHING_WAS_GIVEN && unclear === 0) {
      return saga.step("refuse-issue", () => issueUnit.giveUp(unit, refusal));
    }
    if (unclear + notThere >= MAX_UNCLEAR_LOOKS || doubtful >= MAX_DOUBTFUL_TRIES) {
      const message = "the answer was lost, and the issuals do not tell what happened";
      return saga.step("ask-people", () => issueUnit.askPeople(unit, message));
    }
  }
}
