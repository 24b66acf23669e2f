import type { Tx } from "../platform/db.ts";
import type { Rule } from "../rules/index.ts";

/**
 * Operators name chosen members as `customer:CUST12345`, `user:461` or `member:571`. Converts those names to our ids,
 * for the members of a message.
 */
export async function withOurIds(tx: Tx, rules: readonly Rule[], memberIds: readonly string[]): Promise<Rule[]> {
  if (!rules.some(({ definition }) => definition.audience.kind === "members")) return [...rules];
  const members = await tx.rewardMember.findMany({
    where: { id: { in: [...memberIds] } },
    select: { id: true, customerId: true, identities: { where: { kind: { not: "NIK" } } } },
  });
  const names = members.map(({ id, customerId, identities }) => ({
    id,
    names: [
      ...(customerId === null ? [] : [`customer:${customerId}`]),
      ...identities.map(({ kind, value }) => `${kind === "USER_ID" ? "user" : "member"}:${value}`),
    ],
  }));
  return rules.map((rule) => {
    const { audience } = rule.definition;
    if (audience.kind !== "members") return rule;
    const meant = names.filter((member) => member.names.some((name) => audience.memberIds.includes(name)));
    const ids = { kind: "members" as const, memberIds: meant.map(({ id }) => id) };
    return { ...rule, definition: { ...rule.definition, audience: ids } };
  });
}
