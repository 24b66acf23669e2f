import type { Clock } from "../../src/platform/clock.ts";

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export interface TestClock extends Clock {
  /** Advances the time by so many milliseconds. */
  advance(ms: number): void;
}

/** A clock that stands still until the test moves it. */
export function makeTestClock(start = "2026-06-03T10:00:00.000Z"): TestClock {
  let time = new Date(start).getTime();
  return {
    now: () => new Date(time),
    advance(ms) {
      time += ms;
    },
  };
}
