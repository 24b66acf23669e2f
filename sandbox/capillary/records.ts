import { z } from "zod";

// What the Capillary side remembers, in our words; the folders `rewards`, `v1` and `v2` say how each API spells it.

const id = z.int().positive();
const points = z.number().nonnegative();
const moment = z.iso.datetime();

/** Someone enrolled with the brand. The mobile number is digits with country code, as the API takes it. */
export const customerSchema = z.strictObject({
  userId: id,
  /** The Client's customer id; null for someone the Client does not know. */
  externalId: z.string().min(1).nullable(),
  mobile: z.string().regex(/^\d{8,15}$/, "expected digits with country code"),
  email: z.email().nullable(),
  firstName: z.string(),
  lastName: z.string(),
  joinedAt: moment,
  segments: z.array(z.string()),
  cardSeries: z.array(z.string()),
  /** Marked as fraud: may earn, may not redeem. */
  isFraud: z.boolean(),
});

export const memberSchema = z.strictObject({
  userId: id,
  role: z.enum(["PRIMARY", "SECONDARY"]),
  /** Whether the group's settings let this member spend from its wallet. */
  mayRedeem: z.boolean(),
  joinedAt: moment,
  /** False once the member has left: Capillary keeps listing them. */
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
  /** One point buys `conversionRatio` units of the redemption value. */
  z.strictObject({ ...configId, mode: z.literal("CONV_RATIO"), conversionRatio: z.number().positive() }),
]);

export const limitSchema = z.strictObject({
  id,
  /** Counted over everybody, or for each customer. */
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
    /** Uploaded codes, given out in this order before any are made up. */
    codes: z.array(z.string()),
    /** How many more may be given; null for no end. */
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
  /** The price where there are no payment configs, and a stale one where there are. */
  intouchPoints: points,
  paymentConfigs: z.array(paymentConfigSchema).max(5),
  createdAt: moment,
  startsAt: moment,
  endsAt: moment,
  enabled: z.boolean(),
  categories: z.array(z.string()),
  /** The shelves it stands on; nothing to do with user groups. */
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

/** Whose points. A programme keeps its own balance of each. */
export const walletSchema = z.strictObject({ kind: z.enum(["customer", "group"]), id, programId: id });

export const balanceSchema = z.strictObject({
  /** What can be spent now. */
  spendable: points,
  /** Promised, not spendable yet. */
  delayed: points,
  redeemed: points,
  expired: points,
  lifetime: points,
});

/** Points taken from a wallet, by an issue or by themselves. */
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
  /** What was asked, to tell a repeat from a different request under the same reference. */
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

/** One attempt to issue a reward, successful or not. */
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
  /** `FAILED` gave nothing and took nothing. */
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
  /** Points one customer may spend on rewards in a calendar month, over all rewards. */
  customerMonthlyPoints: points,
  /** HTTP status of a refusal by the rewards API and v2; v1.1 and revoke always answer 200. */
  failureStatus: z.union([z.literal(200), z.literal(400)]),
  /** `short` is the four keys of older brands: no transactionId, nothing echoed. */
  issueAnswer: z.enum(["full", "short"]),
  /** What `page=0` means in the rewards list of a customer. */
  pageZero: z.enum(["everything", "first"]),
  /** The key under which v2 lists a customer's groups, which is not documented. */
  groupListKey: z.string().min(1),
  /** Whether a customer's issuals leave out what they were issued under. */
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

/** One line of the journal: everything that ever changes what Capillary remembers. */
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

/** The record without what every record has. */
export type NewRecord = MemoryRecord extends infer Each
  ? Each extends MemoryRecord
    ? Omit<Each, "seq" | "at">
    : never
  : never;
