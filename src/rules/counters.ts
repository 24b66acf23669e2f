import { keyOf } from "../platform/key.ts";
import type { LocalDate } from "../platform/time-zone.ts";
import { cappedMember, type RewardEvent, subjectOf } from "./reward-event.ts";
import type { Rule } from "./rule.ts";

/**
 * Counters of awards so far: one number for each key, so that a store can lock only the counters that it needs. They
 * include all versions of a rule, in the rule's unit.
 */
export const counterKey = {
  budget: (ruleId: string) => keyOf("budget", ruleId),
  memberDay: (ruleId: string, memberId: string, day: LocalDate) => keyOf("day", ruleId, memberId, day),
  memberTotal: (ruleId: string, memberId: string) => keyOf("total", ruleId, memberId),
  /** The number of members that a sharer has referred. */
  referrals: (ruleId: string, sharerId: string) => keyOf("referrals", ruleId, sharerId),
};

export const isBudget = (key: string): boolean => key.startsWith("budget/");

/** The change of a counter by a decision. */
export interface Count {
  key: string;
  by: number;
}

/** The sum of changes for each key, sorted in the locking sequence. */
export function summed(counts: readonly Count[]): Count[] {
  const sums = new Map<string, number>();
  for (const { key, by } of counts) sums.set(key, (sums.get(key) ?? 0) + by);
  return [...sums].map(([key, by]) => ({ key, by })).sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** All counters that a rule may read or change for an event, sorted: locking in this sequence cannot deadlock. */
export function countersFor({ id }: Rule, event: RewardEvent): string[] {
  const member = cappedMember(event);
  const keys = [
    counterKey.budget(id),
    counterKey.memberDay(id, member, event.localDate),
    counterKey.memberTotal(id, member),
  ];
  if (event.action === "registerreferral") keys.push(counterKey.referrals(id, event.sharerId));
  return keys.sort();
}

/** The members whose referrers matter to an event: the receiver, and the chain of referrers above the sharer. */
export const referralMembers = (event: RewardEvent): string[] =>
  event.action === "registerreferral" ? [subjectOf(event), event.sharerId] : [];
