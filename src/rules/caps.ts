import type { LocalDate } from "../platform/time-zone.ts";
import { counterKey } from "./counters.ts";
import type { Role } from "./effect-key.ts";
import type { Step } from "./explanation.ts";
import type { Rule } from "./rule.ts";
import { type CapName, capNames } from "./rule.ts";

/** The caps of a side. A receiver gets one bonus in a lifetime, so only the budget limits it. */
const capsOf = (role: Role): readonly CapName[] => (role === "RECEIVER" ? ["BUDGET"] : capNames);

/**
 * Limits the award of a side by each cap, narrowest cap first.
 *
 * @param counters as they are before this award
 * @returns `cutBy`: the caps that reduced the award, in that order
 */
export function applyCaps(
  { id, definition: { caps } }: Rule,
  { role, memberId, quantity }: { role: Role; memberId: string; quantity: number },
  localDate: LocalDate,
  counters: ReadonlyMap<string, number>,
): { quantity: number; steps: Step[]; cutBy: CapName[] } {
  const used = (key: string) => counters.get(key) ?? 0;
  const table: Record<CapName, { limit: number | null; used: number }> = {
    PER_EVENT: { limit: caps.perEvent, used: 0 },
    MEMBER_DAY: { limit: caps.memberDay, used: used(counterKey.memberDay(id, memberId, localDate)) },
    MEMBER_TOTAL: { limit: caps.memberTotal, used: used(counterKey.memberTotal(id, memberId)) },
    BUDGET: { limit: caps.budget, used: used(counterKey.budget(id)) },
  };
  const steps: Step[] = [];
  const cutBy: CapName[] = [];
  let result = quantity;
  for (const cap of capsOf(role)) {
    const { limit, used } = table[cap];
    if (limit === null || result === 0) continue;
    const before = result;
    const left = Math.max(0, limit - used);
    result = Math.min(before, left);
    steps.push({ step: "cap", side: role, cap, limit, used, left, before, result });
    if (result < before) cutBy.push(cap);
  }
  return { quantity: result, steps, cutBy };
}
