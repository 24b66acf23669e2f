import type { RewardAction } from "../messages/message.ts";
import type { Prisma, Tx } from "../platform/db.ts";
import type { Rule, RuleDefinition } from "./rule.ts";

export type RuleRow = Prisma.RewardRuleGetPayload<object>;

export const toRule = ({ ruleId, version, definition }: RuleRow): Rule => ({
  id: ruleId,
  version,
  definition: definition as unknown as RuleDefinition,
});

export const toStoredRule = ({ id, version, definition }: Rule) => ({
  ruleId: id,
  version,
  action: definition.action,
  definition: definition as unknown as Prisma.InputJsonObject,
});

/** All versions of the rules for these actions that are not retired, and the subset that was never used. */
export type RulesInForce = (tx: Tx, actions: readonly RewardAction[]) => Promise<{ rules: Rule[]; unused: Rule[] }>;

/** Reads the definition of a used version only once, because the database prevents its change. */
export function makeRulesInForce(): RulesInForce {
  const known = new Map<string, RuleDefinition>();
  return async (tx, actions) => {
    const rows = await tx.$queryRaw<
      (Omit<Rule, "definition"> & { definition: RuleDefinition | null; isUsed: boolean })[]
    >`
      select rule_id as id, version, used_at is not null as "isUsed",
        case when rule_id || '@' || version = any(${[...known.keys()]}) then null else definition end as definition
      from reward_rules where action = any(${[...actions]}) and retired_at is null`;
    const rules = rows.map(({ id, version, isUsed, definition: read }) => {
      const name = `${id}@${version}`;
      const definition = read ?? known.get(name);
      if (!definition) throw new Error(`rule ${name} has no definition`);
      if (isUsed) known.set(name, definition);
      return { id, version, definition };
    });
    return { rules, unused: rules.filter((_, place) => !rows[place]?.isUsed) };
  };
}

/** Makes these versions immutable. */
export async function markUsed(tx: Tx, rules: readonly Rule[], now: Date): Promise<void> {
  if (rules.length === 0) return;
  await tx.rewardRule.updateMany({
    where: { usedAt: null, OR: rules.map(({ id, version }) => ({ ruleId: id, version })) },
    data: { usedAt: now },
  });
}

/** The newest version of each rule; retired ones last. */
export async function newestRules(db: Tx): Promise<RuleRow[]> {
  const rows = await db.rewardRule.findMany({
    distinct: ["ruleId"],
    orderBy: [{ ruleId: "asc" }, { version: "desc" }],
  });
  return rows.sort((a, b) => Number(a.retiredAt !== null) - Number(b.retiredAt !== null));
}

/** All versions of a rule, the newest first. */
export const versionsOf = (db: Tx, ruleId: string): Promise<RuleRow[]> =>
  db.rewardRule.findMany({ where: { ruleId }, orderBy: { version: "desc" } });
