import type { Rule, RuleDefinition } from "./rule.ts";

/** The sandbox's programme starts in the year of the oldest sample message, and has no end. */
const window = { from: "2022-01-01T00:00:00+07:00", until: null };
const everybody = { kind: "everybody" } as const;
const sample = { campaign: "sample", window, audience: everybody, stacking: "exclusive", priority: 0 } as const;

const register: RuleDefinition = {
  ...sample,
  action: "register",
  campaign: "welcome",
  name: "Welcome bonus",
  points: 500,
  caps: { perEvent: null, memberDay: null, memberTotal: 500, budget: 5_000_000 },
  pendingDays: 0,
  expiryDays: 365,
};

/** The award rises with the number of referrals. The daily cap covers only two to five of them. */
const registerReferral: RuleDefinition = {
  ...sample,
  action: "registerreferral",
  campaign: "friends",
  name: "Bring a friend",
  ladder: [
    { from: 1, points: 200 },
    { from: 4, points: 300 },
    { from: 11, points: 400 },
  ],
  receiverPoints: 100,
  caps: { perEvent: null, memberDay: 1_000, memberTotal: 10_000, budget: 2_000_000 },
  pendingDays: 7,
  expiryDays: 365,
};

const transactionPromo: RuleDefinition = {
  ...sample,
  action: "transactionpromo",
  campaign: "everyday",
  name: "Points for purchases",
  minimumAmount: 1_000,
  tiers: [
    { from: 0, rate: { points: 1, perAmount: 100 } },
    { from: 100_000, rate: { points: 3, perAmount: 200 } },
    { from: 1_000_000, rate: { points: 2, perAmount: 100 } },
  ],
  multipliers: [{ name: "Double weekend", basisPoints: 20_000, weekdays: [6, 7] }],
  caps: { perEvent: 20_000, memberDay: 50_000, memberTotal: null, budget: 100_000_000 },
  pendingDays: 3,
  expiryDays: 365,
};

const transactionReferral: RuleDefinition = {
  ...sample,
  action: "transactionreferral",
  campaign: "friends",
  name: "A friend buys",
  products: [
    { productId: "10", points: 50 },
    { productId: "12", points: 75 },
    { productId: "20", points: 150 },
  ],
  caps: { perEvent: null, memberDay: 500, memberTotal: null, budget: 1_000_000 },
  pendingDays: 3,
  expiryDays: 365,
};

const dailyCheckIn: RuleDefinition = {
  ...sample,
  action: "dailycheckin",
  campaign: "everyday",
  name: "Daily check-in",
  days: [5, 5, 10, 10, 15, 15, 30],
  streakBonuses: [
    { streak: 7, points: 50 },
    { streak: 30, points: 300 },
    { streak: 100, points: 1_000 },
  ],
  caps: { perEvent: null, memberDay: null, memberTotal: null, budget: 10_000_000 },
  pendingDays: 0,
  expiryDays: 180,
};

const luckyDraw: RuleDefinition = {
  ...sample,
  action: "luckydraw",
  campaign: "lucky",
  name: "Tickets for the lucky draw",
  drawId: "sample-draw",
  amountPerTicket: 1_000,
  caps: { perEvent: 10, memberDay: 20, memberTotal: 1_000, budget: 1_000_000 },
  pendingDays: 0,
  expiryDays: null,
};

/** A rule for each of the six actions, so that every sample message earns an award in a fresh sandbox. */
export const sampleProgramme: readonly Rule[] = [
  { id: "welcome-bonus", version: 1, definition: register },
  { id: "bring-a-friend", version: 1, definition: registerReferral },
  { id: "points-for-purchases", version: 1, definition: transactionPromo },
  { id: "a-friend-buys", version: 1, definition: transactionReferral },
  { id: "daily-check-in", version: 1, definition: dailyCheckIn },
  { id: "lucky-draw-tickets", version: 1, definition: luckyDraw },
];
