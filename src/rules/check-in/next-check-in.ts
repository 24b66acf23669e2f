import { dateOfDayNumber, dayNumberOf, localDateOf, startOfDay } from "../../platform/time-zone.ts";

/**
 * The instant from which a check-in counts again: the beginning of tomorrow in the programme's zone, and of today when there
 * has been none yet. Days of 23 and 25 hours are as long as they are.
 */
export function nextCheckInAt(now: Date, timeZone: string, checkedInToday: boolean): Date {
  const today = localDateOf(now, timeZone);
  return startOfDay(checkedInToday ? dateOfDayNumber(dayNumberOf(today) + 1) : today, timeZone);
}
