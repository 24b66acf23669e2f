import { describe, expect, test } from "vitest";
import { counterKey } from "../../src/rules/counters.ts";
import { evaluate, evaluateLines } from "../../src/rules/evaluate.ts";
import { explain } from "../../src/rules/explain.ts";
import { noUsage, usageAfter, usageNeeded } from "../../src/rules/usage.ts";
import { line, rule, sampleProgramme } from "../support/rewards/rules.ts";

const buy = line("transactionpromo", { amount: 1000, reference: "trx-1" });
const reasons = (decisions: ReturnType<typeof evaluate>) =>
  decisions.map((decision) => [decision.rule.id, decision.outcome === "AWARD" ? "AWARD" : decision.skip.reason]);

test.each([{ amount: 10.5 }, { amount: 2 ** 53 }, { at: new Date("never") }, { localDate: "10/03/2026" }])(
  "facts that the message reader never produces are a programming error: %j",
  (wrong) => {
    expect(() => evaluate({ rules: [rule("transactionpromo")], facts: { ...buy, ...wrong }, usage: noUsage })).toThrow(
      RangeError,
    );
  },
);

describe("a rule's window", () => {
  const march = rule("register", { window: { from: "2026-03-01T00:00:00+07:00", until: "2026-04-01T00:00:00+07:00" } });
  test.each([
    ["2026-02-28T16:59:59.999Z", "SKIP"],
    ["2026-02-28T17:00:00.000Z", "AWARD"],
    ["2026-03-31T16:59:59.999Z", "AWARD"],
    ["2026-03-31T17:00:00.000Z", "SKIP"],
  ])("takes an event of %s as %s, by the time of the event", (at, expected) => {
    const [decision] = evaluate({ rules: [march], facts: line("register", { at: new Date(at) }), usage: noUsage });
    expect(decision?.outcome).toBe(expected);
  });
  test("applies an old version to an old event", () => {
    const next = rule(
      "register",
      { window: { from: "2026-04-01T00:00:00+07:00", until: null }, points: 900 },
      { version: 2 },
    );
    const points = (at: string) =>
      evaluate({ rules: [next, march], facts: line("register", { at: new Date(at) }), usage: noUsage });
    expect(points("2026-03-10T00:00:00Z")).toMatchObject([{ rule: { version: 1 }, awards: [{ quantity: 500 }] }]);
    expect(points("2026-04-10T00:00:00Z")).toMatchObject([{ rule: { version: 2 }, awards: [{ quantity: 900 }] }]);
    expect(points("2026-01-10T00:00:00Z")).toMatchObject([
      { rule: { version: 2 }, skip: { reason: "OUTSIDE_WINDOW", from: "2026-04-01T00:00:00+07:00" } },
    ]);
  });
});

describe("a rule's audience", () => {
  test("may be listed members", () => {
    const chosen = rule("register", { audience: { kind: "members", memberIds: ["571"] } });
    expect(reasons(evaluate({ rules: [chosen], facts: line("register"), usage: noUsage }))).toEqual([
      ["register-rule", "AWARD"],
    ]);
    const other = line("register", { memberId: "572" });
    expect(reasons(evaluate({ rules: [chosen], facts: other, usage: noUsage }))).toEqual([
      ["register-rule", "NOT_IN_AUDIENCE"],
    ]);
  });
  test.each([
    ["2026-02-08T05:00:00Z", "AWARD"],
    ["2026-02-08T04:59:59Z", "NOT_IN_AUDIENCE"],
    [null, "NOT_IN_AUDIENCE"],
  ])("may be new members: since %s, within 30 days, is %s", (since, expected) => {
    const forNew = rule("transactionpromo", { audience: { kind: "new-members", withinDays: 30 } });
    const facts = { ...buy, memberSince: since === null ? null : new Date(since) };
    expect(reasons(evaluate({ rules: [forNew], facts, usage: noUsage }))).toEqual([[forNew.id, expected]]);
  });
  test("counts a registering member as new", () => {
    const forNew = rule("register", { audience: { kind: "new-members", withinDays: 0 } });
    expect(evaluate({ rules: [forNew], facts: line("register"), usage: noUsage })).toMatchObject([
      { outcome: "AWARD" },
    ]);
  });
});

