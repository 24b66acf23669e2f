import { z } from "zod";
import { slug } from "../platform/slug.ts";
import { isVisible } from "../platform/visible-text.ts";

/** No single number of a rule is larger, so that no sum of ours comes near 2^53. */
const MAX_CONFIGURED = 1_000_000_000;
const positive = z.int().min(1).max(MAX_CONFIGURED);
const pointsOrNone = z.int().min(0).max(MAX_CONFIGURED);
const amount = z.int().min(0);
const instant = z.iso.datetime({ offset: true });
const label = z.string().trim().max(120).refine(isVisible, "is empty");

/** From the first instant up to, not including, the last; no end while `until` is null. */
const window = z.strictObject({ from: instant, until: instant.nullable() });
export type Window = z.infer<typeof window>;

const audience = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("everybody") }),
  z.strictObject({ kind: z.literal("members"), memberIds: z.array(z.string().min(1).max(64)).min(1).max(10_000) }),
  z.strictObject({ kind: z.literal("new-members"), withinDays: z.int().min(0).max(3650) }),
]);
export type Audience = z.infer<typeof audience>;

/**
 * What a rule gives at most, in its own unit (points, or tickets for a lucky draw), all its versions together. A member's
 * day is the day of the event where the programme is. Null is no limit.
 */
const caps = z.strictObject({
  perEvent: positive.nullable(),
  memberDay: positive.nullable(),
  memberTotal: positive.nullable(),
  budget: z.int().min(1).nullable(),
});

/** The caps, in the order in which they are applied. */
export const capNames = ["PER_EVENT", "MEMBER_DAY", "MEMBER_TOTAL", "BUDGET"] as const;
export type CapName = (typeof capNames)[number];

const common = {
  /** What the rule belongs to: a welcome bonus, say, is given once per member and campaign. */
  campaign: slug,
  name: label,
  window,
  audience,
  caps,
  /** Of the exclusive rules only the first that gives anything counts; stackable ones add to it. */
  stacking: z.enum(["exclusive", "stackable"]),
  /** Higher goes first. */
  priority: z.int().min(-1000).max(1000),
  /** Days from the event until the award may be credited, and from then until it lapses; null is never. */
  pendingDays: z.int().min(0).max(365),
  expiryDays: z.int().min(1).max(3650).nullable(),
};

/** Points per amount as a fraction of whole numbers: one point per 100 is 1/100. */
const rate = z.strictObject({ points: positive, perAmount: positive });
/** The whole amount earns at the rate of the highest tier it reaches. */
const tier = z.strictObject({ from: amount, rate });
/** 10 000 basis points change nothing, 20 000 double. It holds where all that it names is so. */
const multiplier = z.strictObject({
  name: label,
  basisPoints: z.int().min(1).max(1_000_000),
  /** 1 is Monday, 7 is Sunday, by the day where the programme is. */
  weekdays: z.array(z.int().min(1).max(7)).min(1).max(7).optional(),
  window: window.optional(),
});
export type Multiplier = z.infer<typeof multiplier>;

/** A rule, as an operator writes it: data all through, so it is stored, compared and shown as it is. */
export const ruleDefinition = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("register"), ...common, points: positive }),
  z.strictObject({
    action: z.literal("registerreferral"),
    ...common,
    /** What the sharer gets for the n-th person, by the last rung with `from` up to n. */
    ladder: z
      .array(z.strictObject({ from: z.int().min(1), points: pointsOrNone }))
      .min(1)
      .max(50),
    receiverPoints: pointsOrNone,
  }),
  z.strictObject({
    action: z.literal("transactionpromo"),
    ...common,
    minimumAmount: amount,
    tiers: z.array(tier).min(1).max(50),
    /** All that hold, one after the other as written. */
    multipliers: z.array(multiplier).max(20),
  }),
  z.strictObject({
    action: z.literal("transactionreferral"),
    ...common,
    products: z
      .array(z.strictObject({ productId: z.string().min(1).max(64), points: positive }))
      .min(1)
      .max(5000),
  }),
  z.strictObject({
    action: z.literal("dailycheckin"),
    ...common,
    /** Points of the first to the seventh day in a row; then the first again. */
    days: z.array(pointsOrNone).length(7),
    /** How many missed days in a row a run survives; none if left out. */
    freezes: z.int().min(0).max(30).optional(),
    /** On top of the day's points, when a run gets that long. */
    streakBonuses: z.array(z.strictObject({ streak: z.int().min(1).max(100_000), points: positive })).max(50),
  }),
  z.strictObject({
    action: z.literal("luckydraw"),
    ...common,
    drawId: slug,
    /** One ticket for each full such amount. */
    amountPerTicket: positive,
  }),
]);
export type RuleDefinition = z.infer<typeof ruleDefinition>;
export type DefinitionOf<A extends RuleDefinition["action"]> = Extract<RuleDefinition, { action: A }>;

/** One version of a rule. A version that has been used is not changed any more: the next one is written. */
export interface Rule {
  id: string;
  version: number;
  definition: RuleDefinition;
}

export type Unit = "POINTS" | "TICKETS";
export const unitOf = (definition: RuleDefinition): Unit => (definition.action === "luckydraw" ? "TICKETS" : "POINTS");
