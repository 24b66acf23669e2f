import { dateOfDayNumber, dayNumberOf, type LocalDate } from "../../platform/time-zone.ts";

/**
 * Check-in streaks, from nothing but the set of days on which somebody checked in. An event that comes late is one day more in
 * the set, so it can lengthen a streak and never shorten one.
 *
 * The streak of a day is the number of check-ins in the longest stretch of days that ends with it and in which no more days
 * were missed than there are freezes. Without freezes: the days in a row. With them, the freeze spent first comes back when
 * another is needed and the stretch then begins after the day it had covered. (Spending freezes from the first day on would be
 * simpler to say, but then a late event could make an earlier freeze be spent and break today's streak.)
 */
export interface StreakRules {
  /** The day it is in the programme's zone. */
  readonly today: LocalDate;
  /** How many missed days a streak survives. */
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
  /** Missed days that the current streak may still have. */
  readonly freezesLeft: number;
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

  const lengths = stretches(checkedIn, freezes);
  const checkedInToday = checkedIn.includes(today);
  // Today is not missed yet. A clock a little ahead of ours may have checked in tomorrow.
  const last = checkedIn.at(-1) ?? Number.NEGATIVE_INFINITY;
  const end = Math.max(last, checkedInToday ? today : today - 1);
  const current = stretchEndingAt(end, checkedIn, freezes);

  return {
    current: current.checkIns,
    longest: Math.max(0, ...lengths),
    checkedInToday,
    cycleDay: cycleDayOf(current.checkIns),
    freezesLeft: freezes - current.missed,
    nextReward: nextReward(current.checkIns, end + 1),
    days: checkedIn.map((day, place) => {
      const streak = lengths[place] ?? 0;
      return { date: dateOfDayNumber(day), streak, cycleDay: cycleDayOf(streak) };
    }),
  };

  function nextReward(streak: number, nextDay: number): Streaks["nextReward"] {
    for (let ahead = 1; ahead <= cycleDays; ahead++) {
      const cycleDay = cycleDayOf(streak + ahead);
      if (rewardDays.includes(cycleDay)) return { date: dateOfDayNumber(nextDay + ahead - 1), cycleDay };
    }
    return null;
  }
}

const isCount = (value: number, least: number) => Number.isSafeInteger(value) && value >= least;

/** The streak of each day of a sorted list: a window over it, whose tail moves up whenever too many days are missing. */
function stretches(days: readonly number[], freezes: number): number[] {
  let tail = 0;
  return days.map((day, place) => {
    while (day - (days[tail] ?? day) + 1 - (place - tail + 1) > freezes) tail++;
    return place - tail + 1;
  });
}

/** The same for a day that need not be one of them: the days since the last check-in are missed ones then. */
function stretchEndingAt(end: number, days: readonly number[], freezes: number): { checkIns: number; missed: number } {
  let checkIns = 0;
  let missed = 0;
  for (let place = days.length - 1; place >= 0; place--) {
    const since = end - (days[place] ?? end) + 1 - (checkIns + 1);
    if (since > freezes) break;
    checkIns++;
    missed = since;
  }
  return { checkIns, missed };
}
