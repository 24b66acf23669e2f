import { describe, expect, test } from "vitest";
import { checkNextVersion, checkRule, readRule } from "../../src/rules/check-rule.ts";
import type { RuleDefinition } from "../../src/rules/rule.ts";
import { capsOf, rewardActions, rule, sampleProgramme } from "../support/rewards/rules.ts";

const messages = (definition: RuleDefinition) => checkRule(definition).map(({ message }) => message);

test.each(sampleProgramme)("the sample rule $id is valid", ({ definition }) => {
  expect(readRule(JSON.parse(JSON.stringify(definition)))).toEqual({ definition });
});
test.each(rewardActions)("a plain rule for %s is valid", (action) => {
  expect(checkRule(rule(action).definition)).toEqual([]);
});

describe("a rule is refused", () => {
  test.each<[string, RuleDefinition]>([
    [
      "the window ends (2026-01-01T00:00:00Z) before it starts (2026-02-01T00:00:00Z)",
      rule("register", { window: { from: "2026-02-01T00:00:00Z", until: "2026-01-01T00:00:00Z" } }).definition,
    ],
    [
      "the cap per event (499) is below the smallest award (500)",
      rule("register", { caps: { perEvent: 499 } }).definition,
    ],
    [
      "the cap per member and day (600) is below the cap per event (700)",
      rule("register", { caps: { perEvent: 700, memberDay: 600 } }).definition,
    ],
    [
      "the cap of the programme (600) is below the cap per event (700)",
      rule("register", { caps: { perEvent: 700, budget: 600 } }).definition,
    ],
    [
      "member 7 is listed twice",
      rule("register", { audience: { kind: "members", memberIds: ["7", "8", "7"] } }).definition,
    ],
    [
      "rung 3 (from 4) must come after rung 2 (from 4)",
      rule("registerreferral", { ladder: [1, 4, 4].map((from) => ({ from, points: 200 })) }).definition,
    ],
    [
      "the ladder starts with the first referral (from 1)",
      rule("registerreferral", { ladder: [{ from: 2, points: 200 }] }).definition,
    ],
    [
      "neither the sharer nor the receiver ever gets anything",
      rule("registerreferral", { ladder: [{ from: 1, points: 0 }], receiverPoints: 0 }).definition,
    ],
    [
      "a referral is exclusive: a person is brought in once in a lifetime",
      rule("registerreferral", { stacking: "stackable" }).definition,
    ],
    [
      "the cap of the programme (250) is below the receiver's bonus (300)",
      rule("registerreferral", { receiverPoints: 300, caps: { budget: 250 } }).definition,
    ],
    [
      "tier 2 has a lower rate than the one below it, so spending more would earn less",
      rule("transactionpromo", {
        tiers: [
          { from: 0, rate: { points: 1, perAmount: 100 } },
          { from: 1000, rate: { points: 9, perAmount: 1000 } },
        ],
      }).definition,
    ],
    [
      "amounts from the minimum (100) up to the first tier (500) would earn nothing",
      rule("transactionpromo", { tiers: [{ from: 500, rate: { points: 1, perAmount: 100 } }] }).definition,
    ],
    ["the minimum amount (99) earns less than a point", rule("transactionpromo", { minimumAmount: 99 }).definition],
    [
      '"Always" always holds: name weekdays or a window, or change the rate',
      rule("transactionpromo", { multipliers: [{ name: "Always", basisPoints: 20_000 }] }).definition,
    ],
    [
      '"Long ago" never holds while the rule is in force',
      rule("transactionpromo", {
        multipliers: [
          {
            name: "Long ago",
            basisPoints: 20_000,
            window: { from: "2020-01-01T00:00:00Z", until: "2021-01-01T00:00:00Z" },
          },
        ],
      }).definition,
    ],
    [
      "product 10 is listed twice",
      rule("transactionreferral", { products: [10, 11, 10].map((id) => ({ productId: `${id}`, points: 5 })) })
        .definition,
    ],
    [
      "no day of the cycle earns anything",
      rule("dailycheckin", { days: [0, 0, 0, 0, 0, 0, 0], streakBonuses: [] }).definition,
    ],
    [
      "bonus 2 (streak 7) must come after bonus 1 (streak 30)",
      rule("dailycheckin", { streakBonuses: [30, 7].map((streak) => ({ streak, points: 50 })) }).definition,
    ],
  ])("because %s", (message, definition) => {
    expect(messages(definition)).toContain(message);
  });

  test("naming the field", () => {
    expect(readRule({ ...rule("register").definition, points: 1.5 })).toMatchObject({
      problems: [{ field: ["points"] }],
    });
    expect(readRule({ ...rule("register").definition, ponits: 5 })).toMatchObject({ problems: [{ field: [] }] });
    expect(readRule({ ...rule("register").definition, caps: capsOf({ budget: 1 }) })).toMatchObject({
      problems: [{ field: ["caps", "budget"] }],
    });
    expect(readRule(null)).toHaveProperty("problems");
  });
});

test("a new version keeps the parts of the ledger's keys", () => {
  const { definition } = rule("register");
  expect(checkNextVersion(definition, { ...definition, points: 900 } as RuleDefinition)).toEqual([]);
  expect(checkNextVersion(definition, { ...definition, campaign: "other", stacking: "stackable" })).toMatchObject([
    { field: ["campaign"] },
    { field: ["stacking"], message: "a new version keeps the stacking (exclusive): write a new rule instead" },
  ]);
});
