import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keyOf } from "../../src/platform/key.ts";
import type { Award, Decision } from "../../src/rules/decision.ts";
import { evaluate, evaluateLines } from "../../src/rules/evaluate.ts";
import { explain } from "../../src/rules/explain.ts";
import type { LineFacts } from "../../src/rules/facts.ts";
import type { Rule } from "../../src/rules/rule.ts";
import { noUsage, type Usage, usageAfter, usageNeeded } from "../../src/rules/usage.ts";
import { amount, facts, rate, rules } from "../support/rewards/arbitrary.ts";
import { line, rule } from "../support/rewards/rules.ts";

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
const awardsOf = (decisions: readonly Decision[]) =>
  decisions.flatMap((decision) => (decision.outcome === "AWARD" ? decision.awards : []));

/** Processes the messages one after the other, and records beside each award the counters that it changes. */
function send(rules: readonly Rule[], messages: readonly LineFacts[][], before: Usage = noUsage) {
  let usage = before;
  const given: (Award & { ruleId: string; localDate: string })[] = [];
  const decisions: Decision[] = [];
  for (const lines of messages)
    for (const { line, decisions: ofLine } of evaluateLines({ rules, lines, usage })) {
      usage = usageAfter(usage, ofLine);
      decisions.push(...ofLine);
      for (const decision of ofLine)
        for (const award of awardsOf([decision]))
          given.push({ ...award, ruleId: decision.rule.id, localDate: line.localDate });
    }
  return { given, decisions, usage };
}

const messages = fc.array(fc.array(facts, { minLength: 1, maxLength: 4 }), { maxLength: 25 });

