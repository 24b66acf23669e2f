import { describe, expect, test } from "vitest";
import { queryPrices } from "../../src/catalog/query-prices.ts";
import type { CapillaryReason } from "../../src/upstream/capillary/capillary-error.ts";
import type { Redeemable } from "../../src/upstream/capillary/points.ts";

const yes: Redeemable = { isRedeemable: true, value: null };
const no = (reason: CapillaryReason): Redeemable => ({
  isRedeemable: false,
  reason,
  code: null,
  message: "",
});
const hundred = Array.from({ length: 100 }, (_, index) => (index + 1) * 10);

/** Asks about prices of a wallet that answers by `rule`. */
async function asked(prices: readonly number[], rule: (price: number) => Redeemable | Error) {
  const calls: number[] = [];
  const answers = await queryPrices(prices, async (price) => {
    calls.push(price);
    const answer = rule(price);
    if (answer instanceof Error) throw answer;
    return answer;
  });
  return { calls, answers };
}

test("a few prices are checked one by one, and equal prices once", async () => {
  const { calls, answers } = await asked([30, 10, 20, 10], (price) => (price === 20 ? no("insufficient-points") : yes));
  expect(calls).toEqual([10, 20, 30]);
  expect([...answers]).toEqual([
    [10, yes],
    [20, no("insufficient-points")],
    [30, yes],
  ]);
});

describe("a hundred prices are resolved by a few checks, with the same answers as one check each:", () => {
  const rules: [what: string, rule: (price: number) => Redeemable, mostCalls: number][] = [
    ["all can be paid", () => yes, 3],
    ["none can be paid", () => no("points-not-redeemable"), 3],
    ["up to a limit", (price) => (price <= 370 ? yes : no("insufficient-points")), 10],
    ["from a least amount on", (price) => (price >= 60 ? yes : no("amount-rule")), 15],
    [
      "from a least amount on and up to a limit",
      (price) => (price < 60 ? no("amount-rule") : price <= 730 ? yes : no("insufficient-points")),
      22,
    ],
  ];
  test.each(rules)("%s", async (_, rule, mostCalls) => {
    const { calls, answers } = await asked(hundred, rule);
    expect(hundred.map((price) => answers.get(price))).toEqual(hundred.map(rule));
    expect(calls.length).toBeLessThanOrEqual(mostCalls);
  });
});

test("a payable price is not refused where prices between are not multiples of the required step", async () => {
  const { answers } = await asked(hundred, (price) => (price % 70 === 0 ? yes : no("amount-rule")));
  for (const price of hundred.filter((each) => each % 70 === 0))
    expect([price, answers.get(price)]).toEqual([price, yes]);
});

test("if no call succeeds, a few calls are made, and all prices have the error", async () => {
  const down = new Error("down");
  const { calls, answers } = await asked(hundred, () => down);
  expect(calls).toHaveLength(3);
  expect(hundred.every((price) => answers.get(price) === down)).toBe(true);
});

test("a failed call affects only the prices that depend on it", async () => {
  const lost = new Error("lost");
  const { answers } = await asked(hundred, (price) => (price === 500 ? lost : yes));
  expect(answers.get(500)).toBe(lost);
  expect(answers.get(10)).toBe(yes);
  expect(answers.get(1_000)).toBe(yes);
  expect([...answers.values()].filter((answer) => answer === yes).length).toBeGreaterThan(50);
});
