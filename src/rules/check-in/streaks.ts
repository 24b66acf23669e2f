import { dateOfDayNumber, dayNumberOf, type LocalDate } from "../../platform/time-zone.ts";
import { isNext } from "./join-runs.ts";

/**
 * Check-in streaks, from nothing but the set of days on which somebody checked in. An event that comes late is one day more in
 * the set, so it can lengthen a streak and never shorten one.
 *
 * The streak of a day is its place in its run: the check-ins that follow each other with no more days missed between two of
 * them than there are freezes. (A stock of freezes that is used up could not be reckoned so: a late event could use one up
 * earlier than it was, and break today's streak.)
 */
export interface StreakRules {
  /** The day it is in the programme's zone. */
  readonly today: LocalDate;
  /** How many missed days in a row a streak survives. */
  readonly freezes?: number;
  /** After how many check-ins in a streak the calendar of rewards begins anew. */
  readonly cycleDays?: number;
  /** The days of the cycle that are rewarded specially, from 1 to `cycleDays`. */
  readonly rewardDays?: readonly number[];
}

export interface CheckInDay {
  readonly date: LocalDate;
  /** The streak as of that day. */
  readonly streak: number;
  /** Its place in the cycle, from 1. */
  readonly cycleDay: number;
}

export interface Streaks {
  /** The streak that goes on if they check in today, or has today in it already; 0 when it was broken. */
  readonly current: number;
  readonly longest: number;
  readonly checkedInToday: boolean;
  /** The place in the cycle of the last check-in of the current streak; 0 when there is none. */
  readonly cycleDay: number;
  /** The next day with a special reward, if they check in every day until then. Null when the programme has none. */
  readonly nextReward: { readonly date: LocalDate; readonly cycleDay: number } | null;
  /** Every day of the set, in order. */
  readonly days: readonly CheckInDay[];
}

/**
 * @param dates days of check-in, in any order and any number of times
 * @throws RangeError for what is no day of the calendar, or rules that make no sense
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
  // Today is not missed yet. A clock a little ahead of ours may have checked in tomorrow.
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

/** The place of each day of a sorted list in its run. */
function runLengths(days: readonly number[], freezes: number): number[] {
  let length = 0;
  return days.map((day, place) => {
    const before = days[place - 1];
    length = before !== undefined && isNext(before, day, freezes) ? length + 1 : 1;
    return length;
  });
}
