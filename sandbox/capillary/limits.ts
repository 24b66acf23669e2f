import type { Memory } from "./memory.ts";
import { exact } from "./memory.ts";
import type { Customer, Issual, Limit, Reward } from "./records.ts";

/** The amount that one issue adds to the counters. */
interface Amount {
  quantity: number;
  points: number;
}

/** Limits on rewards, counted over issued and unrevoked rewards. */
export interface Limits {
  /** The used part of a limit in its current window. */
  consumed(reward: Reward, limit: Limit, customer: Customer): number;
  /** The points spent by the customer on rewards in this calendar month, against the brand's limit. */
  consumedByBrand(customer: Customer): number;
  /** The limits of a reward that this amount would exceed for this customer. */
  brokenBy(amount: Amount, reward: Reward, customer: Customer): Limit[];
  breaksBrand(amount: Amount, customer: Customer): boolean;
}

export function makeLimits(memory: Memory, clock: { now(): Date }): Limits {
  const counted = (fits: (issual: Issual) => boolean, frequency: Limit["frequency"]) => {
    const since = windowStart(frequency, clock.now().toISOString());
    return memory.issuals
      .filter(({ state, at }) => (state === "ISSUED" || state === "REDEEMED") && at >= since)
      .filter(fits);
  };
  const pointsOf = (issuals: Issual[]) =>
    issuals.reduce((sum, { redemption }) => exact(sum + (redemption?.points ?? 0)), 0);

  const consumed: Limits["consumed"] = (reward, { level, kpi, frequency }, { userId }) => {
    const fits = (each: Issual) => each.rewardId === reward.id && (level === "REWARD" || each.userId === userId);
    const issuals = counted(fits, frequency);
    return kpi === "QUANTITY" ? issuals.length : pointsOf(issuals);
  };
  const consumedByBrand: Limits["consumedByBrand"] = ({ userId }) =>
    pointsOf(counted((each) => each.userId === userId, "MONTHLY"));

  return {
    consumed,
    consumedByBrand,
    brokenBy: (amount, reward, customer) =>
      reward.limits.filter((limit) => {
        const more = limit.kpi === "QUANTITY" ? amount.quantity : amount.points;
        return consumed(reward, limit, customer) + more > limit.limit;
      }),
    breaksBrand: ({ points }, customer) =>
      points > 0 && consumedByBrand(customer) + points > memory.flags().customerMonthlyPoints,
  };
}

/** The start of the current window, as text that compares with other moments in UTC. */
function windowStart(frequency: Limit["frequency"], now: string): string {
  return { LIFETIME: "", DAILY: now.slice(0, 10), MONTHLY: now.slice(0, 7) }[frequency];
}
