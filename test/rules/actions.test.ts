import { describe, expect, test } from "vitest";
import type { LocalDate } from "../../src/platform/time-zone.ts";
import { counterKey } from "../../src/rules/counters.ts";
import { evaluate, evaluateLines } from "../../src/rules/evaluate.ts";
import type { LineFacts } from "../../src/rules/facts.ts";
import type { Rule } from "../../src/rules/rule.ts";
import { noUsage, type Usage, usageAfter } from "../../src/rules/usage.ts";
import { daysBefore, line, rule } from "../support/rewards/rules.ts";

/** The outcome of one rule for one line: the quantities by member, or the reason for none. */
function outcome(from: Rule | readonly Rule[], facts: LineFacts, usage: Usage = noUsage): unknown {
  const [decision] = evaluate({ rules: [from].flat(), facts, usage });
  if (!decision) return "no rule";
  return decision.outcome === "SKIP"
    ? decision.skip.reason
    : Object.fromEntries(decision.awards.map(({ memberId, quantity }) => [memberId, quantity]));
}

const usage = (changes: Partial<Usage>): Usage => ({ ...noUsage, ...changes });
const counters = (...entries: [string, number][]) => usage({ counters: new Map(entries) });

describe("register", () => {
  test("awards the bonus once per member and campaign, whatever else the event has", () => {
    const lines = [line("register"), line("register", { at: new Date("2026-05-01T00:00:00Z") })];
    const [first, second] = evaluateLines({ rules: [rule("register")], lines, usage: noUsage });
    expect(first?.decisions).toMatchObject([{ awards: [{ memberId: "571", quantity: 500, unit: "POINTS" }] }]);
    expect(second?.decisions).toMatchObject([
      { outcome: "SKIP", skip: { reason: "ALREADY_AWARDED", effectKey: "register/test/571" } },
    ]);
  });
  test("is awarded by each campaign, and to each member", () => {
    const other = rule("register", { campaign: "other" });
    const after = usageAfter(noUsage, evaluate({ rules: [rule("register")], facts: line("register"), usage: noUsage }));
    expect(outcome(other, line("register"), after)).toEqual({ 571: 500 });
    expect(outcome(rule("register"), line("register", { memberId: "572" }), after)).toEqual({ 572: 500 });
  });
  test("without a member is skipped", () => {
    expect(outcome(rule("register"), line("register", { memberId: null }))).toBe("MISSING_FACT");
  });
});

