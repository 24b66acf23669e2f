import { dayNumberOf, type LocalDate } from "../../platform/time-zone.ts";
import type { CheckInFacts } from "../rules/facts.ts";

/** What a check-in on `date` does to the runs of these days. Of a day that is among them already, what it did. */
export function checkInFacts(days: Iterable<LocalDate>, date: LocalDate): CheckInFacts {
  const others = new Set([...days].map(dayNumberOf));
  const day = dayNumberOf(date);
  others.delete(day);
  const before = lengthOfRun(others, day, -1);
  const after = lengthOfRun(others, day, 1);
  return { streak: before + 1, run: before + 1 + after, runsBefore: [before, after].filter((length) => length > 0) };
}

function lengthOfRun(days: ReadonlySet<number>, from: number, step: 1 | -1): number {
  let length = 0;
  while (days.has(from + step * (length + 1))) length++;
  return length;
}
