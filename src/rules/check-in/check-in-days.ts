import { dateOfDayNumber, dayNumberOf, type LocalDate, localDateOf, startOfDay } from "../../platform/time-zone.ts";

/**
 * Whether a check-in for `date` still counts when we hear of it on `today`, both days in the programme's zone: it may be so
 * many days late. Tomorrow counts, since a producer's clock may be a little ahead of ours around midnight.
 */
export function isWithinBackfill(date: LocalDate, today: LocalDate, backfillDays: number): boolean {
  const late = dayNumberOf(today) - dayNumberOf(date);
  return late >= -1 && late <= backfillDays;
}

/**
 * The instant from which a check-in counts again: the beginning of tomorrow in the programme's zone, and of today when there
 * has been none yet. Days of 23 and 25 hours are as long as they are.
 */
export function nextCheckInAt(now: Date, timeZone: string, checkedInToday: boolean): Date {
  const today = localDateOf(now, timeZone);
  return startOfDay(checkedInToday ? dateOfDayNumber(dayNumberOf(today) + 1) : today, timeZone);
}