describe("for any rules and any messages", () => {
  test("no cap and no budget is ever exceeded", () => {
    fc.assert(
      fc.property(rules, messages, (rules, messages) => {
        const { given } = send(rules, messages);
        const most = (ruleId: string, keyOf: (award: (typeof given)[number]) => string, isCapped = true) => {
          const sums = new Map<string, number>();
          for (const award of given.filter((each) => each.ruleId === ruleId))
            if (!isCapped || award.role !== "RECEIVER")
              sums.set(keyOf(award), (sums.get(keyOf(award)) ?? 0) + award.quantity);
          return Math.max(0, ...sums.values());
        };
        for (const { id, definition } of rules) {
          const { perEvent, memberDay, memberTotal, budget } = definition.caps;
          expect(most(id, ({ effectKey }) => effectKey)).toBeLessThanOrEqual(perEvent ?? Infinity);
          expect(most(id, (award) => keyOf(award.memberId, award.localDate))).toBeLessThanOrEqual(
            memberDay ?? Infinity,
          );
          expect(most(id, ({ memberId }) => memberId)).toBeLessThanOrEqual(memberTotal ?? Infinity);
          expect(most(id, () => "all", false)).toBeLessThanOrEqual(budget ?? Infinity);
        }
      }),
      { numRuns: 150 },
    );
  });

  test("the counters equal the sum of the awards", () => {
    fc.assert(
      fc.property(rules, messages, (rules, messages) => {
        const { given, usage } = send(rules, messages);
        for (const { id } of rules)
          expect(usage.counters.get(`budget/${id}`) ?? 0).toBe(
            sum(given.filter(({ ruleId }) => ruleId === id).map(({ quantity }) => quantity)),
          );
      }),
      { numRuns: 60 },
    );
  });

  test("an effect is awarded once", () => {
    fc.assert(
      fc.property(rules, messages, (rules, messages) => {
        const { given, usage } = send(rules, messages);
        const keys = given.map(({ effectKey }) => effectKey);
        expect(new Set(keys).size).toBe(keys.length);
        expect(usage.given).toEqual(new Set(keys));
      }),
      { numRuns: 100 },
    );
  });

  test("a repetition of every message awards nothing, where no cap had cut an award", () => {
    fc.assert(
      fc.property(rules, messages, (rules, messages) => {
        const caps = { perEvent: null, memberDay: null, memberTotal: null, budget: null };
        const uncapped = rules.map((rule) => ({ ...rule, definition: { ...rule.definition, caps } }));
        const { usage } = send(uncapped, messages);
        expect(send(uncapped, messages, usage).given).toEqual([]);
        expect(send(uncapped, messages.toReversed(), usage).given).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  test("at most one exclusive rule awards points for a line", () => {
    fc.assert(
      fc.property(rules, facts, (rules, facts) => {
        const exclusive = evaluate({ rules, facts, usage: noUsage }).filter(
          (decision) =>
            decision.outcome === "AWARD" &&
            rules.find(({ id }) => id === decision.rule.id)?.definition.stacking === "exclusive",
        );
        expect(exclusive.length).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("the result does not depend on the order of the rules, nor on repetition", () => {
    fc.assert(
      fc.property(rules, messages, fc.infiniteStream(fc.nat()), (rules, messages, random) => {
        const first = send(rules, messages).decisions;
        expect(send(rules, messages).decisions).toEqual(first);
        const shuffled = rules.map((rule) => ({ rule, at: random.next().value as number }));
        shuffled.sort((a, b) => a.at - b.at);
        expect(
          send(
            shuffled.map(({ rule }) => rule),
            messages,
          ).decisions,
        ).toEqual(first);
      }),
      { numRuns: 50 },
    );
  });

  test("every number is a whole one, and every explanation is plain JSON with a text", () => {
    fc.assert(
      fc.property(rules, messages, (rules, messages) => {
        const { decisions } = send(rules, messages);
        for (const { quantity } of awardsOf(decisions)) expect(quantity).toBeGreaterThan(0);
        for (const decision of decisions) {
          const text = JSON.stringify(decision.explanation);
          JSON.parse(text, (_, value) => {
            if (typeof value === "number") expect(value).toSatisfy(Number.isSafeInteger);
            return value;
          });
          expect(JSON.parse(text)).toEqual(decision.explanation);
          expect(explain(decision.explanation).join(" ")).not.toMatch(/undefined|NaN|null/);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("an evaluation reads only the usage that it requested in advance", () => {
    fc.assert(
      fc.property(rules, messages, fc.array(facts, { minLength: 1, maxLength: 4 }), (rules, messages, lines) => {
        const { usage } = send(rules, messages);
        const needed = usageNeeded(rules, lines);
        const loaded: Usage = {
          counters: new Map([...usage.counters].filter(([key]) => needed.counters.includes(key))),
          given: new Set([...usage.given].filter((key) => needed.effectKeys.includes(key))),
          referredBy: withAncestors(usage.referredBy, needed.referrals),
        };
        expect(evaluateLines({ rules, lines, usage: loaded })).toEqual(evaluateLines({ rules, lines, usage }));
        const moved = evaluateLines({ rules, lines, usage }).flatMap(({ decisions }) => decisions);
        for (const decision of moved)
          if (decision.outcome === "AWARD")
            for (const { key } of decision.counts) expect(needed.counters).toContain(key);
      }),
      { numRuns: 80 },
    );
  });

  test("no member is referred twice, and no member by one of their own referrals", () => {
    fc.assert(
      fc.property(rules, messages, (rules, messages) => {
        const { decisions, usage } = send(rules, messages);
        const links = decisions.flatMap((each) => (each.outcome === "AWARD" && each.referral ? [each.referral] : []));
        expect(new Set(links.map(({ receiverId }) => receiverId)).size).toBe(links.length);
        for (const member of usage.referredBy.keys()) {
          let above = usage.referredBy.get(member);
          for (let steps = 0; above !== undefined; steps += 1) {
            expect(above).not.toBe(member);
            expect(steps).toBeLessThan(10);
            above = usage.referredBy.get(above);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});

function withAncestors(referredBy: ReadonlyMap<string, string>, members: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const member of members)
    for (
      let of = member, above = referredBy.get(of);
      above !== undefined && !found.has(of);
      above = referredBy.get(of)
    ) {
      found.set(of, above);
      of = above;
    }
  return found;
}

describe("points for an amount", () => {
  /** Amounts that are just below the next point: there a product of doubles is rounded up. */
  const justBelow = fc
    .record({
      next: fc.integer({ min: 900_000_000, max: 1_000_000_000 }),
      rate: fc.record({
        points: fc.integer({ min: 112, max: 200 }),
        perAmount: fc.integer({ min: 900_000_000, max: 1_000_000_000 }),
      }),
    })
    .map(({ next, rate }) => ({
      amount: Number((BigInt(next) * BigInt(rate.perAmount) - 1n) / BigInt(rate.points)),
      rate,
    }));

  test("are the exact product, rounded down", () => {
    fc.assert(
      fc.property(fc.oneof(fc.record({ amount, rate }), justBelow), ({ amount, rate }) => {
        const promo = rule("transactionpromo", { minimumAmount: 0, tiers: [{ from: 0, rate }] });
        const [decision] = evaluate({ rules: [promo], facts: line("transactionpromo", { amount }), usage: noUsage });
        if (decision?.outcome !== "AWARD") return;
        const quantity = BigInt(decision.awards[0]?.quantity ?? 0);
        const exact = BigInt(amount) * BigInt(rate.points);
        expect(quantity * BigInt(rate.perAmount) <= exact).toBe(true);
        expect((quantity + 1n) * BigInt(rate.perAmount) > exact).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test("have the same sum in every order of the lines, also when caps cut them", () => {
    const purchases = fc.array(
      fc.record({
        amount: fc.integer({ min: 1, max: 9000 }),
        member: fc.constantFrom("1", "2"),
        day: fc.integer({ min: 10, max: 12 }),
      }),
      { maxLength: 12 },
    );
    const caps = fc.record({
      perEvent: fc.option(fc.integer({ min: 1, max: 60 })),
      memberDay: fc.option(fc.integer({ min: 1, max: 100 })),
      memberTotal: fc.option(fc.integer({ min: 1, max: 150 })),
      budget: fc.option(fc.integer({ min: 1, max: 250 })),
    });
    fc.assert(
      fc.property(caps, purchases, fc.infiniteStream(fc.nat()), (caps, purchases, random) => {
        const lines = purchases.map(({ amount, member, day }, n) =>
          line("transactionpromo", { amount, memberId: member, reference: `trx-${n}`, localDate: `2026-03-${day}` }),
        );
        const shuffled = lines.map((each) => ({ each, at: random.next().value as number })).sort((a, b) => a.at - b.at);
        const total = (lines: LineFacts[]) =>
          sum(send([rule("transactionpromo", { caps })], [lines]).given.map(({ quantity }) => quantity));
        expect(total(shuffled.map(({ each }) => each))).toBe(total(lines));
      }),
      { numRuns: 200 },
    );
  });

  test("of lines without a reference make the same effects in every order", () => {
    const amounts = fc.array(fc.integer({ min: 100, max: 300 }), { maxLength: 10 });
    fc.assert(
      fc.property(amounts, (amounts) => {
        const keys = (amounts: number[]) =>
          send([rule("transactionpromo")], [amounts.map((amount) => line("transactionpromo", { amount }))])
            .given.map(({ effectKey }) => effectKey)
            .sort();
        expect(keys(amounts.toReversed())).toEqual(keys(amounts));
        expect(keys(amounts)).toHaveLength(amounts.length);
      }),
    );
  });
});

describe("check-ins in any order", () => {
  /** Most of 25 days, so that runs get longer than a cycle. */
  const calendar = Array.from({ length: 25 }, (_, n) => n + 1);
  const days = fc.oneof(
    fc.shuffledSubarray(calendar),
    fc.shuffledSubarray(calendar, { minLength: 20 }),
    fc.shuffledSubarray(calendar, { minLength: 25 }),
  );
  const checkInRule = fc
    .tuple(
      fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 7, maxLength: 7 }),
      fc.integer({ min: 0, max: 200 }),
      fc.nat(3),
    )
    .map(([days, bonus, freezes]) =>
      rule("dailycheckin", { days, freezes, streakBonuses: bonus === 0 ? [] : [{ streak: 7, points: bonus }] }),
    );

  /** The points of a member who checks in on these days, in this order. */
  function checkIn(from: Rule, days: readonly number[]): number {
    const dates = days.map((day) => `2026-03-${String(day).padStart(2, "0")}`);
    const lines = dates.map((localDate, n) => line("dailycheckin", { localDate, checkInDays: dates.slice(0, n) }));
    return sum(send([from], [lines]).given.map(({ quantity }) => quantity));
  }

  test("never award less than the same days in order", () => {
    fc.assert(
      fc.property(checkInRule, days, (from, days) => {
        const inOrder = days.toSorted((a, b) => a - b);
        expect(checkIn(from, days)).toBeGreaterThanOrEqual(checkIn(from, inOrder));
      }),
      { numRuns: 200 },
    );
  });
  test("award the same where a day's points do not depend on the streak", () => {
    fc.assert(
      fc.property(days, (days) => {
        const flat = rule("dailycheckin", { days: [5, 5, 5, 5, 5, 5, 5], streakBonuses: [] });
        expect(checkIn(flat, days)).toBe(5 * days.length);
      }),
    );
  });
});

test("different parts never make the same key", () => {
  const part = fc.oneof(fc.string(), fc.constantFrom("/", "%2F", "~", "a/b", "a", "b", "", "~7E"));
  const parts = fc.array(part, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(parts, parts, (some, others) => {
      expect(keyOf(...some) === keyOf(...others)).toBe(JSON.stringify(some) === JSON.stringify(others));
    }),
    { numRuns: 2000 },
  );
});
