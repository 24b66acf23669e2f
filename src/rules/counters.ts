import { keyOf } from "../platform/key.ts";
import type { LocalDate } from "../platform/time-zone.ts";
import { cappedMember, type RewardEvent, subjectOf } from "./reward-event.ts";
import type { Rule } from "./rule.ts";

/**
 * What has been given so far is kept in counters, one number under one key, so that a store can lock the few it needs. They
 * count over all versions of a rule, in the rule's unit.
 */
export const counterKey = {
  budget: (ruleId: string) => keyOf("budget", ruleId),
  memberDay: (ruleId: string, memberId: string, day: LocalDate) => keyOf("day", ruleId, memberId, day),
  memberTotal: (ruleId: string, memberId: string) => keyOf("total", ruleId, memberId),
  /** How many people a sharer has brought in. */
  referrals: (ruleId: string, sharerId: string) => keyOf("referrals", ruleId, sharerId),
};

export const isBudget = (key: string): boolean => key.startsWith("budget/");

/** By how much a decision moves a counter. */
export interface Count {
  key: string;
  by: number;
}

/** A count for each key, sorted in the order in which to lock them. */
export function summed(counts: readonly Count[]): Count[] {
  const sums = new Map<string, number>();
  for (const { key, by } of counts) sums.set(key, (sums.get(key) ?? 0) + by);
  return [...sums].map(([key, by]) => ({ key, by })).sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** All counters a rule may read or move for an event, sorted: locking them in this order cannot deadlock. */
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

/** The people whose referrer matters to an event: who referred the newcomer, and the line above the sharer. */
export const referralMembers = (event: RewardEvent): string[] =>
  event.action === "registerreferral" ? [subjectOf(event), event.sharerId] : [];
