import { describe, expect, test } from "vitest";
import { makeAttempt, type Outcome, outcomeOf } from "../../src/ledger/attempt.ts";
import { pauseAfter, retryPolicies } from "../../src/ledger/retry-policies.ts";
import { UpstreamError, type UpstreamOutcome } from "../../src/upstream/upstream-error.ts";

const failing = (outcome: UpstreamOutcome) =>
  outcomeOf(Promise.reject(new UpstreamError({ service: "client-points", operation: "redeem", outcome }, "no")));
const confirming = () => outcomeOf(Promise.resolve("yes"));

/** Makes one attempt. @returns the recorded outcome, and what happened in order */
async function attempted(call: () => Promise<Outcome<string>>, { isRepetition = false, ageMs = 0 } = {}) {
  const happened: string[] = [];
  const attempt = makeAttempt((point) => happened.push(point));
  const outcome = await attempt(
    { isRepetition, markedAt: performance.now() - ageMs },
    {
      name: "redeem",
      call() {
        happened.push("call");
        return call();
      },
      async record(outcome) {
        happened.push("record");
        return outcome;
      },
    },
  );
  return { outcome, happened };
}

describe("an attempt", () => {
  test.each([
    ["confirmed", confirming, "confirmed", "confirmed"],
    ["refused", () => failing("refused"), "refused", "unknown"],
    ["never sent", () => failing("transient"), "not-sent", "unknown"],
    ["not answered", () => failing("unknown"), "unknown", "unknown"],
  ] as const)(
    "that is %s is recorded as such the first time, and as a repetition by what that can prove",
    async (_, call, first, repeated) => {
      expect((await attempted(call)).outcome.is).toBe(first);
      expect((await attempted(call, { isRepetition: true })).outcome.is).toBe(repeated);
    },
  );

  test("passes each crash point after the step that it names", async () => {
    const sent = ["redeem:marked", "call", "redeem:answered", "record", "redeem:recorded"];
    expect((await attempted(confirming)).happened).toEqual(sent);
    expect((await attempted(() => failing("refused"))).happened).toEqual(sent);
    expect((await attempted(() => failing("unknown"))).happened).toEqual(sent);
    expect((await attempted(() => failing("transient"))).happened).toEqual(["redeem:marked", "call", "record"]);
  });

  test("is not made by a process that was suspended since the mark", async () => {
    const { outcome, happened } = await attempted(confirming, { ageMs: 2_001 });
    expect(outcome).toMatchObject({ is: "not-sent", why: "not sent in time" });
    expect(happened).toEqual(["redeem:marked", "record"]);
    expect((await attempted(confirming, { ageMs: 2_001, isRepetition: true })).outcome.is).toBe("unknown");
  });

  test("records no outcome when the program itself fails", async () => {
    const fault = new TypeError("a fault");
    await expect(attempted(() => outcomeOf(Promise.reject(fault)))).rejects.toBe(fault);
  });
});

describe("a retry policy", () => {
  test.each(Object.entries(retryPolicies))(
    "of a %s doubles its pause up to the longest, and gives the reason",
    (_, policy) => {
      const { firstPauseMs, longestPauseMs, tries, reason } = policy;
      expect([1, 2, 3].map((failed) => pauseAfter(failed, policy))).toEqual(
        [1, 2, 4].map((times) => times * firstPauseMs),
      );
      expect(pauseAfter(1_000, policy)).toBe(longestPauseMs);
      expect(tries).toBeGreaterThan(0);
      expect(reason).toMatch(/\.$/);
    },
  );
});
