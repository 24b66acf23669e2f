import type { FieldProblem } from "../domain/field-problem.ts";
import type { LocalDate } from "../platform/time-zone.ts";
import type { Window } from "./rule.ts";

export const MS_PER_DAY = 86_400_000;

/** Whether a moment is within the window, whose end is exclusive. */
export function isWithin({ from, until }: Window, at: Date): boolean {
  return at.getTime() >= Date.parse(from) && (until === null || at.getTime() < Date.parse(until));
}

/** 1 is Monday, 7 is Sunday. */
export function weekdayOf(day: LocalDate): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay() || 7;
}

/** @param field the window's field, for problems */
export function checkWindow({ from, until }: Window, field: FieldProblem["field"]): FieldProblem[] {
  if (until === null || Date.parse(from) < Date.parse(until)) return [];
  return [{ field: [...field, "until"], message: `the window ends (${until}) before it starts (${from})` }];
}
