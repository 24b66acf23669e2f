import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dateOfDayNumber, dayNumberOf, localDateOf } from "../../src/platform/time-zone.ts";
import { isWithinBackfill, nextCheckInAt } from "../../src/rules/check-in/check-in-days.ts";
import { streaks } from "../../src/rules/check-in/streaks.ts";

const june = (...days: number[]) => days.map((day) => `2024-06-${String(day).padStart(2, "0")}`);
const [today = ""] = june(20);

describe("a streak", () => {
  test.each([
    ["without check-ins", june(), 0, 0, 0],
    ["of today", june(20), 1, 1, 1],
    ["of yesterday, which today may go on", june(18, 19), 2, 2, 2],
    ["broken the day before yesterday", june(16, 17, 18), 0, 3, 0],
    ["in any order, more than once", june(20, 18, 19, 18), 3, 3, 3],
    ["shorter than an earlier one", june(10, 11, 12, 13, 19, 20), 2, 4, 2],
    ["of a week", june(14, 15, 16, 17, 18, 19, 20), 7, 7, 7],
    ["of a week and a day", june(13, 14, 15, 16, 17, 18, 19, 20), 8, 8, 1],
    [
      "over the end of a month",
      ["2024-05-31", ...Array.from({ length: 20 }, (_, day) => june(day + 1)).flat()],
      21,
      21,
      7,
    ],
    ["with a check-in by a clock ahead of ours", june(19, 20, 21), 3, 3, 3],
  ])("%s", (_, dates, current, longest, cycleDay) => {
    expect(streaks(dates, { today })).toMatchObject({ current, longest, cycleDay });
  });

  test("lists each of its days", () => {
    expect(streaks(june(20, 17, 18), { today }).days).toEqual([
      { date: "2024-06-17", streak: 1, cycleDay: 1 },
      { date: "2024-06-18", streak: 2, cycleDay: 2 },
      { date: "2024-06-20", streak: 1, cycleDay: 1 },
    ]);
  });

  test.each([
    ["goes on after a missed day", june(17, 18, 20), 1, 3],
    ["goes on after each of two", june(16, 18, 20), 1, 3],
    ["ends when two are missed in a row", june(16, 17, 20), 1, 1],
    ["goes on when two are missed, with two", june(16, 17, 20), 2, 3],
    ["waits for today after a missed day", june(16, 17, 18), 1, 3],
    ["does not wait for today after two", june(16, 17), 1, 0],
    ["needs none without a gap", june(18, 19, 20), 1, 3],
  ])("with freezes %s", (_, dates, freezes, current) => {
    expect(streaks(dates, { today, freezes })).toMatchObject({ current });
  });

  test.each([
    ["today for a member without a streak", june(), [1], "2024-06-20", 1],
    ["the seventh day from today for a member without a streak", june(), [7], "2024-06-26", 7],
    ["the seventh day, counted from the first", june(19, 20), [7], "2024-06-25", 7],
    ["today, if it is the seventh", june(14, 15, 16, 17, 18, 19), [7], "2024-06-20", 7],
    ["a week on, after a seventh", june(14, 15, 16, 17, 18, 19, 20), [7], "2024-06-27", 7],
    ["the nearer of two", june(19, 20), [3, 7], "2024-06-21", 3],
  ])("is rewarded next on %s", (_, dates, rewardDays, date, cycleDay) => {
    expect(streaks(dates, { today, rewardDays }).nextReward).toEqual({ date, cycleDay });
  });
  test("has no next reward where no day is rewarded", () => {
    expect(streaks(june(20), { today, rewardDays: [] }).nextReward).toBeNull();
  });

  test.each([{ today: "2024-06-31" }, { today, freezes: -1 }, { today, cycleDays: 0 }, { today, rewardDays: [8] }])(
    "cannot be calculated by %j",
    (rules) => {
      expect(() => streaks(june(20), rules)).toThrow(RangeError);
    },
  );
});

