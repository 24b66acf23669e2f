import type { Step } from "../explanation.ts";
import { mulDivFloor } from "../integer.ts";
import type { EventOf } from "../reward-event.ts";
import type { DefinitionOf, Multiplier } from "../rule.ts";
import { isWithin, weekdayOf } from "../window.ts";
import { type Earned, earnedBy } from "./earned.ts";

const ONE_IN_BASIS_POINTS = 10_000;

/**
 * floor(amount × rate), then each applicable multiplier. Each step is rounded down to whole points, so that every
 * number in the explanation can be checked by hand. The sum never exceeds the exact result.
 */
export function earnTransactionPromo(
  { minimumAmount, tiers, multipliers }: DefinitionOf<"transactionpromo">,
  event: EventOf<"transactionpromo">,
): Earned {
  const { amount, memberId } = event;
  if (amount < minimumAmount || amount <= 0)
    return { steps: [], skip: { reason: "BELOW_MINIMUM", amount, minimumAmount: Math.max(minimumAmount, 1) } };
  const tier = tiers.findLast(({ from }) => from <= amount);
  if (!tier) return { steps: [], skip: { reason: "NOTHING_EARNED" } };

  const { points, perAmount } = tier.rate;
  const steps: Step[] = [];
  let result = mulDivFloor(amount, points, perAmount);
  if (result === null) return { steps, skip: { reason: "RESULT_TOO_LARGE" } };
  steps.push({ step: "rate", side: "MEMBER", amount, from: tier.from, points, perAmount, result });

  for (const { name, basisPoints } of multipliers.filter((multiplier) => holds(multiplier, event))) {
    const before: number = result;
    result = mulDivFloor(before, basisPoints, ONE_IN_BASIS_POINTS);
    if (result === null) return { steps, skip: { reason: "RESULT_TOO_LARGE" } };
    steps.push({ step: "multiplier", side: "MEMBER", name, basisPoints, before, result });
  }
  return earnedBy(memberId, steps);
}

function holds({ weekdays, window }: Multiplier, { at, localDate }: EventOf<"transactionpromo">): boolean {
  return (!weekdays || weekdays.includes(weekdayOf(localDate))) && (!window || isWithin(window, at));
}
