import { dayNumberOf, type LocalDate } from "../../platform/time-zone.ts";

/**
 * Whether a check-in for `date` still counts when we hear of it on `today`, both days in the programme's zone: it may be so
 * many days late. Tomorrow counts, since a producer's clock may be a little ahead of ours around midnight.
 */
export function isWithinBackfill(date: LocalDate, today: LocalDate, backfillDays: number): boolean {
  const late = dayNumberOf(today) - dayNumberOf(date);
  return late >= -1 && late <= backfillDays;
}
