import { describe, expect, test } from "vitest";
import { allowedAgainAt, coolDownMs } from "../../src/auth/otp-limits.ts";
import { HOUR, MINUTE, SECOND } from "../support/clock.ts";

describe("the cool-down", () => {
  test.each([
    [0, 30 * SECOND],
    [1, 1 * MINUTE],
    [2, 2 * MINUTE],
    [3, 4 * MINUTE],
    [6, 32 * MINUTE],
    [7, HOUR],
    [1_000, HOUR],
  ])("after %i others is %i ms", (earlier, ms) => {
    expect(coolDownMs(earlier)).toBe(ms);
  });
});

describe("a limit for each hour", () => {
  const now = new Date("2026-06-03T10:00:00.000Z");
  const ago = (...ms: number[]) => ms.map((each) => new Date(now.getTime() - each));
  const inFuture = (ms: number) => new Date(now.getTime() + ms);

  test.each([
    ["nothing was asked for", ago(), 1, null],
    ["there is room", ago(10 * MINUTE, 20 * MINUTE), 3, null],
    ["the limit is reached", ago(10 * MINUTE, 20 * MINUTE, 30 * MINUTE), 3, inFuture(30 * MINUTE)],
    ["the limit is one", ago(1), 1, inFuture(HOUR - 1)],
    ["the order is mixed up", ago(30 * MINUTE, 10 * MINUTE, 20 * MINUTE), 3, inFuture(30 * MINUTE)],
    ["more were asked for than the limit is now", ago(10 * MINUTE, 20 * MINUTE, 30 * MINUTE), 1, inFuture(50 * MINUTE)],
    ["the oldest is one millisecond short of an hour", ago(1, HOUR - 1), 2, inFuture(1)],
    ["the oldest is exactly an hour old", ago(1, HOUR), 2, null],
    ["the oldest is older than an hour", ago(1, HOUR + 1), 2, null],
  ])("when %s", (_, askedAt, perHour, allowedAt) => {
    expect(allowedAgainAt(askedAt, perHour, now)).toEqual(allowedAt);
  });
});