describe("rules together", () => {
  const low = rule("transactionpromo", { priority: 1 }, { id: "low" });
  const high = rule("transactionpromo", { priority: 9, minimumAmount: 5000 }, { id: "high" });
  const extra = rule("transactionpromo", { priority: 5, stacking: "stackable" }, { id: "extra" });

  test("one exclusive rule counts, the first that awards anything; stackable ones add to it", () => {
    const rules = [low, extra, high];
    const big = { ...buy, amount: 5000 };
    expect(reasons(evaluate({ rules, facts: big, usage: noUsage }))).toEqual([
      ["high", "AWARD"],
      ["extra", "AWARD"],
      ["low", "EXCLUDED"],
    ]);
    expect(reasons(evaluate({ rules, facts: buy, usage: noUsage }))).toEqual([
      ["high", "BELOW_MINIMUM"],
      ["extra", "AWARD"],
      ["low", "AWARD"],
    ]);
  });
  test("do not award an effect again when their priorities have changed", () => {
    const after = usageAfter(noUsage, evaluate({ rules: [low], facts: buy, usage: noUsage }));
    const risen = rule("transactionpromo", { priority: 99 }, { id: "risen" });
    expect(reasons(evaluate({ rules: [low, risen, extra], facts: buy, usage: after }))).toEqual([
      ["risen", "ALREADY_AWARDED"],
      ["extra", "AWARD"],
      ["low", "EXCLUDED"],
    ]);
  });
  test("ignore events of other actions", () => {
    expect(evaluate({ rules: [rule("register")], facts: buy, usage: noUsage })).toEqual([]);
  });
});

describe("caps", () => {
  const capped = rule("transactionpromo", { caps: { perEvent: 8, memberDay: 20, memberTotal: 30, budget: 1000 } });
  const having = (...entries: [string, number][]) => ({ ...noUsage, counters: new Map(entries) });
  const day = counterKey.memberDay(capped.id, "571", "2026-03-10");
  const total = counterKey.memberTotal(capped.id, "571");
  const budget = counterKey.budget(capped.id);

  test.each([
    [[], 8, ["PER_EVENT"]],
    [[[day, 15]], 5, ["PER_EVENT", "MEMBER_DAY"]],
    [[[total, 28]], 2, ["PER_EVENT", "MEMBER_TOTAL"]],
    [[[budget, 999]], 1, ["PER_EVENT", "BUDGET"]],
  ] as [[string, number][], number, string[]][])("with %j used allow %i, cut by %j", (entries, quantity, cutBy) => {
    const [decision] = evaluate({ rules: [capped], facts: buy, usage: having(...entries) });
    expect(decision).toMatchObject({ outcome: "AWARD", awards: [{ quantity, cutBy }] });
  });
  test.each([
    [day, 20, "MEMBER_DAY"],
    [total, 31, "MEMBER_TOTAL"],
    [budget, 1000, "BUDGET"],
  ])("name the exhausted cap: %s", (key, used, cap) => {
    const [decision] = evaluate({ rules: [capped], facts: buy, usage: having([key, used]) });
    expect(decision).toMatchObject({ outcome: "SKIP", skip: { reason: "CAP_REACHED", cap } });
  });
  test("of a day end with the day", () => {
    const tomorrow = { ...buy, localDate: "2026-03-11" };
    expect(evaluate({ rules: [capped], facts: tomorrow, usage: having([day, 20]) })).toMatchObject([
      { awards: [{ quantity: 8 }] },
    ]);
  });
});