const ZONES = ["America/New_York", "Asia/Jakarta", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo", "UTC"];
const zone = fc.constantFrom(...ZONES);
/** Instants within the ten weeks in which New York, Berlin and Cairo change their clocks. */
const FROM = Date.parse("2024-03-01T00:00:00Z");
const instants = fc
  .array(fc.integer({ min: 0, max: 70 * 86_400 - 1 }), { maxLength: 150 })
  .map((seconds) => seconds.map((second) => new Date(FROM + second * 1_000)));
const freezes = fc.nat(3);
const now = fc.integer({ min: 0, max: 70 * 86_400 - 1 }).map((second) => new Date(FROM + second * 1_000));
const datesIn = (timeZone: string, all: readonly Date[]) => all.map((each) => localDateOf(each, timeZone));

/** The definition, walked day by day: the check-ins from `end` back to where more days than allowed are missed in a row. */
function run(end: number, days: ReadonlySet<number>, allowed: number): number {
  let [length, missed] = [0, 0];
  for (let day = end; missed <= allowed; day--) {
    if (days.has(day)) [length, missed] = [length + 1, 0];
    else missed++;
  }
  return length;
}

describe("for any days in any time zone", () => {
  test("streaks match their definition", () => {
    fc.assert(
      fc.property(zone, instants, now, freezes, (timeZone, all, at, allowed) => {
        const today = localDateOf(at, timeZone);
        const dates = datesIn(
          timeZone,
          all.filter((each) => each <= at),
        );
        const result = streaks(dates, { today, freezes: allowed });
        const days = new Set(dates.map(dayNumberOf));
        const todayNumber = dayNumberOf(today);
        expect(result.current).toBe(run(days.has(todayNumber) ? todayNumber : todayNumber - 1, days, allowed));
        expect(result.days).toHaveLength(days.size);
        for (const { date, streak, cycleDay } of result.days) {
          expect(streak).toBe(run(dayNumberOf(date), days, allowed));
          expect(cycleDay).toBe(streak % 7 || 7);
        }
        expect(result.longest).toBe(Math.max(0, ...result.days.map(({ streak }) => streak)));
      }),
      { numRuns: 200 },
    );
  });

  test("a late event reduces no streak and no reward", () => {
    fc.assert(
      fc.property(zone, instants, now, now, freezes, (timeZone, all, at, late, allowed) => {
        const rules = { today: localDateOf(at, timeZone), freezes: allowed };
        const dates = datesIn(timeZone, all);
        const before = streaks(dates, rules);
        const after = streaks([...dates, localDateOf(late, timeZone)], rules);
        // A check-in in the future of `at` moves the end, as only a clock ahead of ours does: it is not a late event.
        if (late <= at) {
          expect(after.current).toBeGreaterThanOrEqual(before.current);
          expect(after.longest).toBeGreaterThanOrEqual(before.longest);
        }
        const streakOn = new Map(after.days.map(({ date, streak }) => [date, streak]));
        for (const { date, streak } of before.days) expect(streakOn.get(date)).toBeGreaterThanOrEqual(streak);
        const rewards = (result: typeof before) => result.days.filter(({ cycleDay }) => cycleDay === 7).length;
        expect(rewards(after)).toBeGreaterThanOrEqual(rewards(before));
      }),
      { numRuns: 500 },
    );
  });

  test("a check-in on every day until its date earns the next reward", () => {
    fc.assert(
      fc.property(zone, instants, now, freezes, (timeZone, all, at, allowed) => {
        const today = localDateOf(at, timeZone);
        const dates = datesIn(
          timeZone,
          all.filter((each) => each <= at),
        );
        const { nextReward, checkedInToday } = streaks(dates, { today, freezes: allowed });
        if (!nextReward) throw new Error("a seventh day always comes");
        const kept = [...dates];
        for (let day = dayNumberOf(today) + (checkedInToday ? 1 : 0); day <= dayNumberOf(nextReward.date); day++) {
          kept.push(dateOfDayNumber(day));
          const then = streaks(kept, { today: dateOfDayNumber(day), freezes: allowed });
          expect(then.cycleDay === 7).toBe(dateOfDayNumber(day) === nextReward.date);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("a check-in at the returned moment counts for the next day, and a millisecond earlier it does not", () => {
    fc.assert(
      fc.property(zone, now, (timeZone, at) => {
        const today = localDateOf(at, timeZone);
        const next = nextCheckInAt(at, timeZone, true);
        expect(localDateOf(next, timeZone)).toBe(dateOfDayNumber(dayNumberOf(today) + 1));
        expect(localDateOf(new Date(next.getTime() - 1), timeZone)).toBe(today);
        expect(next > at).toBe(true);
        const current = nextCheckInAt(at, timeZone, false);
        expect(localDateOf(current, timeZone)).toBe(today);
        expect(current <= at).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test("a check-in on every day, at any hour, keeps the streak across clock changes", () => {
    fc.assert(
      fc.property(
        zone,
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 70, maxLength: 70 }),
        (timeZone, moments) => {
          let from = new Date(FROM);
          const all = moments.map((moment) => {
            const end = nextCheckInAt(from, timeZone, true);
            const at = new Date(from.getTime() + Math.floor(moment * (end.getTime() - from.getTime())));
            from = end;
            return at;
          });
          const dates = datesIn(timeZone, all);
          expect(streaks(dates, { today: dates.at(-1) ?? "" })).toMatchObject({
            current: 70,
            longest: 70,
            cycleDay: 7,
          });
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("the next check-in", () => {
  test.each([
    ["a day of 23 hours", "2024-03-10T05:00:00Z", "America/New_York", "2024-03-11T04:00:00Z"],
    ["a day of 25 hours", "2024-11-03T04:00:00Z", "America/New_York", "2024-11-04T05:00:00Z"],
    ["a night without midnight", "2024-04-25T12:00:00Z", "Africa/Cairo", "2024-04-25T22:00:00Z"],
    ["any day", "2024-06-11T05:00:00Z", "Asia/Jakarta", "2024-06-11T17:00:00Z"],
  ])("comes after %s", (_, at, timeZone, next) => {
    expect(nextCheckInAt(new Date(at), timeZone, true)).toEqual(new Date(next));
  });
});

test.each([
  ["2024-06-20", true],
  ["2024-06-17", true],
  ["2024-06-16", false],
  ["2024-06-21", true],
  ["2024-06-22", false],
])("with a backfill of three days, a check-in of %s still counts on the 20th: %s", (date, counts) => {
  expect(isWithinBackfill(date, today, 3)).toBe(counts);
});
