/**
 * Conversions between wall-clock times and instants, by Node's time zone data. Node 24 has no `Temporal`; names and
 * choices follow it.
 */

/** A day in a zone, `YYYY-MM-DD`. */
export type LocalDate = string;

/** A wall-clock time. Months count from 1. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

const DAY = 86_400_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

/** @throws RangeError for an unknown zone */
function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known) return known;
  // A formatter must have at least one field. With all fields, formatting takes four times as long.
  const made = new Intl.DateTimeFormat("en-US", { timeZone, year: "numeric", timeZoneName: "longOffset" });
  formatters.set(timeZone, made);
  return made;
}

export function isTimeZone(name: string): boolean {
  try {
    formatterOf(name);
    return true;
  } catch {
    return false;
  }
}

const OFFSET = /GMT([-+])(\d{2}):(\d{2})(?::(\d{2}))?/;

/** The zone's offset from UTC at an instant, in milliseconds. */
export function offsetAt(instant: Date, timeZone: string): number {
  // The zone of Greenwich formats as "GMT" alone.
  const [, sign, hours = 0, minutes = 0, seconds = 0] = OFFSET.exec(formatterOf(timeZone).format(instant)) ?? [];
  const offset = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
  return sign === "-" ? -offset : offset;
}

/** The zone's calendar day at an instant. */
export const localDateOf = (instant: Date, timeZone: string): LocalDate =>
  new Date(instant.getTime() + offsetAt(instant, timeZone)).toISOString().slice(0, 10);

/**
 * The wall-clock time as if it were UTC, in milliseconds; null if the day or time does not exist, such as 30 February
 * or 24:00.
 */
export function utcOf(wall: WallTime): number | null {
  const { year, month, day, hour, minute, second, millisecond } = wall;
  const time = Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
  const read = new Date(time);
  const same =
    read.getUTCMonth() === month - 1 &&
    read.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60 &&
    year > 99;
  return same ? time : null;
}

/**
 * The instant of a wall-clock time in the zone, like `Temporal` with `disambiguation: "compatible"`: a skipped time
 * uses the offset before the change, and a repeated time means the earlier instant.
 */
export function instantOf(
  wall: WallTime,
  timeZone: string,
): { readonly at: Date; readonly clock: "once" | "skipped" | "twice" } | null {
  const utc = utcOf(wall);
  if (utc === null) return null;
  // The clocks do not change again within a day on either side.
  const before = offsetAt(new Date(utc - DAY), timeZone);
  const after = offsetAt(new Date(utc + DAY), timeZone);
  const readings = [...new Set([before, after])]
    .filter((offset) => offsetAt(new Date(utc - offset), timeZone) === offset)
    .map((offset) => utc - offset);
  if (readings.length === 0) return { at: new Date(utc - before), clock: "skipped" };
  return { at: new Date(Math.min(...readings)), clock: readings.length === 1 ? "once" : "twice" };
}

/** The instant at which a day begins in the zone; if the clocks skip its midnight, the first moment after. */
export function startOfDay(date: LocalDate, timeZone: string): Date {
  const [year = 0, month = 0, day = 0] = date.split("-").map(Number);
  const start = instantOf({ year, month, day, hour: 0, minute: 0, second: 0, millisecond: 0 }, timeZone);
  if (!start) throw new RangeError("not a day of the calendar");
  return start.at;
}

const LOCAL_DATE = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Days since 1970, for arithmetic with days.
 * @throws RangeError if the date is not in the calendar
 */
export function dayNumberOf(date: LocalDate): number {
  const time = LOCAL_DATE.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  // Date.parse reads 30 February as 1 March.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== date) {
    throw new RangeError("not a day of the calendar");
  }
  return time / DAY;
}

export const dateOfDayNumber = (days: number): LocalDate => new Date(days * DAY).toISOString().slice(0, 10);
