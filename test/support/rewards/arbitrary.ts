import fc from "fast-check";
import type { LineFacts } from "../../../src/rules/facts.ts";
import type { Rule, RuleDefinition } from "../../../src/rules/rule.ts";
import { daysBefore, line, rewardActions, rule } from "./rules.ts";

/** Few members, days and products, so that they coincide; caps small enough to be reached. */
const member = fc.constantFrom("1", "2", "3", "4");
const points = fc.integer({ min: 1, max: 50 });
const pointsOrNone = fc.integer({ min: 0, max: 50 });
const cap = fc.option(fc.integer({ min: 1, max: 200 }));

export const amount = fc.oneof(
  fc.integer({ min: -10, max: 20_000 }),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  fc.constant(Number.MAX_SAFE_INTEGER),
);
export const rate = fc.record({
  points: fc.integer({ min: 1, max: 1_000_000_000 }),
  perAmount: fc.integer({ min: 1, max: 1_000_000_000 }),
});

const common = {
  caps: fc.record({ perEvent: cap, memberDay: cap, memberTotal: cap, budget: cap }),
  stacking: fc.constantFrom("exclusive" as const, "stackable" as const),
  priority: fc.integer({ min: -2, max: 2 }),
  campaign: fc.constantFrom("one", "two"),
};

const definitionChanges: { [A in RuleDefinition["action"]]: fc.Arbitrary<object> } = {
  register: fc.record({ ...common, points }),
  registerreferral: fc.record({
    ...common,
    stacking: fc.constant("exclusive" as const),
    receiverPoints: pointsOrNone,
    ladder: fc.tuple(pointsOrNone, pointsOrNone).map(([first, third]) => [
      { from: 1, points: first },
      { from: 3, points: third },
    ]),
  }),
  transactionpromo: fc.record({
    ...common,
    minimumAmount: fc.integer({ min: 0, max: 1000 }),
    tiers: fc.tuple(rate, rate).map(([low, high]) => [
      { from: 0, rate: low },
      { from: 5000, rate: high },
    ]),
    multipliers: fc.array(
      fc.record({
        name: fc.constant("Days"),
        basisPoints: fc.integer({ min: 1, max: 1_000_000 }),
        weekdays: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      }),
      { maxLength: 3 },
    ),
  }),
  transactionreferral: fc.record({
    ...common,
    products: fc.tuple(points, points).map(([ten, twelve]) => [
      { productId: "10", points: ten },
      { productId: "12", points: twelve },
    ]),
  }),
  dailycheckin: fc.record({
    ...common,
    days: fc.array(pointsOrNone, { minLength: 7, maxLength: 7 }),
    freezes: fc.nat(2),
  }),
  luckydraw: fc.record({ ...common, amountPerTicket: fc.integer({ min: 1, max: 2000 }) }),
};

/** Rules of all actions; every name occurs at most once. */
export const rules: fc.Arbitrary<Rule[]> = fc.uniqueArray(
  fc
    .tuple(fc.constantFrom(...rewardActions), fc.constantFrom("a", "b", "c"))
    .chain(([action, name]) =>
      definitionChanges[action].map((changes) => rule(action, changes, { id: `${action}-${name}` })),
    ),
  { selector: ({ id }) => id, minLength: 1, maxLength: 12 },
);

export const facts: fc.Arbitrary<LineFacts> = fc
  .record({
    action: fc.constantFrom(...rewardActions),
    memberId: member,
    sharerId: member,
    receiverId: member,
    amount,
    productId: fc.constantFrom("10", "11", "12"),
    reference: fc.option(fc.integer({ min: 1, max: 9 }).map(String)),
    day: fc.integer({ min: 10, max: 14 }),
    streak: fc.integer({ min: 1, max: 40 }),
  })
  .map(({ action, day, streak, ...rest }) =>
    line(action, {
      ...rest,
      at: new Date(`2026-03-${day}T05:00:00Z`),
      localDate: `2026-03-${day}`,
      checkInDays: action === "dailycheckin" ? daysBefore(`2026-03-${day}`, streak - 1) : null,
    }),
  );
