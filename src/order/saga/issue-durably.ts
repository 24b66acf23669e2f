import type { SagaContext } from "../../platform/saga/saga.ts";
import type { IssueRefusal } from "../issue/conclude-issue.ts";
import type { DoubtfulAnswer, IssueUnit, UnitRef } from "../issue/issue-unit.ts";

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

const unanswered: DoubtfulAnswer = { refusal: null, isKeyUsedUp: false };

/** Asks for one unit until its outcome is on record: by answer, by a repetition of the same key, or by Capillary's own records. */
export async function issueDurably(
  saga: SagaContext,
  { issueUnit, issuePatience: { maxTries, firstPauseMs } }: IssueDurablyDeps,
  unit: UnitRef,
): Promise<void> {
  const pause = (tries: number) => Math.min(firstPauseMs * 2 ** Math.min(tries - 1, 20), LONGEST_PAUSE_MS);
  let [futile, doubtful, unclear, notThere] = [0, 0, 0, 0];
  let answer: DoubtfulAnswer = unanswered;
  for (;;) {
    // Once it was answered, asking again tells nothing more: what is on record over there does.
    if (!answer.refusal && !answer.isKeyUsedUp) {
      const sent = await saga.step("issue", () => issueUnit.send(unit));
      if (sent.outcome === "settled") return;
      if (sent.outcome !== "in-doubt") {
        futile += 1;
        if (futile >= maxTries) return giveUp();
        await saga.sleep(pause(futile));
        continue;
      }
      answer = sent.answer;
    }

    doubtful += 1;
    await saga.sleep(pause(doubtful));
    // The first silence is answered by asking again: that settles most of them.
    if (doubtful === 1 && !answer.refusal && !answer.isKeyUsedUp) continue;
    const seen = await saga.step("look-for-issue", () => issueUnit.look(unit, answer));
    if (seen === "settled") return;
    if (seen === "failed") {
      [answer, doubtful, futile] = [unanswered, 0, futile + 1];
      if (futile >= maxTries) return giveUp();
      continue;
    }
    const { refusal, isKeyUsedUp } = answer;
    if (seen === "unclear") unclear += 1;
    // As long as nothing was answered, nothing there means no more than that it may be asked for again.
    if (seen === "not-there" && (refusal || isKeyUsedUp)) notThere += 1;
    if (refusal && notThere >= LOOKS_TO_BELIEVE_NOTHING_WAS_GIVEN && unclear === 0) {
      return saga.step("refuse-issue", () => issueUnit.giveUp(unit, refusal));
    }
    if (unclear + notThere >= MAX_UNCLEAR_LOOKS || doubtful >= MAX_DOUBTFUL_TRIES) {
      const message = "the answer was lost, and the issuals do not tell what happened";
      return saga.step("ask-people", () => issueUnit.askPeople(unit, message));
    }
  }

  function giveUp(): Promise<void> {
    return saga.step("give-up-issue", () => issueUnit.giveUp(unit, unreachable));
  }
}
