import { type Count, countersFor, referralMembers } from "./counters.ts";
import type { Decision } from "./decision.ts";
import { effectKey, rolesOf } from "./effect-key.ts";
import { countOccurrences, type LineFacts } from "./facts.ts";
import { readEvent } from "./reward-event.ts";
import type { Rule } from "./rule.ts";

/** The awards before this event, read by the evaluation. The reader locks them. */
export interface Usage {
  /** By `counterKey`; absent keys count as 0. */
  counters: ReadonlyMap<string, number>;
  /** Effect keys of existing awards. */
  given: ReadonlySet<string>;
  /** Referrals: from the receiver's id to the sharer's. */
  referredBy: ReadonlyMap<string, string>;
}

export const noUsage: Usage = { counters: new Map(), given: new Set(), referredBy: new Map() };

/**
 * The parts of the usage that the evaluation of these lines reads; each list is sorted and without duplicates.
 *
 * @returns `referrals`: the members whose chains of referrers must be read
 */
export function usageNeeded(
  rules: readonly Rule[],
  lines: readonly LineFacts[],
): { counters: string[]; effectKeys: string[]; referrals: string[] } {
  const counters = new Set<string>();
  const effectKeys = new Set<string>();
  const referrals = new Set<string>();
  for (const line of countOccurrences(lines)) {
    const event = readEvent(line);
    if ("missing" in event) continue;
    for (const rule of rules.filter(({ definition }) => definition.action === event.action)) {
      for (const key of countersFor(rule, event)) counters.add(key);
      for (const role of rolesOf(event)) effectKeys.add(effectKey(rule, event, role));
      for (const member of referralMembers(event)) referrals.add(member);
    }
  }
  return { counters: [...counters].sort(), effectKeys: [...effectKeys].sort(), referrals: [...referrals].sort() };
}

/** The parts of the usage that an evaluation needs, as `usageNeeded` lists them. */
export type UsageNeeded = ReturnType<typeof usageNeeded>;

/** A usage that grows with the decisions about each message in sequence. */
export function makeUsageSoFar(before: Usage) {
  const counters = new Map(before.counters);
  const given = new Set(before.given);
  const referredBy = new Map(before.referredBy);
  return {
    /** The part for one message: kept small, because each decision copies it. */
    of(needed: UsageNeeded = { counters: [], effectKeys: [], referrals: [] }): Usage {
      return {
        counters: new Map(needed.counters.map((key) => [key, counters.get(key) ?? 0])),
        given: new Set(needed.effectKeys.filter((key) => given.has(key))),
        referredBy: needed.referrals.length === 0 ? new Map() : referredBy,
      };
    },
    add(decisions: readonly Decision[]): void {
      for (const decision of decisions) {
        if (decision.outcome === "SKIP") continue;
        for (const { effectKey } of decision.awards) given.add(effectKey);
        if (decision.referral) referredBy.set(decision.referral.receiverId, decision.referral.sharerId);
        for (const { key, by } of decision.counts) counters.set(key, (counters.get(key) ?? 0) + by);
      }
    },
  };
}

/** The usage after these decisions. */
export function usageAfter(usage: Usage, decisions: readonly Decision[]): Usage {
  const given = new Set(usage.given);
  const referredBy = new Map(usage.referredBy);
  const counts: Count[] = [];
  for (const decision of decisions) {
    if (decision.outcome === "SKIP") continue;
    for (const award of decision.awards) given.add(award.effectKey);
    if (decision.referral) referredBy.set(decision.referral.receiverId, decision.referral.sharerId);
    counts.push(...decision.counts);
  }
  return { counters: added(usage.counters, counts), given, referredBy };
}

function added(counters: ReadonlyMap<string, number>, counts: readonly Count[]): ReadonlyMap<string, number> {
  const sums = new Map(counters);
  for (const { key, by } of counts) {
    const sum = (sums.get(key) ?? 0) + by;
    if (!Number.isSafeInteger(sum)) throw new RangeError(`the counter ${key} is full`);
    sums.set(key, sum);
  }
  return sums;
}
