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

/** Every version of the rules for an action that has not retired, and those that have never been used. */
export async function rulesInForce(tx: Tx, action: RewardAction): Promise<{ rules: Rule[]; unused: Rule[] }> {
  const rows = await tx.$queryRaw<(Rule & { isUsed: boolean })[]>`
    select rule_id as id, version, definition, used_at is not null as "isUsed" from reward_rules
    where action = ${action} and retired_at is null`;
  return { rules: rows, unused: rows.filter(({ isUsed }) => !isUsed) };
}

/** From now on these versions are what they are. */
export async function markUsed(tx: Tx, rules: readonly Rule[], now: Date): Promise<void> {
  if (rules.length === 0) return;
  await tx.rewardRule.updateMany({
    where: { usedAt: null, OR: rules.map(({ id, version }) => ({ ruleId: id, version })) },
    data: { usedAt: now },
  });
}

/** Of each rule the newest version; retired ones last. */
export async function newestRules(db: Tx): Promise<RuleRow[]> {
  const rows = await db.rewardRule.findMany({
    distinct: ["ruleId"],
    orderBy: [{ ruleId: "asc" }, { version: "desc" }],
  });
  return rows.sort((a, b) => Number(a.retiredAt !== null) - Number(b.retiredAt !== null));
}