describe("an award", () => {
  test("is credited after its pending days and lapses after its expiry days", () => {
    const patient = rule("register", { pendingDays: 7, expiryDays: 30 });
    expect(evaluate({ rules: [patient], facts: line("register"), usage: noUsage })).toMatchObject([
      { awards: [{ availableAt: new Date("2026-03-17T05:00:00Z"), expiresAt: new Date("2026-04-16T05:00:00Z") }] },
    ]);
  });
});

describe("the usage that an evaluation needs", () => {
  test("is known in advance, in an order in which locks can be taken", () => {
    const pair = line("registerreferral", { sharerId: "462", receiverId: "463" });
    expect(usageNeeded([rule("registerreferral"), rule("register")], [pair])).toEqual({
      counters: [
        "budget/registerreferral-rule",
        "day/registerreferral-rule/462/2026-03-10",
        "referrals/registerreferral-rule/462",
        "total/registerreferral-rule/462",
      ],
      effectKeys: ["registerreferral/463/receiver", "registerreferral/463/sharer"],
      referrals: ["462", "463"],
    });
  });
  test("is empty for a line that lacks a fact", () => {
    expect(usageNeeded([rule("register")], [line("register", { memberId: null })])).toEqual({
      counters: [],
      effectKeys: [],
      referrals: [],
    });
  });
  test("counts identical lines as an evaluation does", () => {
    const twin = { ...buy, reference: null };
    const { effectKeys } = usageNeeded([rule("transactionpromo")], [twin, twin]);
    expect(effectKeys).toHaveLength(2);
  });
});

describe("an effect key", () => {
  const keyOf = (facts: Parameters<typeof line>[1]) =>
    usageNeeded([rule("transactionpromo")], [{ ...buy, ...facts }]).effectKeys[0];
  test("distinguishes values that look alike", () => {
    expect(keyOf({ memberId: "1/reference", reference: "2" })).not.toBe(
      keyOf({ memberId: "1", reference: "reference/2" }),
    );
    expect(keyOf({ reference: "a%2Fb" })).not.toBe(keyOf({ reference: "a/b" }));
  });
  test("fits an index for references of any length", () => {
    const long = keyOf({ reference: "x".repeat(60_000) });
    expect(long?.length).toBeLessThan(200);
    expect(long).not.toBe(keyOf({ reference: "x".repeat(60_001) }));
  });
});

