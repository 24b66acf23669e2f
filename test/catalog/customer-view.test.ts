import { describe, expect, test } from "vitest";
import { redeemabilityReasonOf } from "../../src/catalog/capillary-refusal.ts";
import { type CustomerView, limitBroken } from "../../src/catalog/customer-view.ts";
import type { RewardLimit } from "../../src/upstream/capillary/wire/reward.ts";

const terms = { points: 10, payableWith: [], paymentConfigs: [], validFrom: null, validUntil: null, active: true };
const view = (limits: Partial<RewardLimit>[], isWithinLimits: boolean | null = null): CustomerView => ({
  isShown: true,
  terms,
  isWithinLimits,
  limits: limits.map((limit) => ({
    scope: "CUSTOMER",
    kpi: "QUANTITY",
    frequency: null,
    limit: 3,
    consumed: 1,
    remaining: 2,
    isExhausted: false,
    ...limit,
  })),
});
const inPoints = { kpi: "POINTS", limit: 100, consumed: 60, remaining: 40 };
const untold = { consumed: null, remaining: null };

describe("a limit", () => {
  test.each<[CustomerView, units: number, points: number, ReturnType<typeof limitBroken>]>([
    [view([{}]), 2, 0, null],
    [view([{}]), 3, 0, { limit: 3, consumed: 1 }],
    [view([{}], false), 1, 0, { limit: null, consumed: null }],
    [view([], false), 1, 0, { limit: null, consumed: null }],
    [view([], null), 100, 1_000, null],
    [view([untold]), 100, 0, null],
    [view([{ ...untold, isExhausted: true }]), 1, 0, { limit: null, consumed: null }],
    [view([inPoints]), 5, 40, null],
    [view([inPoints]), 5, 50, { limit: null, consumed: null }],
    // The reward is free at Capillary: no points are deducted there.
    [view([{ ...inPoints, remaining: 0, isExhausted: true }]), 5, 0, null],
    [view([{ ...inPoints, remaining: 0, isExhausted: true }], false), 5, 0, null],
    [view([{ kpi: "REDEMPTION_VALUE", isExhausted: true }]), 1, 10, { limit: null, consumed: null }],
    [view([inPoints, { remaining: 0, consumed: 3 }]), 1, 50, { limit: 3, consumed: 3 }],
  ])("case %#: reports whether the quantity exceeds it, and the units that remain", (...given) => {
    const [seen, units, points, expected] = given;
    expect(limitBroken(seen, { units, points })).toEqual(expected);
  });
});

describe("a refusal by Capillary", () => {
  test.each([
    ["redemption-not-configured", "NOT_CONFIGURED"],
    ["payment-config-missing", "NOT_CONFIGURED"],
    ["not-a-member", "NOT_A_GROUP_MEMBER"],
    ["unknown-group", "GROUP_NOT_FOUND"],
    ["limit-reached", "LIMIT_REACHED"],
    ["not-in-segment", "NOT_ELIGIBLE"],
    ["no-active-card", "NOT_ELIGIBLE"],
    ["insufficient-points", "INSUFFICIENT_POINTS"],
    ["not-on-offer", "INACTIVE"],
    ["amount-rule", "UPSTREAM_REFUSED"],
    ["other", "UPSTREAM_REFUSED"],
  ] as const)("%s is %s", (reason, expected) => {
    expect(redeemabilityReasonOf(reason)).toBe(expected);
  });
});
