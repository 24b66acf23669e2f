import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestGateway } from "../support/gateway.ts";
import { startRewards } from "../support/rewards/rewards.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startRewards();
});
afterAll(() => gateway[Symbol.asyncDispose]());

test("a campaign is described with every number that its awards depend on", async () => {
  const { rewardCampaigns } = await gateway.anonymous.ok<{ rewardCampaigns: { id: string }[] }>(
    `{ rewardCampaigns { id pendingDays expiryDays points friendLadder { from points } friendGets
      purchaseRates { from points perAmount } minimumAmount multipliers { name factor weekdays from until }
      productPoints { least most } checkInDays streakBonuses { streak points } freezes amountPerTicket } }`,
  );
  /** Only the fields that are not null. */
  const told = (id: string) =>
    Object.fromEntries(
      Object.entries(rewardCampaigns.find((campaign) => campaign.id === id) ?? {}).filter(
        ([, value]) => value !== null,
      ),
    );
  expect(told("welcome-bonus")).toEqual({
    id: "welcome-bonus",
    pendingDays: 0,
    expiryDays: 365,
    points: 500,
  });
  expect(told("bring-a-friend")).toMatchObject({ friendLadder: [{ from: 1, points: 200 }, {}, {}], friendGets: 100 });
  expect(told("points-for-purchases")).toMatchObject({
    purchaseRates: [{ from: 0, points: 1, perAmount: 100 }, {}, {}],
    minimumAmount: 1_000,
    multipliers: [{ name: "Double weekend", factor: 2, weekdays: [6, 7], from: null, until: null }],
  });
  expect(told("a-friend-buys")).toMatchObject({ productPoints: { least: 50, most: 150 } });
  expect(told("daily-check-in")).toMatchObject({ checkInDays: [5, 5, 10, 10, 15, 15, 30] });
  expect(told("daily-check-in")).toMatchObject({ streakBonuses: [{ streak: 7, points: 50 }, {}, {}], freezes: 0 });
  expect(told("lucky-draw-tickets")).toEqual({
    id: "lucky-draw-tickets",
    pendingDays: 0,
    amountPerTicket: 1_000,
  });
});
