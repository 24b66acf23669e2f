import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import { makeManageRules } from "./manage-rules.ts";
import { type RulesLoaders, rulesLoaders } from "./rules.loaders.ts";
import { rulesResolvers } from "./rules.resolvers.ts";

export { actionWords } from "./action-words.ts";
export { readCampaigns } from "./campaigns.ts";
export { insertCheckIns, type NewCheckIn, readCheckInDays } from "./check-in/check-in.store.ts";
export { isWithinBackfill, nextCheckInAt } from "./check-in/check-in-days.ts";
export { streaks } from "./check-in/streaks.ts";
export { type Count, counterKey, isBudget } from "./counters.ts";
export { type Decision, skipped } from "./decision.ts";
export { evaluateLines, leadingRule } from "./evaluate.ts";
export { explain } from "./explain.ts";
export { type Explanation, factsOfIncomplete } from "./explanation.ts";
export type { LineFacts } from "./facts.ts";
export { makeRulesInForce, markUsed, type RulesInForce, toRule } from "./rule.store.ts";
export type { DefinitionOf, Rule } from "./rule.ts";
export { addToCounters, BudgetExceeded, type Budgets, moveCounters, readUsage, useBudgets } from "./usage.store.ts";
export { makeUsageSoFar, usageNeeded } from "./usage.ts";
export type { RulesLoaders };

/** The versioned rules that decide the awards of events. */
export function openRules({ db, clock }: { db: Db; clock: Clock }) {
  return {
    loaders: (options: { cache: boolean }) => rulesLoaders(db, options),
    resolvers: rulesResolvers({ db, clock, manageRules: makeManageRules({ db, clock }) }),
  };
}