describe("registerreferral", () => {
  const pair = line("registerreferral", { sharerId: "462", receiverId: "463" });
  const sharerHas = (count: number) => counters([counterKey.referrals("registerreferral-rule", "462"), count]);

  test("awards both sides in one decision, each with a key of its own", () => {
    const [decision] = evaluate({ rules: [rule("registerreferral")], facts: pair, usage: noUsage });
    expect(decision).toMatchObject({
      outcome: "AWARD",
      awards: [
        { memberId: "463", role: "RECEIVER", quantity: 100, effectKey: "registerreferral/463/receiver" },
        { memberId: "462", role: "SHARER", quantity: 200, effectKey: "registerreferral/463/sharer" },
      ],
      referral: { sharerId: "462", receiverId: "463" },
      counts: [
        { key: "budget/registerreferral-rule", by: 300 },
        { key: "day/registerreferral-rule/462/2026-03-10", by: 200 },
        { key: "referrals/registerreferral-rule/462", by: 1 },
        { key: "total/registerreferral-rule/462", by: 200 },
      ],
    });
  });
  test.each([
    [0, 200],
    [1, 200],
    [2, 300],
    [50, 300],
  ])("after %i referrals awards the sharer %i", (count, points) => {
    expect(outcome(rule("registerreferral"), pair, sharerHas(count))).toEqual({ 462: points, 463: 100 });
  });
  test("pays the receiver when the sharer has reached a cap", () => {
    const capped = rule("registerreferral", { caps: { memberTotal: 1000 } });
    const full = counters([counterKey.memberTotal("registerreferral-rule", "462"), 1000]);
    expect(outcome(capped, pair, full)).toEqual({ 463: 100 });
    const almost = counters([counterKey.memberTotal("registerreferral-rule", "462"), 950]);
    expect(outcome(capped, pair, almost)).toEqual({ 462: 50, 463: 100 });
  });
  test("spends the rest of a budget on the receiver first", () => {
    const spent = (used: number) =>
      outcome(
        rule("registerreferral", { caps: { budget: 1000 } }),
        pair,
        counters([counterKey.budget("registerreferral-rule"), used]),
      );
    expect(spent(850)).toEqual({ 463: 100, 462: 50 });
    expect(spent(920)).toEqual({ 463: 80 });
    expect(spent(1000)).toBe("CAP_REACHED");
  });
  test("of oneself is refused", () => {
    expect(outcome(rule("registerreferral"), { ...pair, receiverId: "462" })).toBe("SELF_REFERRAL");
  });
  test("of a member who was referred before is refused", () => {
    expect(outcome(rule("registerreferral"), pair, usage({ referredBy: new Map([["463", "999"]]) }))).toBe(
      "SECOND_REFERRAL",
    );
  });
  test("of a member's own referrer is refused, through others too", () => {
    const direct = usage({ referredBy: new Map([["462", "463"]]) });
    expect(outcome(rule("registerreferral"), pair, direct)).toBe("REVERSED_REFERRAL");
    const throughOthers = usage({
      referredBy: new Map([
        ["462", "7"],
        ["7", "463"],
      ]),
    });
    expect(outcome(rule("registerreferral"), pair, throughOthers)).toBe("REVERSED_REFERRAL");
  });
  test("happens once in the receiver's life, under any rule", () => {
    const after = usageAfter(noUsage, evaluate({ rules: [rule("registerreferral")], facts: pair, usage: noUsage }));
    const later = rule("registerreferral", { campaign: "other" }, { id: "other-rule" });
    expect(outcome(later, pair, after)).toBe("ALREADY_AWARDED");
    expect(outcome(later, { ...pair, sharerId: "470" }, after)).toBe("SECOND_REFERRAL");
  });
});

