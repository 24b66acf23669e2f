import { describe, expect, test } from "vitest";
import { addressBlock, allowedAgainAt, coolDownMs } from "../../src/auth/otp-limits.ts";
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

describe("a network address", () => {
  test.each([
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["::FFFF:203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8:1:2::6", "2001:db8:1:2"],
    ["2001:DB8:0001:2::", "2001:db8:1:2"],
    ["2001:db8::6", "2001:db8:0:0"],
    ["2001::1:2:3:4:5:6", "2001:0:1:2"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["::1", "0:0:0:0"],
    ["::", "0:0:0:0"],
    ["64:ff9b::203.0.113.7", "64:ff9b:0:0"],
    ["no address", "no address"],
    ["", ""],
  ])("%j counts as %j", (address, block) => {
    expect(addressBlock(address)).toBe(block);
  });
});
