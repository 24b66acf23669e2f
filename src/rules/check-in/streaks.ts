import { dateOfDayNumber, dayNumberOf, type LocalDate } from "../../platform/time-zone.ts";
import { isNext } from "./join-runs.ts";

/**
 * Computes check-in streaks from the set of check-in days alone. A late event adds a day to the set, so it can extend a
 * streak and never shorten one.
 *
 * The streak of a day is its position in its run. In a run, no more consecutive days are missed than `freezes`. (A
 * stock of freezes that is used up could not be computed like this: a late event could use up a freeze earlier, and so
 * break today's streak.)
 */
export interface StreakRules {
  /** The current day in the programme's time zone. */
  readonly today: LocalDate;
  /** The number of consecutive missed days that a streak survives. */
  readonly freezes?: number;
  /** The length of the reward calendar's cycle, in check-ins of a streak. */
  readonly cycleDays?: number;
  /** The days of the cycle with a special reward, from 1 to `cycleDays`. */
  readonly rewardDays?: readonly number[];
}

export interface CheckInDay {
  readonly date: LocalDate;
  /** The streak on that day. */
  readonly streak: number;
  /** Its position in the cycle, from 1. */
  readonly cycleDay: number;
}

export interface Streaks {
  /** The streak that a check-in today would continue, or that includes today; 0 if it is broken. */
  readonly current: number;
  readonly longest: number;
  readonly checkedInToday: boolean;
  /** The position in the cycle of the current streak's last check-in; 0 without a streak. */
  readonly cycleDay: number;
  /**
   * The next day with a special reward, if the member checks in on every day until then. Null if the programme has
   * none.
   */
  readonly nextReward: { readonly date: LocalDate; readonly cycleDay: number } | null;
  /** All days of the set, in order. */
  readonly days: readonly CheckInDay[];
}

/**
 * @param dates check-in days, in any order, duplicates permitted
 * @throws RangeError for an invalid date or contradictory rules
 */
export function streaks(dates: Iterable<LocalDate>, rules: StreakRules): Streaks {
  const { freezes = 0, cycleDays = 7, rewardDays = [cycleDays] } = rules;
  if (!isCount(freezes, 0) || !isCount(cycleDays, 1)) throw new RangeError("freezes and cycle days are whole numbers");
  if (!rewardDays.every((day) => isCount(day, 1) && day <= cycleDays)) {
    throw new RangeError("a reward day is a day of the cycle");
  }
  const today = dayNumberOf(rules.today);
  const checkedIn = [...new Set(dates)].map(dayNumberOf).sort((one, other) => one - other);
  const cycleDayOf = (streak: number) => (streak === 0 ? 0 : ((streak - 1) % cycleDays) + 1);

  const lengths = runLengths(checkedIn, freezes);
  const checkedInToday = checkedIn.includes(today);
  // Today is not missed yet. A producer's clock ahead of ours may have checked in tomorrow.
  const last = checkedIn.at(-1) ?? Number.NEGATIVE_INFINITY;
  const current = last >= today || isNext(last, today, freezes) ? (lengths.at(-1) ?? 0) : 0;

  return {
    current,
    longest: Math.max(0, ...lengths),
    checkedInToday,
    cycleDay: cycleDayOf(current),
    nextReward: nextReward(Math.max(last + 1, today)),
    days: checkedIn.map((day, place) => {
      const streak = lengths[place] ?? 0;
      return { date: dateOfDayNumber(day), streak, cycleDay: cycleDayOf(streak) };
    }),
  };

  function nextReward(nextDay: number): Streaks["nextReward"] {
    for (let ahead = 1; ahead <= cycleDays; ahead++) {
      const cycleDay = cycleDayOf(current + ahead);
      if (rewardDays.includes(cycleDay)) return { date: dateOfDayNumber(nextDay + ahead - 1), cycleDay };
    }
    return null;
  }
}

const isCount = (value: number, least: number) => Number.isSafeInteger(value) && value >= least;

/** The position of each day of a sorted list in its run. */
function runLengths(days: readonly number[], freezes: number): number[] {
  let length = 0;
  return days.map((day, place) => {
    const before = days[place - 1];
    length = before !== undefined && isNext(before, day, freezes) ? length + 1 : 1;
    return length;
  });
}