describe("transactionpromo", () => {
  const buys = (amount: number | null, facts: Partial<LineFacts> = {}) =>
    line("transactionpromo", { amount, reference: "trx-1", ...facts });

  test.each([
    [99, "BELOW_MINIMUM"],
    [100, { 571: 1 }],
    [199, { 571: 1 }],
    [200, { 571: 2 }],
    [6843, { 571: 68 }],
    [0, "BELOW_MINIMUM"],
    [-500, "BELOW_MINIMUM"],
    [null, "MISSING_FACT"],
  ])("of %s at 1 per 100 earns %j", (amount, expected) => {
    expect(outcome(rule("transactionpromo"), buys(amount))).toEqual(expected);
  });
  test("with a minimum of 0 earns no points for an amount of 0", () => {
    expect(outcome(rule("transactionpromo", { minimumAmount: 0 }), buys(0))).toBe("BELOW_MINIMUM");
    expect(outcome(rule("transactionpromo", { minimumAmount: 0 }), buys(99))).toBe("NOTHING_EARNED");
  });
  test.each([
    [999, 9], // 999 × 1/100
    [1000, 30], // 1000 × 3/100, all of it
    [1033, 30], // 30.99
    [1034, 31], // 31.02
  ])("of %i earns the rate of the highest tier reached for the whole amount: %i", (amount, points) => {
    const tiers = [
      { from: 0, rate: { points: 1, perAmount: 100 } },
      { from: 1000, rate: { points: 3, perAmount: 100 } },
    ];
    expect(outcome(rule("transactionpromo", { tiers }), buys(amount))).toEqual({ 571: points });
  });
  test("multiplies by weekday and by window, rounding down at every step", () => {
    const multipliers = [
      { name: "Half more on Tuesdays", basisPoints: 15_000, weekdays: [2] },
      {
        name: "Double in March",
        basisPoints: 20_000,
        window: { from: "2026-03-01T00:00:00Z", until: "2026-04-01T00:00:00Z" },
      },
      { name: "Ten times on Sundays", basisPoints: 100_000, weekdays: [7] },
    ];
    const [decision] = evaluate({
      rules: [rule("transactionpromo", { multipliers })],
      facts: buys(399),
      usage: noUsage,
    });
    expect(decision).toMatchObject({ awards: [{ quantity: 8 }] });
    expect(decision?.explanation.steps).toEqual([
      { step: "rate", side: "MEMBER", amount: 399, from: 0, points: 1, perAmount: 100, result: 3 },
      { step: "multiplier", side: "MEMBER", name: "Half more on Tuesdays", basisPoints: 15_000, before: 3, result: 4 },
      { step: "multiplier", side: "MEMBER", name: "Double in March", basisPoints: 20_000, before: 4, result: 8 },
    ]);
  });
  test("takes the weekday in the programme's time zone", () => {
    const multipliers = [{ name: "Sundays", basisPoints: 20_000, weekdays: [7] }];
    const lateSaturday = { at: new Date("2026-03-14T18:00:00Z"), localDate: "2026-03-15" };
    expect(outcome(rule("transactionpromo", { multipliers }), buys(100, lateSaturday))).toEqual({ 571: 2 });
  });
  test("is exact where a double is not", () => {
    // The exact product is 113 short of 999 999 999 × 999 999 941; as a double it is not short of it at all.
    const tiers = [{ from: 0, rate: { points: 113, perAmount: 999_999_941 } }];
    const amount = 8_849_556_991_150_442;
    expect(Math.floor((amount * 113) / 999_999_941)).toBe(999_999_999);
    expect(outcome(rule("transactionpromo", { tiers }), buys(amount))).toEqual({ 571: 999_999_998 });
  });
  test("too large to be plausible is left to an operator", () => {
    const tiers = [{ from: 0, rate: { points: 1000, perAmount: 1 } }];
    const generous = rule("transactionpromo", { tiers });
    expect(outcome(generous, buys(1_000_001))).toBe("RESULT_TOO_LARGE");
    expect(outcome(generous, buys(Number.MAX_SAFE_INTEGER))).toBe("RESULT_TOO_LARGE");
    expect(outcome(rule("transactionpromo", { tiers, caps: { perEvent: 50 } }), buys(1_000_001))).toEqual({ 571: 50 });
  });
  test("with a reference is one effect; without one its instant and amount identify it", () => {
    const lines = [
      buys(500),
      buys(700), // the same reference
      buys(500, { reference: null }),
      buys(500, { reference: null }), // a second one like it
      buys(600, { reference: null }),
    ];
    const results = evaluateLines({ rules: [rule("transactionpromo")], lines, usage: noUsage });
    const keys = results.map(({ decisions: [decision] }) =>
      decision?.outcome === "AWARD" ? decision.awards[0]?.effectKey : decision?.skip.reason,
    );
    expect(keys).toEqual([
      "transactionpromo/exclusive/571/reference/trx-1",
      "ALREADY_AWARDED",
      "transactionpromo/exclusive/571/at/2026-03-10T05:00:00.000Z/500/0",
      "transactionpromo/exclusive/571/at/2026-03-10T05:00:00.000Z/500/1",
      "transactionpromo/exclusive/571/at/2026-03-10T05:00:00.000Z/600/0",
    ]);
  });
});

describe("transactionreferral", () => {
  const buys = (productId: string | null) =>
    line("transactionreferral", { memberId: null, sharerId: "462", productId });

  test("awards the sharer the product's points; a line that earns no points does not stop the others", () => {
    const lines = ["10", "11", "12"].map(buys);
    const results = evaluateLines({ rules: [rule("transactionreferral")], lines, usage: noUsage });
    expect(results.map(({ decisions: [decision] }) => decision)).toMatchObject([
      { awards: [{ memberId: "462", role: "SHARER", quantity: 50 }] },
      { outcome: "SKIP", skip: { reason: "PRODUCT_NOT_LISTED", productId: "11" } },
      { awards: [{ memberId: "462", role: "SHARER", quantity: 75 }] },
    ]);
  });
  test("of the member's own purchase is refused", () => {
    expect(outcome(rule("transactionreferral"), { ...buys("10"), receiverId: "462" })).toBe("SELF_REFERRAL");
  });
  test("without a product is skipped", () => {
    expect(outcome(rule("transactionreferral"), buys(null))).toBe("MISSING_FACT");
  });
});

