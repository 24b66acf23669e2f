import type { Count } from "./counters.ts";
import type { Role } from "./effect-key.ts";
import { type EventFacts, type Explanation, ruleOf, type Skip, type Step } from "./explanation.ts";
import { type CapName, type Rule, type Unit, unitOf } from "./rule.ts";

export interface RuleName {
  id: string;
  version: number;
  campaign: string;
}

/** An award of a decision. */
export interface Award {
  effectKey: string;
  memberId: string;
  role: Role;
  unit: Unit;
  /** Points or tickets; always at least 1. */
  quantity: number;
  /** The draw of the tickets; null for points. */
  drawId: string | null;
  /** The earliest time of crediting. */
  availableAt: Date;
  /** The time when the award lapses; null means never. */
  expiresAt: Date | null;
  /** The caps that reduced the award. */
  cutBy: CapName[];
}

/**
 * The decision of a rule's version about an event. Its awards, counts and referral are one effect: they are written
 * together or not at all.
 */
export type Decision =
  | {
      outcome: "AWARD";
      rule: RuleName;
      awards: Award[];
      counts: Count[];
      /** The sharer referred the receiver; null for other events. */
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
