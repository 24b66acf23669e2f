import { type LocalDate, localDateOf } from "../../platform/time-zone.ts";
import { type DefinitionOf, nextCheckInAt, streaks } from "../../rules/index.ts";

export type CheckInRule = DefinitionOf<"dailycheckin">;

export interface CheckInStatus {
  streak: number;
  longest: number;
  /** Whether they have checked in today. */
  today: boolean;
  cycleDay: number;
  /** The points of each of its days; none without a rule. */
  cycle: readonly number[];
  nextReward: { date: LocalDate; cycleDay: number; points: number } | null;
  /** How many missed days in a row the streak survives. */
  freezes: number;
  nextCheckInAt: Date;
}

/**
 * How a member stands with checking in, from the set of days and what a check-in earns today.
 * @param dates without those we heard of too late
 */
export function checkInStatus(
  dates: readonly LocalDate[],
  { rule, now, timeZone }: { rule: CheckInRule | null; now: Date; timeZone: string },
): CheckInStatus {
  const { days: cycle = [], freezes = 0 } = rule ?? {};
  const most = Math.max(0, ...cycle);
  const rewardDays = cycle.flatMap((points, index) => (points === most && points > 0 ? [index + 1] : []));
  const found = streaks(dates, {
    today: localDateOf(now, timeZone),
    rewardDays,
    freezes,
    ...(rule && { cycleDays: rule.days.length }),
  });
  const { current: streak, longest, checkedInToday, cycleDay, nextReward } = found;
  return {
    streak,
    longest,
    today: checkedInToday,
    cycleDay,
    cycle,
    nextReward: nextReward && { ...nextReward, points: pointsOf(nextReward.cycleDay) },
    freezes,
    nextCheckInAt: nextCheckInAt(now, timeZone, checkedInToday),
  };

  function pointsOf(day: number): number {
    const ahead = ((day - cycleDay - 1 + cycle.length) % cycle.length) + 1;
    const bonus = rule?.streakBonuses.find((each) => each.streak === streak + ahead)?.points ?? 0;
    return (cycle[day - 1] ?? 0) + bonus;
  }
}
