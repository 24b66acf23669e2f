import { dateOfDayNumber, dayNumberOf, type LocalDate, localDateOf, startOfDay } from "../../platform/time-zone.ts";

/**
 * Whether a check-in for `date` still counts when it is reported on `today`, both in the programme's time zone: it may
 * be `backfillDays` days late. Tomorrow counts too, because a producer's clock may be ahead around midnight.
 */
export function isWithinBackfill(date: LocalDate, today: LocalDate, backfillDays: number): boolean {
  const late = dayNumberOf(today) - dayNumberOf(date);
  return late >= -1 && late <= backfillDays;
}

/**
 * The instant from which the next check-in counts, in the programme's time zone: the start of tomorrow, or of today
 * without a check-in today. Days of 23 and 25 hours are handled.
 */
export function nextCheckInAt(now: Date, timeZone: string, checkedInToday: boolean): Date {
  const today = localDateOf(now, timeZone);
  return startOfDay(checkedInToday ? dateOfDayNumber(dayNumberOf(today) + 1) : today, timeZone);
}
