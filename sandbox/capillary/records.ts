import { z } from "zod";

// The state of the simulated Capillary, in API-neutral form; the folders `rewards`, `v1` and `v2` have the formats of
// each API.

const id = z.int().positive();
const points = z.number().nonnegative();
const moment = z.iso.datetime();

/** A customer enrolled with the brand. The mobile number is digits with country code, as the API accepts it. */
export const customerSchema = z.strictObject({
  userId: id,
  /** The customer's id at the points provider; null if the provider does not know the customer. */
  externalId: z.string().min(1).nullable(),
  mobile: z.string().regex(/^\d{8,15}$/, "expected digits with country code"),
  email: z.email().nullable(),
  firstName: z.string(),
  lastName: z.string(),
  joinedAt: moment,
  segments: z.array(z.string()),
  cardSeries: z.array(z.string()),
  /** Marked as fraud: may earn points, but not redeem them. */
  isFraud: z.boolean(),
});

export const memberSchema = z.strictObject({
  userId: id,
  role: z.enum(["PRIMARY", "SECONDARY"]),
  /** Whether the group's settings let this member spend from its wallet. */
  mayRedeem: z.boolean(),
  joinedAt: moment,
  /** False for a former member: Capillary still lists them. */
  active: z.boolean(),
  isDefaultGroup: z.boolean(),
});

export const groupSchema = z
  .strictObject({
    id,
    externalId: z.string().min(1).nullable(),
    name: z.string(),
    status: z.enum(["ACTIVE", "INACTIVE", "DELETED"]),
    maxSize: id,
    members: z.array(memberSchema),
    /** Whether the programme's redemption event has a rule for this group; without one nothing can be spent. */
    redemptionConfigured: z.boolean(),
  })
  .refine(({ members }) => members.filter(({ role }) => role === "PRIMARY").length === 1, {
    path: ["members"],
    message: "exactly one is PRIMARY",
  });

const configId = { id };
export const paymentConfigSchema = z.discriminatedUnion("mode", [
  z.strictObject({ ...configId, mode: z.literal("POINTS"), points }),
  z.strictObject({ ...configId, mode: z.literal("CASH"), cash: points }),
  z.strictObject({ ...configId, mode: z.literal("POINTS_CASH"), points, cash: points }),
  z.strictObject({ ...configId, mode: z.literal("FREE") }),
  /** A point buys `conversionRatio` units of the redemption value. */
  z.strictObject({ ...configId, mode: z.literal("CONV_RATIO"), conversionRatio: z.number().positive() }),
]);

export const limitSchema = z.strictObject({
  id,
  /** Counted over all customers, or for each customer. */
  level: z.enum(["REWARD", "CUSTOMER"]),
  kpi: z.enum(["QUANTITY", "POINTS"]),
  limit: points,
  /** Calendar days and months in UTC. */
  frequency: z.enum(["LIFETIME", "DAILY", "MONTHLY"]),
});

export const givesSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("coupon"),
    seriesId: id,
    /** Uploaded codes, issued in this order before generated ones. */
    codes: z.array(z.string()),
    /** The remaining stock; null means unlimited. */
    left: z.int().nonnegative().nullable(),
    expiresAt: moment,
  }),
  z.strictObject({ kind: z.literal("promotion"), promotionId: id, name: z.string() }),
  z.strictObject({ kind: z.literal("vendor"), vendorId: id, vendorName: z.string() }),
]);

export const rewardSchema = z.strictObject({
  id,
  externalId: z.string().nullable(),
  name: z.string().min(1),
  description: z.string(),
  type: z.string(),
  redemptionType: z.string(),
  /** The price without payment configs, and an outdated price with them. */
  intouchPoints: points,
  paymentConfigs: z.array(paymentConfigSchema).max(5),
  createdAt: moment,
  startsAt: moment,
  endsAt: moment,
  enabled: z.boolean(),
  categories: z.array(z.string()),
  /** The shelves that show it; unrelated to user groups. */
  shelves: z.array(z.string()),
  label: z.string().nullable(),
  tier: z.string().nullable(),
  priority: z.int(),
  gives: givesSchema,
  /** Only for customers of this segment. */
  segment: z.string().nullable(),
  /** Only for holders of an active card of this series. */
  cardSeries: z.string().nullable(),
  limits: z.array(limitSchema),
  terms: z.string().nullable(),
  hasImage: z.boolean(),
});

/** The owner of points. A programme keeps a separate balance for each owner. */
export const walletSchema = z.strictObject({ kind: z.enum(["customer", "group"]), id, programId: id });

export const balanceSchema = z.strictObject({
  /** Spendable now. */
  spendable: points,
  /** Promised, not spendable yet. */
  delayed: points,
  redeemed: points,
  expired: points,
  lifetime: points,
});

/** Points deducted from a wallet, by an issue or separately. */
export const redemptionSchema = z.strictObject({
  redemptionId: z.string(),
  userId: id,
  wallet: walletSchema,
  points,
  at: moment,
  till: z.string().nullable(),
  transactionNumber: z.string().nullable(),
  externalReference: z.string().nullable(),
  notes: z.string().nullable(),
  /** The request's content, which distinguishes a repeat from a different request under the same reference. */
  fingerprint: z.string(),
});

