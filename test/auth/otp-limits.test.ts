import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addressBlock,
  allowedAgainAt,
  coolDownMs,
  type EarlierRequest,
  nextRequestAt,
} from "../../src/auth/otp-limits.ts";
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
  ])("after %i earlier requests is %i ms", (earlier, ms) => {
    expect(coolDownMs(earlier)).toBe(ms);
  });
});

describe("a limit for each hour", () => {
  const now = new Date("2026-06-03T10:00:00.000Z");
  const ago = (...ms: number[]) => ms.map((each) => new Date(now.getTime() - each));
  const inFuture = (ms: number) => new Date(now.getTime() + ms);

  test.each([
    ["no password was requested", ago(), 1, null],
    ["the limit is not reached", ago(10 * MINUTE, 20 * MINUTE), 3, null],
    ["the limit is reached", ago(10 * MINUTE, 20 * MINUTE, 30 * MINUTE), 3, inFuture(30 * MINUTE)],
    ["the limit is one", ago(1), 1, inFuture(HOUR - 1)],
    ["the order is mixed up", ago(30 * MINUTE, 10 * MINUTE, 20 * MINUTE), 3, inFuture(30 * MINUTE)],
    [
      "more passwords were requested than the current limit",
      ago(10 * MINUTE, 20 * MINUTE, 30 * MINUTE),
      1,
      inFuture(50 * MINUTE),
    ],
    ["the oldest is one millisecond short of an hour", ago(1, HOUR - 1), 2, inFuture(1)],
    ["the oldest is exactly an hour old", ago(1, HOUR), 2, null],
    ["the oldest is older than an hour", ago(1, HOUR + 1), 2, null],
  ])("when %s", (_, askedAt, perHour, allowedAt) => {
    expect(allowedAgainAt(askedAt, perHour, now)).toEqual(allowedAt);
  });
});

describe("a requester", () => {
  const now = new Date("2026-06-03T10:00:00.000Z");
  const ago = (ms: number) => new Date(now.getTime() - ms);
  const asked = (ms: number, more: Partial<EarlierRequest> = {}): EarlierRequest => ({
    createdAt: ago(ms),
    resendAfter: ago(ms - 30 * SECOND),
    isOwn: false,
    isKnownDevice: false,
    openUntil: null,
    ...more,
  });
  const stranger = { isKnownDevice: false, perHour: 5, now };
  const known = { isKnownDevice: true, perHour: 5, now };
  const many = (count: number, everyMs: number, more?: Partial<EarlierRequest>) =>
    Array.from({ length: count }, (_, nth) => asked((nth + 1) * everyMs, more));

  test.each<[why: string, before: EarlierRequest[], whose: typeof stranger, at: Date | null]>([
    ["sends the first request", [], stranger, null],
    ["sends a request right after another requester", [asked(1 * SECOND)], stranger, null],
    [
      "sends a request right after its own",
      [asked(10 * SECOND, { isOwn: true })],
      stranger,
      new Date(now.getTime() + 20 * SECOND),
    ],
    ["has sent five requests", many(5, 10 * MINUTE, { isOwn: true }), stranger, new Date(now.getTime() + 10 * MINUTE)],
    ["sends a request after five requests of others", many(5, MINUTE), stranger, null],
    [
      "sends a request after others have used up the share of an hour",
      many(6, MINUTE),
      stranger,
      new Date(now.getTime() + 54 * MINUTE),
    ],
    ["is known and sends a request at that time", many(6, MINUTE), known, null],
    [
      "sends a request after others have used up the share of a day",
      many(12, HOUR),
      stranger,
      new Date(now.getTime() + 12 * HOUR),
    ],
    ["is known and sends a request on such a day", many(12, HOUR), known, null],
    [
      "asks when known browsers have used up the hour",
      many(10, MINUTE, { isKnownDevice: true }),
      stranger,
      new Date(now.getTime() + 50 * MINUTE),
    ],
    [
      "asks while three passwords of others are open",
      many(3, MINUTE, { openUntil: new Date(now.getTime() + MINUTE) }),
      stranger,
      new Date(now.getTime() + MINUTE),
    ],
    [
      "is known and sends a request during that time",
      many(3, MINUTE, { openUntil: new Date(now.getTime() + MINUTE) }),
      known,
      null,
    ],
    [
      "asks while two of others and its own are open",
      [
        ...many(2, MINUTE, { openUntil: new Date(now.getTime() + MINUTE) }),
        asked(4 * MINUTE, { isOwn: true, openUntil: new Date(now.getTime() + MINUTE) }),
      ],
      stranger,
      null,
    ],
  ])("that %s", (_, before, whose, at) => {
    expect(nextRequestAt(before, whose)).toEqual(at);
  });

  test("that is known has a share of its own beside strangers' requests", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ ms: fc.integer({ min: 0, max: 24 * HOUR }), open: fc.boolean() }), { maxLength: 60 }),
        (times) => {
          // The requests of strangers: each only as the limits allow.
          const before: EarlierRequest[] = [];
          for (const { ms, open } of times.toSorted((a, b) => b.ms - a.ms)) {
            const at = ago(ms);
            const seen = before.map((each) => ({
              ...each,
              openUntil: each.openUntil && each.openUntil > at ? each.openUntil : null,
            }));
            if (nextRequestAt(seen, { ...stranger, now: at }) === null) {
              before.push(asked(ms, { openUntil: open ? new Date(at.getTime() + 5 * MINUTE) : null }));
            }
          }
          expect(nextRequestAt(before, known)).toBeNull();
        },
      ),
    );
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
