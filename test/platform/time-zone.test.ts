import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  dateOfDayNumber,
  dayNumberOf,
  instantOf,
  isTimeZone,
  localDateOf,
  offsetAt,
  startOfDay,
  utcOf,
} from "../../src/platform/time-zone.ts";

const wall = (text: string) => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = text.split(/\D/).map(Number);
  return { year, month, day, hour, minute, second, millisecond: 0 };
};

describe("a wall clock", () => {
  test.each([
    ["2024-02-08 11:22:06", "Asia/Jakarta", "2024-02-08T04:22:06Z", "once"],
    ["2024-02-08 11:22:06", "Asia/Kathmandu", "2024-02-08T05:37:06Z", "once"],
    ["2024-07-01 12:00:00", "America/New_York", "2024-07-01T16:00:00Z", "once"],
    // Clocks go forward at 2: half past is read as if they had not been moved yet.
    ["2024-03-10 02:30:00", "America/New_York", "2024-03-10T07:30:00Z", "skipped"],
    ["2024-03-10 03:00:00", "America/New_York", "2024-03-10T07:00:00Z", "once"],
    ["2024-03-31 02:30:00", "Europe/Berlin", "2024-03-31T01:30:00Z", "skipped"],
    // Clocks go back at 2 or 3: the first of the two half hours counts.
    ["2024-11-03 01:30:00", "America/New_York", "2024-11-03T05:30:00Z", "twice"],
    ["2024-10-27 02:30:00", "Europe/Berlin", "2024-10-27T00:30:00Z", "twice"],
    // Half an hour only.
    ["2024-10-06 02:15:00", "Australia/Lord_Howe", "2024-10-05T15:45:00Z", "skipped"],
    // A whole day that the zone skipped.
    ["2011-12-30 12:00:00", "Pacific/Apia", "2011-12-30T22:00:00Z", "skipped"],
  ])("that shows %s in %s means %s (%s)", (shown, timeZone, at, clock) => {
    expect(instantOf(wall(shown), timeZone)).toEqual({ at: new Date(at), clock });
  });
  test.each(["2024-02-30 00:00:00", "2023-02-29 00:00:00", "2024-00-10 00:00:00", "2024-01-01 24:00:00"])(
    "never shows %s",
    (shown) => {
      expect(utcOf(wall(shown))).toBeNull();
      expect(instantOf(wall(shown), "Asia/Jakarta")).toBeNull();
    },
  );
  test("converts to an instant and back, in every zone", () => {
    const zone = fc.constantFrom(...Intl.supportedValuesOf("timeZone"));
    const instant = fc.date({ min: new Date("2000-01-01"), max: new Date("2037-01-01"), noInvalidDate: true });
    fc.assert(
      fc.property(zone, instant, (timeZone, at) => {
        const offset = offsetAt(at, timeZone);
        const shown = new Date(at.getTime() + offset);
        // Swedish dates have the ISO format.
        expect(shown.toISOString().slice(0, 19).replace("T", " ")).toBe(at.toLocaleString("sv-SE", { timeZone }));
        const meant = instantOf({ ...wall(shown.toISOString()), millisecond: at.getUTCMilliseconds() }, timeZone);
        expect(meant?.clock).not.toBe("skipped");
        if (meant?.clock === "once") expect(meant.at).toEqual(at);
        // The first of two instants; its wall clock is the same.
        expect(meant?.at.getTime()).toBeLessThanOrEqual(at.getTime());
        expect((meant?.at.getTime() ?? 0) + offsetAt(meant?.at ?? at, timeZone)).toBe(shown.getTime());
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("a day", () => {
  test.each([
    ["2024-02-08", "Asia/Jakarta", "2024-02-07T17:00:00Z"],
    ["2024-03-10", "America/New_York", "2024-03-10T05:00:00Z"],
    ["2024-03-11", "America/New_York", "2024-03-11T04:00:00Z"],
    // No midnight that night.
    ["2024-04-26", "Africa/Cairo", "2024-04-25T22:00:00Z"],
    ["2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z"],
    // Midnight twice.
    ["2024-11-03", "America/Havana", "2024-11-03T04:00:00Z"],
  ])("%s begins in %s at %s", (date, timeZone, at) => {
    expect(startOfDay(date, timeZone)).toEqual(new Date(at));
    expect(localDateOf(startOfDay(date, timeZone), timeZone)).toBe(date);
  });
  test("supports arithmetic", () => {
    expect(dateOfDayNumber(dayNumberOf("2024-02-28") + 2)).toBe("2024-03-01");
    expect(dayNumberOf("2024-11-04") - dayNumberOf("2024-11-02")).toBe(2);
    for (const odd of ["2024-02-30", "2024-2-3", "", "today"]) expect(() => dayNumberOf(odd)).toThrow(RangeError);
  });
});

test.each([
  ["Asia/Jakarta", true],
  ["Asia/Nowhere", false],
  ["", false],
])("%j is a zone: %s", (name, is) => {
  expect(isTimeZone(name)).toBe(is);
});
