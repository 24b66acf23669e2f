import type { Count } from "./counters.ts";
import type { Role } from "./effect-key.ts";
import { type EventFacts, type Explanation, ruleOf, type Skip, type Step } from "./explanation.ts";
import { type CapName, type Rule, type Unit, unitOf } from "./rule.ts";

export interface RuleName {
  id: string;
  version: number;
  campaign: string;
}

/** One entry for the ledger. */
export interface Award {
  effectKey: string;
  memberId: string;
  role: Role;
  unit: Unit;
  /** Points or tickets; always at least 1. */
  quantity: number;
  /** The draw the tickets are for; null for points. */
  drawId: string | null;
  /** Not to be credited before. */
  availableAt: Date;
  /** Lapses then; null is never. */
  expiresAt: Date | null;
  /** The caps that left less than was earned. */
  cutBy: CapName[];
}

/**
 * What one version of a rule says to one event. All awards of a decision, its counts and its referral are one effect: they
 * are written together or not at all.
 */
export type Decision =
  | {
      outcome: "AWARD";
      rule: RuleName;
      awards: Award[];
      counts: Count[];
      /** That the sharer brought in the receiver; null where that is not what happened. */
      referral: { sharerId: string; receiverId: string } | null;
      explanation: Explanation;
    }
  | { outcome: "SKIP"; rule: RuleName; skip: Skip; explanation: Explanation };

export function skipped(rule: Rule, facts: EventFacts, skip: Skip, steps: Step[] = []): Decision {
  return {
    outcome: "SKIP",
    rule: nameOf(rule),
    skip,
    explanation: { rule: ruleOf(rule), unit: unitOf(rule.definition), facts, steps, awards: [], skip },
  };
}

export const nameOf = ({ id, version, definition: { campaign } }: Rule) => ({ id, version, campaign });