describe("an explanation", () => {
  test("is plain JSON with the rule, the facts and every number", () => {
    const capped = rule("transactionpromo", { caps: { perEvent: 8 } });
    const [decision] = evaluate({ rules: [capped], facts: { ...buy, amount: 1099 }, usage: noUsage });
    const explanation = decision?.explanation;
    expect(JSON.parse(JSON.stringify(explanation))).toEqual(explanation);
    expect(explanation).toEqual({
      rule: { id: "transactionpromo-rule", version: 1, name: "Test rule", campaign: "test" },
      unit: "POINTS",
      facts: {
        action: "transactionpromo",
        at: "2026-03-10T05:00:00.000Z",
        localDate: "2026-03-10",
        memberSince: null,
        subjectId: "571",
        memberId: "571",
        amount: 1099,
        reference: "trx-1",
        occurrence: 0,
      },
      steps: [
        { step: "rate", side: "MEMBER", amount: 1099, from: 0, points: 1, perAmount: 100, result: 10 },
        { step: "cap", side: "MEMBER", cap: "PER_EVENT", limit: 8, used: 0, left: 8, before: 10, result: 8 },
      ],
      awards: [{ side: "MEMBER", quantity: 8, cutBy: ["PER_EVENT"] }],
      skip: null,
    });
  });
  test("reads as sentences", () => {
    const multipliers = [{ name: "Tuesdays", basisPoints: 15_000, weekdays: [2] }];
    const promo = rule("transactionpromo", { multipliers, caps: { perEvent: 8 } });
    const [decision] = evaluate({ rules: [promo], facts: buy, usage: noUsage });
    expect(decision && explain(decision.explanation)).toEqual([
      'Rule "Test rule", version 1.',
      "1000 at 1 point per 100 (the tier from 0), rounded down: 10 points.",
      '10 times 1.5 for "Tuesdays", rounded down: 15 points.',
      "The cap per event is 8, 0 used: 15 cut to 8.",
      "8 points awarded.",
    ]);
  });
  test("hides the programme's budget, except that it is exhausted", () => {
    const promo = rule("transactionpromo", { caps: { memberDay: 50, budget: 1_000 } });
    const counters = new Map([["budget/transactionpromo-rule", 996]]);
    const [decision] = evaluate({ rules: [promo], facts: buy, usage: { ...noUsage, counters } });
    expect(decision && explain(decision.explanation).slice(2)).toEqual([
      "10 cut to 4: the budget of the programme is used up.",
      "4 points awarded.",
    ]);
  });
  test("shows neither side the other's id", () => {
    const pair = line("registerreferral", { sharerId: "462", receiverId: "463" });
    const [decision] = evaluate({ rules: [rule("registerreferral")], facts: pair, usage: noUsage });
    expect(decision && explain(decision.explanation)).toEqual([
      'Rule "Test rule", version 1.',
      "Newcomer: a fixed bonus of 100 points.",
      "Sharer: referral number 1, by the step from 1: 200 points.",
      "Newcomer: 100 points awarded.",
      "Sharer: 200 points awarded.",
    ]);
  });
  test("has a text for every reason", () => {
    const [skipped] = evaluate({
      rules: [rule("luckydraw")],
      facts: line("luckydraw", { amount: 10 }),
      usage: noUsage,
    });
    expect(skipped && explain(skipped.explanation).at(-1)).toBe("No award: 10 is below the minimum of 1000.");
  });
});

describe("the sample programme", () => {
  // The facts of the six sample messages, in their intended time zone.
  const samples = [
    line("register", { memberId: "461", at: new Date("2022-02-25T03:26:11Z"), localDate: "2022-02-25" }),
    line("registerreferral", {
      memberId: "571",
      sharerId: "462",
      receiverId: "463",
      at: new Date("2022-03-28T03:26:11Z"),
      localDate: "2022-03-28",
    }),
    line("transactionpromo", {
      memberId: "16659",
      amount: 6843,
      at: new Date("2023-06-08T04:22:06Z"),
      localDate: "2023-06-08",
    }),
    ...["10", "12"].map((productId) =>
      line("transactionreferral", {
        memberId: null,
        sharerId: "462",
        productId,
        at: new Date("2022-04-02T03:26:11Z"),
        localDate: "2022-04-02",
      }),
    ),
    line("dailycheckin", { at: new Date("2024-06-11T05:00:00Z"), localDate: "2024-06-11", checkInDays: [] }),
    line("luckydraw", {
      memberId: "16659",
      amount: 1000,
      at: new Date("2024-02-08T04:22:06Z"),
      localDate: "2024-02-08",
    }),
  ];
  test("awards something for every sample message, once", () => {
    const first = evaluateLines({ rules: sampleProgramme, lines: samples, usage: noUsage });
    const quantities = first.map(({ decisions }) =>
      decisions.flatMap((decision) => (decision.outcome === "AWARD" ? decision.awards : [])).map((a) => a.quantity),
    );
    expect(quantities).toEqual([[500], [100, 200], [68], [50], [75], [5], [1]]);

    const usage = usageAfter(
      noUsage,
      first.flatMap(({ decisions }) => decisions),
    );
    const again = evaluateLines({ rules: sampleProgramme, lines: samples, usage });
    expect(again.flatMap(({ decisions }) => reasons(decisions)).map(([, reason]) => reason)).toEqual(
      samples.map(() => "ALREADY_AWARDED"),
    );
  });
});