describe("dailycheckin", () => {
  const checkIn = (checkInDays: readonly LocalDate[], freezes = 0) =>
    outcome(rule("dailycheckin", { freezes }), line("dailycheckin", { checkInDays }));
  const march = (...days: number[]) => days.map((day) => `2026-03-${String(day).padStart(2, "0")}`);

  test.each([
    [1, 1],
    [6, 6],
    [7, 107], // and the bonus of a week
    [8, 1], // the cycle starts again
    [14, 7], // the bonus does not
    [701, 1],
  ])("on day %i in a row earns %i", (streak, points) => {
    expect(checkIn(daysBefore("2026-03-10", streak - 1))).toEqual({ 571: points });
  });
  test("counts once for a local date", () => {
    const facts = line("dailycheckin");
    const after = usageAfter(noUsage, evaluate({ rules: [rule("dailycheckin")], facts, usage: noUsage }));
    const again = { ...facts, at: new Date("2026-03-10T16:59:59Z") };
    expect(outcome(rule("dailycheckin"), again, after)).toBe("ALREADY_AWARDED");
  });
  test.each([
    // three days, a gap, two days: 21 for six days, of which 6 and 3 had counted
    [march(7, 8, 9, 11, 12), { 571: 12 }],
    // three and three make a week: 28 and the bonus, of which 6 and 6 had counted
    [march(7, 8, 9, 11, 12, 13), { 571: 116 }],
    // a day before a run of two: 6, of which 3 had counted
    [march(11, 12), { 571: 3 }],
    // two whole weeks, each with its bonus, are one run of 15 with a single one: nothing is taken back
    [march(3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17), "NOTHING_EARNED"],
    // and a repeated check-in of each day changes nothing
    [march(9, 10), { 571: 2 }],
  ])("on the tenth that arrives late, beside %j, awards the added value of the streak: %j", (days, expected) => {
    expect(checkIn(days)).toEqual(expected);
  });
  test.each([
    ["goes on after a missed day", march(6, 8), 1, { 571: 3 }],
    ["ends after two, with one freeze", march(6, 7), 1, { 571: 1 }],
    ["goes on after two, with two", march(6, 7), 2, { 571: 3 }],
    ["pays its bonus once", march(2, 3, 4, 5, 6, 8), 1, { 571: 107 }],
    // the ninth and the eleventh were days 1 and 2 of a run already: 1 + 2 + 3, of which 1 + 2 had counted
    ["that a late day fills up was one before", march(9, 11), 1, { 571: 3 }],
    ["is joined with another by a late day", march(8, 12), 1, { 571: 4 }],
  ])("with freezes %s", (_, days, freezes, expected) => {
    expect(checkIn(days, freezes)).toEqual(expected);
  });
});

describe("luckydraw", () => {
  const buys = (amount: number) => line("luckydraw", { amount });
  test.each([
    [999, "BELOW_MINIMUM"],
    [1000, { 571: 1 }],
    [1999, { 571: 1 }],
    [5400, { 571: 5 }],
    [99_999, { 571: 10 }],
  ])("of %i issues tickets, at most ten an event: %j", (amount, expected) => {
    expect(outcome(rule("luckydraw", { caps: { perEvent: 10 } }), buys(amount))).toEqual(expected);
  });
  test("issues no more than the day's tickets", () => {
    const lines = [5000, 5000, 5000].map((amount, n) => line("luckydraw", { amount, reference: `trx-${n}` }));
    const results = evaluateLines({ rules: [rule("luckydraw", { caps: { memberDay: 12 } })], lines, usage: noUsage });
    expect(results.map(({ decisions: [decision] }) => decision)).toMatchObject([
      { awards: [{ quantity: 5, unit: "TICKETS", drawId: "test-draw", cutBy: [] }] },
      { awards: [{ quantity: 5 }] },
      { awards: [{ quantity: 2, cutBy: ["MEMBER_DAY"] }] },
    ]);
  });
});
