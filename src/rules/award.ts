import { applyCaps } from "./caps.ts";
import { type Count, counterKey, summed } from "./counters.ts";
import { type Award, type Decision, nameOf, skipped } from "./decision.ts";
import type { Side } from "./earn/earned.ts";
import { effectKey } from "./effect-key.ts";
import { factsOf, ruleOf, type Step } from "./explanation.ts";
import type { RewardEvent } from "./reward-event.ts";
import { type Rule, unitOf } from "./rule.ts";
import type { Usage } from "./usage.ts";
import { MS_PER_DAY } from "./window.ts";

/**
 * The maximum of a single award: a larger number indicates a mistake in a rule or a message, which an operator should
 * check first.
 */
export const MAX_AWARD = 1_000_000_000;

/**
 * Applies the caps to each side. If no award is left, the decision is a skip with the cap that removed the last one.
 */
export function award(
  rule: Rule,
  event: RewardEvent,
  usage: Usage,
  earned: { sides: Side[]; steps: Step[] },
): Decision {
  const facts = factsOf(event);
  const steps = [...earned.steps];
  const awards: Award[] = [];
  const counts: Count[] = [];
  const counters = new Map(usage.counters);
  for (const side of earned.sides) {
    const capped = applyCaps(rule, side, event.localDate, counters);
    steps.push(...capped.steps);
    if (capped.quantity > MAX_AWARD) return skipped(rule, facts, { reason: "RESULT_TOO_LARGE" }, steps);
    if (capped.quantity === 0) continue;
    awards.push(toAward(rule, event, { ...side, quantity: capped.quantity }, capped.cutBy));
    for (const count of countsOf(rule.id, side, capped.quantity, event)) {
      counts.push(count);
      counters.set(count.key, (counters.get(count.key) ?? 0) + count.by);
    }
  }
  if (awards.length === 0) {
    const last = steps.findLast((step) => step.step === "cap" && step.result === 0);
    const cap = last?.step === "cap" ? last.cap : "BUDGET";
    return skipped(rule, facts, { reason: "CAP_REACHED", cap }, steps);
  }
  const isReferral = event.action === "registerreferral";
  if (isReferral) counts.push({ key: counterKey.referrals(rule.id, event.sharerId), by: 1 });
  return {
    outcome: "AWARD",
    rule: nameOf(rule),
    awards,
    counts: summed(counts),
    referral: isReferral ? { sharerId: event.sharerId, receiverId: event.receiverId } : null,
    explanation: {
      rule: ruleOf(rule),
      unit: unitOf(rule.definition),
      facts,
      steps,
      awards: awards.map(({ role, quantity, cutBy }) => ({ side: role, quantity, cutBy })),
      skip: null,
    },
  };
}

function toAward(rule: Rule, event: RewardEvent, { role, memberId, quantity }: Side, cutBy: Award["cutBy"]): Award {
  const { definition } = rule;
  const availableAt = new Date(event.at.getTime() + definition.pendingDays * MS_PER_DAY);
  const { expiryDays } = definition;
  return {
    effectKey: effectKey(rule, event, role),
    memberId,
    role,
    unit: unitOf(definition),
    quantity,
    drawId: definition.action === "luckydraw" ? definition.drawId : null,
    availableAt,
    expiresAt: expiryDays === null ? null : new Date(availableAt.getTime() + expiryDays * MS_PER_DAY),
    cutBy,
  };
}

function countsOf(ruleId: string, { role, memberId }: Side, by: number, { localDate }: RewardEvent): Count[] {
  const budget = { key: counterKey.budget(ruleId), by };
  if (role === "RECEIVER") return [budget];
  return [
    budget,
    { key: counterKey.memberDay(ruleId, memberId, localDate), by },
    { key: counterKey.memberTotal(ruleId, memberId), by },
  ];
}
