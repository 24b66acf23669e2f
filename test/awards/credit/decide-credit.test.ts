import { describe, expect, test } from "vitest";
import type { CreditOutcome } from "../../../src/awards/credit/credit-ledger.ts";
import { decideCredit, retryAfter } from "../../../src/awards/credit/decide-credit.ts";
import { makeGroupCommit } from "../../../src/platform/group-commit.ts";

const sentAt = new Date("2026-06-03T10:00:00.000Z");
const deadlines = { settleMs: 30_000, giveUpMs: 3_600_000 };
const first = { attempt: 1, sentAt, wasSent: false, inFlightMs: 0 };
const repeated = { attempt: 9, sentAt, wasSent: true, inFlightMs: 0 };
const tooSoon = { ...repeated, attempt: 2, inFlightMs: 20_000 };
const credited: CreditOutcome = { is: "confirmed", answer: undefined };
const failed = (is: "refused" | "not-sent" | "unknown"): CreditOutcome => ({ is, failure: null, why: "so it said" });
const allThatIsKnown: CreditOutcome = { ...failed("unknown"), isConclusive: true };
const conclude = (history: typeof first, outcome: CreditOutcome, afterMs = 1_000) =>
  decideCredit(history, outcome, deadlines, new Date(+sentAt + afterMs));

describe("an answer", () => {
  test.each([
    ["a success", first, credited, { state: "CREDITED", retryMs: null, inFlightMs: 0 }],
    ["a success of a repetition", tooSoon, credited, { state: "CREDITED", retryMs: null, inFlightMs: 0 }],
    ["a refusal", first, failed("refused"), { state: "REFUSED", retryMs: null, why: "so it said" }],
    ["a refusal of a retry", repeated, failed("refused"), { state: "REFUSED", retryMs: null }],
    [
      "a refusal while a call is in flight",
      tooSoon,
      failed("refused"),
      { state: "UNCERTAIN", retryMs: 20_000, inFlightMs: 20_000 },
    ],
    ["a call that was not sent", first, failed("not-sent"), { state: "PENDING", inFlightMs: 0 }],
    ["a retry that was not sent", repeated, failed("not-sent"), { state: "UNCERTAIN", inFlightMs: 0 }],
    ["a missing answer", first, failed("unknown"), { state: "UNCERTAIN", inFlightMs: 30_000 }],
    [
      "an unknown outcome that a repetition cannot resolve",
      repeated,
      allThatIsKnown,
      { state: "NEEDS_ATTENTION", retryMs: null },
    ],
    ["the same while a call is in flight", tooSoon, allThatIsKnown, { state: "UNCERTAIN", retryMs: 20_000 }],
  ] as const)("that is %s", (_, history, outcome, expected) => {
    expect(conclude(history, outcome)).toMatchObject(expected);
  });

  test.each(["unknown", "not-sent"] as const)(
    "that leaves the outcome unknown (%s) does so for a limited time",
    (is) => {
      expect(conclude(repeated, failed(is), 3_599_999)).toMatchObject({ state: "UNCERTAIN" });
      expect(conclude(repeated, failed(is), 3_600_000)).toMatchObject({ state: "NEEDS_ATTENTION", inFlightMs: 0 });
    },
  );

  test("that is missing doubles the pause each time, up to five minutes", () => {
    expect([1, 2, 3, 4].map((attempt) => retryAfter(attempt, 0.5))).toEqual([400, 800, 1_600, 3_200]);
    expect([retryAfter(1_000, 0), retryAfter(1_000, 1)]).toEqual([240_000, 360_000]);
  });
});

test("items added during a write are written together, and each caller gets the outcome of its write", async () => {
  const writes: number[][] = [];
  const firstWrite = Promise.withResolvers<void>();
  const add = makeGroupCommit<number>(async (items) => {
    writes.push([...items]);
    if (writes.length === 1) await firstWrite.promise;
    if (items.includes(3)) throw new Error("not written");
  });
  const added = [add(1), add(2), add(3), add(1).then(() => add(4))];
  firstWrite.resolve();
  const answers = await Promise.allSettled(added);
  expect(writes).toEqual([[1], [2, 3, 1]]);
  expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "rejected"]);
  await add(5);
  expect(writes.at(-1)).toEqual([5]);
});