export const reversalSchema = z.strictObject({
  reversalId: z.string(),
  redemptionId: z.string(),
  points: points,
  at: moment,
});

export const givenSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("coupon"), seriesId: id, code: z.string(), expiresAt: moment }),
  z.strictObject({ kind: z.literal("promotion"), promotionId: id, name: z.string(), earnedId: z.string() }),
  z.strictObject({ kind: z.literal("vendor"), vendorId: id, vendorName: z.string(), voucher: z.string() }),
]);

/** A single attempt to issue a reward, successful or not. */
export const issualSchema = z.strictObject({
  transactionId: id,
  at: moment,
  userId: id,
  rewardId: id,
  requestId: z.string().nullable(),
  fingerprint: z.string(),
  transactionNumber: z.string().nullable(),
  till: z.string().nullable(),
  notes: z.string().nullable(),
  code: z.int(),
  message: z.string(),
  partner: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
  /** A `FAILED` attempt issued and charged nothing. */
  state: z.enum(["ISSUED", "REDEEMED", "CANCELLED", "FAILED"]),
  paymentConfigId: id.nullable(),
  isGroupRedemption: z.boolean(),
  redemption: redemptionSchema.nullable(),
  given: givenSchema.nullable(),
});

export const flagsSchema = z.strictObject({
  /** Whether the brand may revoke issued rewards. */
  REVOKE_ENABLE: z.boolean(),
  /** Whether redemptions may be reversed. */
  Allow_points_redemption_reversal: z.boolean(),
  /** The points that one customer may spend in a calendar month, over all rewards. */
  customerMonthlyPoints: points,
  /** HTTP status of a refusal by the rewards API and v2; v1.1 and revoke always answer 200. */
  failureStatus: z.union([z.literal(200), z.literal(400)]),
  /** `short` is the four keys of older brands: no transactionId and no echoed input. */
  issueAnswer: z.enum(["full", "short"]),
  /** The meaning of `page=0` in the rewards list of a customer. */
  pageZero: z.enum(["everything", "first"]),
  /** The key under which v2 lists a customer's groups, which is not documented. */
  groupListKey: z.string().min(1),
  /** Whether a customer's issuals omit their references. */
  hidesReferences: z.boolean().optional(),
});

/** A change of one wallet. `balanceAfter` is its spendable points, or its delayed ones for a promise. */
const movementSchema = z.strictObject({
  wallet: walletSchema,
  points: z.number(),
  currency: z.enum(["REGULAR", "PROMISED"]),
  balanceAfter: points,
});

const line = { seq: id, at: moment };

/** A line of the journal: every kind of change to the state. */
export const record = z.discriminatedUnion("type", [
  z.strictObject({ ...line, type: z.literal("customer"), customer: customerSchema }),
  z.strictObject({ ...line, type: z.literal("group"), group: groupSchema }),
  z.strictObject({ ...line, type: z.literal("reward"), reward: rewardSchema }),
  z.strictObject({ ...line, type: z.literal("flags"), flags: flagsSchema }),
  z.strictObject({ ...line, type: z.literal("balance"), wallet: walletSchema, balance: balanceSchema }),
  z.strictObject({ ...line, type: z.literal("issual"), issual: issualSchema, movement: movementSchema.nullable() }),
  z.strictObject({ ...line, type: z.literal("used"), transactionId: id }),
  z.strictObject({
    ...line,
    type: z.literal("revoke"),
    transactionId: id,
    reversal: reversalSchema.nullable(),
    movement: movementSchema.nullable(),
  }),
  z.strictObject({ ...line, type: z.literal("redemption"), redemption: redemptionSchema, movement: movementSchema }),
  z.strictObject({ ...line, type: z.literal("reversal"), reversal: reversalSchema, movement: movementSchema }),
  z.strictObject({
    ...line,
    type: z.literal("allocation"),
    uniqueId: z.string().nullable(),
    movement: movementSchema,
  }),
]);

export type Customer = z.infer<typeof customerSchema>;
export type Member = z.infer<typeof memberSchema>;
export type Group = z.infer<typeof groupSchema>;
export type PaymentConfig = z.infer<typeof paymentConfigSchema>;
export type Limit = z.infer<typeof limitSchema>;
export type Reward = z.infer<typeof rewardSchema>;
export type Wallet = z.infer<typeof walletSchema>;
export type Balance = z.infer<typeof balanceSchema>;
export type Redemption = z.infer<typeof redemptionSchema>;
export type Reversal = z.infer<typeof reversalSchema>;
export type Given = z.infer<typeof givenSchema>;
export type Issual = z.infer<typeof issualSchema>;
export type Flags = z.infer<typeof flagsSchema>;
export type Movement = z.infer<typeof movementSchema>;
export type MemoryRecord = z.infer<typeof record>;

/** The record without the fields common to all records. */
export type NewRecord = MemoryRecord extends infer Each
  ? Each extends MemoryRecord
    ? Omit<Each, "seq" | "at">
    : never
  : never;
