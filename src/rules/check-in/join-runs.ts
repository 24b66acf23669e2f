import { dayNumberOf, type LocalDate } from "../../platform/time-zone.ts";

/**
 * The effect of a check-in on the member's runs of days. A check-in on time extends one run by a day. A late one may
 * join two: 3 days, a gap, and 2 days become a run of 6, so `{ streak: 4, run: 6, runsBefore: [3, 2] }`.
 */
export interface JoinedRuns {
  /** The day's position in its run; at least 1. */
  readonly streak: number;
  /** The length of the run with this day, later days included. */
  readonly run: number;
  /** The lengths of the joined runs without this day; empty for a single day. */
  readonly runsBefore: readonly number[];
}

/**
 * For a day that is among `days` already, returns its effect at the time of its insertion.
 * @param freezes the number of consecutive missed days that a run survives
 */
export function joinRuns(days: Iterable<LocalDate>, date: LocalDate, freezes: number): JoinedRuns {
  const day = dayNumberOf(date);
  const others = [...new Set(days)].map(dayNumberOf).filter((each) => each !== day);
  const earlier = others.filter((each) => each < day).sort((a, b) => b - a);
  const later = others.filter((each) => each > day).sort((a, b) => a - b);
  const [before, after] = [reach(day, earlier, freezes), reach(day, later, freezes)];
  const wereJoined = before > 0 && after > 0 && isNext(earlier[0] ?? day, later[0] ?? day, freezes);
  const runsBefore = wereJoined ? [before + after] : [before, after].filter((length) => length > 0);
  return { streak: before + 1, run: before + 1 + after, runsBefore };
}

/** Whether two consecutive check-in days belong to the same run. */
export const isNext = (one: number, other: number, freezes: number): boolean => Math.abs(other - one) <= freezes + 1;

/** The number of days in a list, from the nearest on, that are in the run of a day. */
function reach(day: number, others: readonly number[], freezes: number): number {
  const end = others.findIndex((each, place) => !isNext(others[place - 1] ?? day, each, freezes));
  return end === -1 ? others.length : end;
}
