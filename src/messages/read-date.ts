import { instantOf, type LocalDate, localDateOf, utcOf } from "../platform/time-zone.ts";
import type { Found } from "./fields.ts";
import { textOf } from "./json-tree.ts";
import type { NormalisationRule, Notes } from "./notes.ts";
import { isNik, misplaced } from "./read-values.ts";

export interface ReadDate {
  readonly at: Date;
  readonly rawDate: string;
  readonly hadZone: boolean;
  readonly localDate: LocalDate;
}

export interface DateRules {
  readonly now: Date;
  /** The programme's time zone, for dates without one. */
  readonly timeZone: string;
  /** Whether a day without a time is sufficient, as for a check-in. */
  readonly dayIsEnough: boolean;
  /** The message's national id, because thirteen of its digits could be read as milliseconds. */
  readonly nik: string | null;
}

/** The maximum lead of a producer's clock, in ms. */
export const CLOCK_SKEW_MS = 5 * 60_000;
/** Older dates are default values of some software. */
const EARLIEST = Date.UTC(2000, 0, 1);

const WRITTEN =
  /^(\d{4})([-/])(\d{2})\2(\d{2})(?:(\s+|T)(\d{2})([:.-])(\d{2})(?:\7(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|UTC|GMT|[-+]\d{2}(?::?\d{2})?)?)?$/i;
const EPOCH_SECONDS = /^\d{10}$/;
const EPOCH_MILLISECONDS = /^\d{13}$/;

/** The instant of a date; null, with a problem noted, for an unreadable, impossible or future date. */
export function readDate(found: Found, rules: DateRules, notes: Notes): ReadDate | null {
  const rawDate = textOf(found.value)?.trim() ?? "";
  if (isNik(rawDate, rules.nik)) return misplaced(found, notes);
  const read = EPOCH_SECONDS.test(rawDate)
    ? epoch(rawDate, 1_000, "epoch-seconds")
    : EPOCH_MILLISECONDS.test(rawDate)
      ? epoch(rawDate, 1, "epoch-milliseconds")
      : calendar(rawDate, rules);
  if (typeof read === "string") {
    return notes.problem(
      found.path,
      read,
      read === "DATE_INVALID" ? "is not a date such as 2024-02-08T11:22:06" : "is a date that does not exist",
    );
  }
  if (read.at.getTime() < EARLIEST) return notes.problem(found.path, "DATE_IMPOSSIBLE", "is before the year 2000");
  if (read.at.getTime() > rules.now.getTime() + CLOCK_SKEW_MS) {
    return notes.problem(found.path, "DATE_IN_FUTURE", "is in the future");
  }
  for (const rule of read.normalised) notes.normalised(found.path, rawDate, read.at.toISOString(), rule);
  const { at, hadZone } = read;
  return { at, rawDate, hadZone, localDate: localDateOf(at, rules.timeZone) };
}

interface Reading {
  readonly at: Date;
  readonly hadZone: boolean;
  readonly normalised: readonly NormalisationRule[];
}

/** The contract has no such format, but ten or thirteen digits are unambiguous between 2001 and 2286. */
const epoch = (digits: string, unit: number, rule: NormalisationRule): Reading => ({
  at: new Date(Number(digits) * unit),
  hadZone: true,
  normalised: [rule],
});

function calendar(written: string, { timeZone, dayIsEnough }: DateRules): Reading | "DATE_INVALID" | "DATE_IMPOSSIBLE" {
  const parts = WRITTEN.exec(written);
  if (!parts) return "DATE_INVALID";
  const [, year, dash, month, day, gap, hour, colon, minute, second, fraction = "", zone] = parts;
  if (hour === undefined && !dayIsEnough) return "DATE_INVALID";
  const wall = {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour ?? 0),
    minute: Number(minute ?? 0),
    second: Number(second ?? 0),
    millisecond: Number(fraction.slice(0, 3).padEnd(3, "0")),
  };
  const normalised: NormalisationRule[] = hour === undefined ? ["day-only"] : [];
  const isPlain = dash === "-" && (gap === undefined || gap === " " || gap === "T") && (colon ?? ":") === ":";
  if (!isPlain || (hour !== undefined && second === undefined)) normalised.push("date-spelling");

  if (zone !== undefined) {
    const offset = offsetOf(zone);
    const utc = utcOf(wall);
    if (offset === null || utc === null) return "DATE_IMPOSSIBLE";
    return { at: new Date(utc - offset), hadZone: true, normalised };
  }
  const instant = instantOf(wall, timeZone);
  if (!instant) return "DATE_IMPOSSIBLE";
  normalised.push("zone-assumed");
  if (instant.clock === "skipped") normalised.push("clock-skipped");
  if (instant.clock === "twice") normalised.push("clock-ambiguous");
  return { at: instant.at, hadZone: false, normalised };
}

const MINUTE = 60_000;

/** The offset in milliseconds; null for an offset that no time zone has. */
function offsetOf(zone: string): number | null {
  const [, sign, hours, minutes] = /^([-+])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  if (hours === undefined) return 0;
  const offset = Number(hours) * 60 + Number(minutes ?? 0);
  if (Number(minutes ?? 0) > 59 || offset > 14 * 60) return null;
  return (sign === "-" ? -offset : offset) * MINUTE;
}
