import { z } from "zod";
import { slug } from "../platform/slug.ts";
import { isVisible } from "../platform/visible-text.ts";

/** The maximum of each number in a rule, so that no sum comes near 2^53. */
const MAX_CONFIGURED = 1_000_000_000;
const positive = z.int().min(1).max(MAX_CONFIGURED);
const pointsOrNone = z.int().min(0).max(MAX_CONFIGURED);
const amount = z.int().min(0);
const instant = z.iso.datetime({ offset: true });
const label = z.string().trim().max(120).refine(isVisible, "is empty");

/** Half-open: `from` is included, `until` is not. Null means no end. */
const window = z.strictObject({ from: instant, until: instant.nullable() });
export type Window = z.infer<typeof window>;

const audience = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("everybody") }),
  z.strictObject({ kind: z.literal("members"), memberIds: z.array(z.string().min(1).max(64)).min(1).max(10_000) }),
  z.strictObject({ kind: z.literal("new-members"), withinDays: z.int().min(0).max(3650) }),
]);
export type Audience = z.infer<typeof audience>;

/**
 * The maximum awards of a rule, in its own unit (points, or tickets for a lucky draw), over all its versions. A
 * member's day is the event's day in the programme's time zone. Null means no limit.
 */
const caps = z.strictObject({
  perEvent: positive.nullable(),
  memberDay: positive.nullable(),
  memberTotal: positive.nullable(),
  budget: z.int().min(1).nullable(),
});

/** The caps in the sequence of their application. */
export const capNames = ["PER_EVENT", "MEMBER_DAY", "MEMBER_TOTAL", "BUDGET"] as const;
export type CapName = (typeof capNames)[number];

const common = {
  /** The campaign of the rule: a welcome bonus, for instance, is awarded once for each member and campaign. */
  campaign: slug,
  name: label,
  window,
  audience,
  caps,
  /** Among exclusive rules only the first with an award counts; stackable rules add to it. */
  stacking: z.enum(["exclusive", "stackable"]),
  /** Higher priorities are evaluated first. */
  priority: z.int().min(-1000).max(1000),
  /** Days from the event until the award may be credited, and from then until it lapses; null means never. */
  pendingDays: z.int().min(0).max(365),
  expiryDays: z.int().min(1).max(3650).nullable(),
};

/** Points per amount as a fraction of whole numbers: one point per 100 is 1/100. */
const rate = z.strictObject({ points: positive, perAmount: positive });
/** The rate of the highest reached tier applies to the whole amount. */
const tier = z.strictObject({ from: amount, rate });
/** In basis points: 10 000 change nothing, 20 000 double. Applies if all its conditions hold. */
const multiplier = z.strictObject({
  name: label,
  basisPoints: z.int().min(1).max(1_000_000),
  /** 1 is Monday, 7 is Sunday, in the programme's time zone. */
  weekdays: z.array(z.int().min(1).max(7)).min(1).max(7).optional(),
  window: window.optional(),
});
export type Multiplier = z.infer<typeof multiplier>;

/** A rule as an operator writes it. It is plain data, so it can be stored, compared and shown as it is. */
export const ruleDefinition = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("register"), ...common, points: positive }),
  z.strictObject({
    action: z.literal("registerreferral"),
    ...common,
    /** The sharer's points for the n-th referral, by the last step with `from` up to n. */
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
    /** All applicable multipliers, in this sequence. */
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
    /** The points of the first to the seventh consecutive day; then the cycle restarts. */
    days: z.array(pointsOrNone).length(7),
    /** The number of consecutive missed days that a run survives; default 0. */
    freezes: z.int().min(0).max(30).optional(),
    /** Added to the day's points when a run reaches the length. */
    streakBonuses: z.array(z.strictObject({ streak: z.int().min(1).max(100_000), points: positive })).max(50),
  }),
  z.strictObject({
    action: z.literal("luckydraw"),
    ...common,
    drawId: slug,
    /** A ticket for each full amount of this size. */
    amountPerTicket: positive,
  }),
]);
export type RuleDefinition = z.infer<typeof ruleDefinition>;
export type DefinitionOf<A extends RuleDefinition["action"]> = Extract<RuleDefinition, { action: A }>;

/** A version of a rule. Used versions are immutable: changes create the next version. */
export interface Rule {
  id: string;
  version: number;
  definition: RuleDefinition;
}

export type Unit = "POINTS" | "TICKETS";
export const unitOf = (definition: RuleDefinition): Unit => (definition.action === "luckydraw" ? "TICKETS" : "POINTS");
