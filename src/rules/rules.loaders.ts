import DataLoader from "dataloader";
import type { Db } from "../platform/db.ts";
import { counterKey } from "./counters.ts";

export interface RulesLoaders {
  /** By the rule's id: the sum of its awards over all versions, in its own unit. */
  budgetUsed: DataLoader<string, number>;
}

export function rulesLoaders(db: Db, options: { cache: boolean }): RulesLoaders {
  return {
    budgetUsed: new DataLoader<string, number>(async (ruleIds) => {
      const keys = ruleIds.map(counterKey.budget);
      const rows = await db.rewardCounter.findMany({
        where: { key: { in: keys } },
        select: { key: true, value: true },
      });
      const values = new Map(rows.map(({ key, value }) => [key, Number(value)]));
      return keys.map((key) => values.get(key) ?? 0);
    }, options),
  };
}
