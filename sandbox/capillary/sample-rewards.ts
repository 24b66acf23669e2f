import type { Limit, PaymentConfig, Reward } from "./records.ts";

const inPoints = (id: number, points: number): PaymentConfig => ({ id, mode: "POINTS", points });
const free = (id: number): PaymentConfig => ({ id, mode: "FREE" });
const coupon = (seriesId: number, more: object = {}): Reward["gives"] => ({
  kind: "coupon",
  seriesId,
  codes: [],
  left: null,
  expiresAt: "2036-05-12T00:00:00.000Z",
  ...more,
});
const vendor = (vendorId: number, vendorName: string) => ({ kind: "vendor", vendorId, vendorName }) as const;
const promotion = (promotionId: number, name: string) => ({ kind: "promotion", promotionId, name }) as const;
const limit = (id: number, more: Partial<Limit>): Limit => ({
  id,
  level: "CUSTOMER",
  kpi: "QUANTITY",
  limit: 1,
  frequency: "LIFETIME",
  ...more,
});

/** A reward that has begun and is open to all customers, unless `more` says otherwise. */
const reward = (id: number, name: string, more: Partial<Reward>): Reward => ({
  id,
  externalId: null,
  name,
  description: `${name}, on us`,
  type: "VOUCHER",
  redemptionType: "INTOUCH_REWARD",
  intouchPoints: 0,
  paymentConfigs: [],
  createdAt: new Date(Date.UTC(2025, 1, 1, id - 15_464)).toISOString(),
  startsAt: "2025-01-02T03:04:05.000Z",
  endsAt: "2035-12-31T18:29:59.000Z",
  enabled: true,
  categories: [],
  shelves: [],
  label: null,
  tier: null,
  priority: id - 15_464,
  gives: coupon(id),
  segment: null,
  cardSeries: null,
  limits: [],
  terms: null,
  hasImage: true,
  ...more,
});

/**
 * A single reward of every kind of price, supplier, restriction and period. The first two are those of the published
 * samples.
 */
export const sampleRewards: readonly Reward[] = [
  reward(15465, "Popcorn", {
    intouchPoints: 1,
    gives: coupon(7001, { codes: ["4WF17B", "0LP85Y"], expiresAt: "2027-05-12T00:00:00.000Z" }),
    categories: ["snacks"],
    shelves: ["Cinema"],
  }),
  reward(15466, "Nachos", { intouchPoints: 1, categories: ["snacks"], shelves: ["Cinema"], hasImage: false }),
  reward(15470, "Coffee for two", {
    createdAt: "2024-12-24T00:00:00.000Z",
    externalId: "COFFEE-2",
    intouchPoints: 300,
    paymentConfigs: [inPoints(31, 300), free(32)],
    categories: ["drinks"],
    shelves: ["Everyday"],
    terms: "One coffee a visit.",
  }),
  reward(15471, "Bookshop card", {
    redemptionType: "VENDOR_ONLY_REWARD",
    intouchPoints: 500,
    paymentConfigs: [inPoints(33, 500), free(34)],
    gives: vendor(61, "Paper & Co"),
    categories: ["books"],
    shelves: ["Everyday"],
  }),
  // The two prices differ on purpose: the config is the valid one.
  reward(15472, "Ten percent off the basket", {
    type: "POINTS",
    redemptionType: "CART_PROMOTION",
    intouchPoints: 500,
    paymentConfigs: [inPoints(35, 150)],
    gives: promotion(8801, "TENOFF"),
    categories: ["fashion"],
  }),
  reward(15473, "Birthday cake", { type: "FREE_VOUCHER", paymentConfigs: [free(36)], categories: ["snacks"] }),
  reward(15474, "Air miles", {
    redemptionType: "MILES",
    type: "POINTS",
    paymentConfigs: [{ id: 37, mode: "CONV_RATIO", conversionRatio: 2.5 }],
    gives: vendor(62, "Skyward"),
    categories: ["travel"],
  }),
  reward(15475, "Concert seat", {
    paymentConfigs: [{ id: 38, mode: "CASH", cash: 499 }],
    categories: ["events"],
  }),
  reward(15476, "Headphones voucher", {
    intouchPoints: 900,
    paymentConfigs: [inPoints(39, 900), { id: 40, mode: "POINTS_CASH", points: 400, cash: 250 }],
    categories: ["electronics"],
  }),
  reward(15477, "Welcome sticker", { type: "FREE_VOUCHER", hasImage: false }),
  reward(15478, "One spa day each", {
    intouchPoints: 200,
    paymentConfigs: [inPoints(41, 200), free(42)],
    limits: [limit(901, {})],
    categories: ["wellness"],
  }),
  reward(15479, "Three museum passes a day", {
    intouchPoints: 50,
    limits: [limit(902, { level: "REWARD", limit: 3, frequency: "DAILY" })],
    categories: ["events"],
  }),
  reward(15480, "Lounge access", { intouchPoints: 100, segment: "gold", tier: "Gold", categories: ["travel"] }),
  reward(15481, "Summer festival", {
    intouchPoints: 250,
    startsAt: "2035-06-01T00:00:00.000Z",
    categories: ["events"],
    label: "soon",
  }),
  reward(15482, "Last year's calendar", {
    intouchPoints: 10,
    endsAt: "2025-12-31T18:29:59.000Z",
    categories: ["books"],
  }),
  reward(15483, "Withdrawn umbrella", { intouchPoints: 80, enabled: false }),
  reward(15484, "Cardholder's dinner", { intouchPoints: 120, cardSeries: "metal", categories: ["dining"] }),
  reward(15485, "Sold-out sneakers", { intouchPoints: 60, gives: coupon(7020, { left: 0 }), categories: ["fashion"] }),
  reward(15486, "Gift card 1000", {
    redemptionType: "GIFT_CARD",
    intouchPoints: 2500,
    paymentConfigs: [inPoints(43, 2500), free(44)],
    gives: vendor(63, "GiftWorks"),
    categories: ["gift cards"],
    shelves: ["Gifts"],
    terms: "Valid for twelve months.",
  }),
  reward(15487, "Weekend in Goa", {
    intouchPoints: 250_000,
    gives: vendor(64, "Coastline"),
    redemptionType: "VENDOR_INTOUCH_REWARD",
    categories: ["travel"],
  }),
  reward(15488, "Steel bottle", {
    type: "PHYSICAL_VOUCHER",
    redemptionType: "PHYSICAL_REWARD",
    intouchPoints: 350,
    paymentConfigs: [inPoints(45, 350), free(46)],
    categories: ["home"],
  }),
  reward(15489, "A tree planted", {
    type: "POINTS",
    redemptionType: "CHARITY",
    intouchPoints: 25,
    gives: promotion(8802, "ONETREE"),
    categories: ["good causes"],
    limits: [limit(903, { kpi: "POINTS", limit: 100, frequency: "MONTHLY" })],
  }),
];
