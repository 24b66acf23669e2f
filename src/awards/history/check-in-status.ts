import { type LocalDate, localDateOf } from "../../platform/time-zone.ts";
import { type DefinitionOf, nextCheckInAt, streaks } from "../../rules/index.ts";

export type CheckInRule = DefinitionOf<"dailycheckin">;

export interface CheckInStatus {
  streak: number;
  longest: number;
  /** Whether the member has checked in today. */
  today: boolean;
  cycleDay: number;
  /** The points of each day of the cycle; empty without a rule. */
  cycle: readonly number[];
  nextReward: { date: LocalDate; cycleDay: number; points: number } | null;
  /** The number of consecutive missed days that a streak survives. */
  freezes: number;
  nextCheckInAt: Date;
}

/**
 * A member's check-in status, from the check-in days and today's points for a check-in.
 * @param dates without days that were reported too late
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
