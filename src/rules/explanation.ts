import type { RewardAction } from "../messages/message.ts";
import type { Role } from "./effect-key.ts";
import type { LineFacts } from "./facts.ts";
import { type Missing, type RewardEvent, subjectOf } from "./reward-event.ts";
import type { Audience, CapName, Rule, Unit } from "./rule.ts";

/** A calculation of a rule, with all its operands. `result` is the input of the next step. */
export type Step = { side: Role; result: number } & (
  | { step: "fixed" }
  /** The `referral`-th member, by the step of the ladder that starts at `from`. */
  | { step: "ladder"; referralsSoFar: number; referral: number; from: number }
  /** floor(amount × points ÷ perAmount), at the rate of the tier that starts at `from`. */
  | { step: "rate"; amount: number; from: number; points: number; perAmount: number }
  /** floor(before × basisPoints ÷ 10 000). */
  | { step: "multiplier"; name: string; basisPoints: number; before: number }
  | { step: "product"; productId: string }
  | { step: "cycle-day"; streak: number; day: number }
  /** before + bonus. */
  | { step: "streak-bonus"; streak: number; bonus: number; before: number }
  /** The worth of the run, less the worth of its parts without the late day; at least 0. */
  | { step: "run"; run: number; worth: number; runsBefore: number[]; worthBefore: number }
  /** floor(amount ÷ amountPerTicket). */
  | { step: "tickets"; amount: number; amountPerTicket: number }
  /** The minimum of `before` and limit − used. */
  | { step: "cap"; cap: CapName; limit: number; used: number; left: number; before: number }
);

/** The reason for a decision without an award. */
export type Skip =
  | Reason<"MISSING_FACT", Missing>
  | Reason<"OUTSIDE_WINDOW", { at: string; from: string; until: string | null }>
  | Reason<"NOT_IN_AUDIENCE", { audience: Audience["kind"] }>
  | Reason<"ALREADY_AWARDED", { effectKey: string }>
  | Reason<"EXCLUDED", { byRule: string }>
  | Reason<"SELF_REFERRAL">
  | Reason<"SECOND_REFERRAL">
  | Reason<"REVERSED_REFERRAL">
  | Reason<"BELOW_MINIMUM", { amount: number; minimumAmount: number }>
  | Reason<"PRODUCT_NOT_LISTED", { productId: string }>
  | Reason<"NOTHING_EARNED">
  | Reason<"CAP_REACHED", { cap: CapName }>
  | Reason<"RESULT_TOO_LARGE">
  | Reason<"DRAW_NOT_OPEN", { drawId: string }>;
export type SkipReason = Skip["reason"];
type Reason<Name extends string, Facts = unknown> = { reason: Name } & Facts;

/** The explanation of a decision. Plain JSON for storage; `explain` converts it to sentences. */
export interface Explanation {
  rule: { id: string; version: number; name: string; campaign: string };
  unit: Unit;
  facts: EventFacts;
  steps: Step[];
  awards: { side: Role; quantity: number; cutBy: CapName[] }[];
  skip: Skip | null;
}

/** The facts that the action uses, dates as text. */
export type EventFacts = { action: RewardAction; at: string; localDate: string; memberSince: string | null } & Partial<
  Pick<LineFacts, "memberId" | "amount" | "productId" | "reference" | "sharerId" | "receiverId" | "occurrence">
> & { subjectId?: string };

export function factsOf(event: RewardEvent): EventFacts {
  const { at, memberSince, ...facts } = event;
  const dates = { at: at.toISOString(), memberSince: memberSince?.toISOString() ?? null };
  if (!("checkInDays" in facts)) return { ...facts, ...dates, subjectId: subjectOf(event) };
  const { checkInDays: _, ...rest } = facts; // possibly hundreds of days; the steps contain their result
  return { ...rest, ...dates, subjectId: subjectOf(event) };
}

/** The facts of a line with a missing fact. */
export const factsOfIncomplete = ({ action, at, localDate, memberSince }: LineFacts): EventFacts => ({
  action,
  at: at.toISOString(),
  localDate,
  memberSince: memberSince?.toISOString() ?? null,
});

export const ruleOf = ({ id, version, definition: { name, campaign } }: Rule) => ({ id, version, name, campaign });
