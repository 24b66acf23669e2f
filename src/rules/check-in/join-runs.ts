import { dayNumberOf, type LocalDate } from "../../platform/time-zone.ts";

/**
 * What a check-in does to the member's runs of days. One on time lengthens one run by a day; a late one may join two: 3 days, a
 * gap, 2 days become a run of 6, so `{ streak: 4, run: 6, runsBefore: [3, 2] }`.
 */
export interface JoinedRuns {
  /** The day's place in its run; at least 1. */
  readonly streak: number;
  /** The length of the run this day is part of, later days included. */
  readonly run: number;
  /** The lengths of the runs it is made of, as they were without this day; empty when it stands alone. */
  readonly runsBefore: readonly number[];
}

/**
 * Of a day that is among `days` already, what it did when it came.
 * @param freezes how many missed days in a row a run survives
 */
export function joinRuns(days: Iterable<LocalDate>, date: LocalDate, freezes: number): JoinedRuns {
  const day = dayNumberOf(date);
  const others = [...new Set(days)].map(dayNumberOf).filter((each) => each !== day);
  const earlier = others.filter((each) => each < day).sort((a, b) => b - a);
  const later = others.filter((each) => each > day).sort((a, b) => a - b);
  const [before, after] = [reach(day, earlier, freezes), reach(day, later, freezes)];
  const wereOne = before > 0 && after > 0 && isNext(earlier[0] ?? day, later[0] ?? day, freezes);
  const runsBefore = wereOne ? [before + after] : [before, after].filter((length) => length > 0);
  return { streak: before + 1, run: before + 1 + after, runsBefore };
}

/** Whether two days of check-in, with none between them, belong to one run. */
export const isNext = (one: number, other: number, freezes: number): boolean => Math.abs(other - one) <= freezes + 1;

/** How many days of a list, from the nearest on, are in the run of a day. */
function reach(day: number, others: readonly number[], freezes: number): number {
  const end = others.findIndex((each, place) => !isNext(others[place - 1] ?? day, each, freezes));
  return end === -1 ? others.length : end;
}
