import type { Tx } from "../platform/db.ts";
import type { RewardAward, RewardDecision } from "../platform/generated/prisma/client.ts";

export type NewDecision = Omit<RewardDecision, "explanation" | "at"> & { explanation: object };
type MemberColumn = "memberId" | "customerId" | "receiverId" | "role";
type AwardColumn = "unit" | "drawId" | "sku" | "availableAt" | "expiresAt" | "state" | "settledAt" | "trace";
/** An award before its crediting. */
export type NewAward = Pick<RewardAward, "id" | "effectKey" | "decisionId" | MemberColumn | AwardColumn> & {
  quantity: number;
};

/** Inserts decisions and their awards in one statement with a list for each column, because every message runs it. */
export async function insertDecisions(
  tx: Tx,
  { decisions, awards, at }: { decisions: readonly NewDecision[]; awards: readonly NewAward[]; at: Date },
): Promise<void> {
  const decided = <Column extends keyof NewDecision>(column: Column) => decisions.map((row) => row[column]);
  const awarded = <Column extends keyof NewAward>(column: Column) => awards.map((row) => row[column]);
  const dates = (column: "availableAt" | "expiresAt" | "settledAt") =>
    awards.map((row) => row[column]?.toISOString() ?? null);
  await tx.$executeRaw`
    with decided as (
      insert into reward_decisions (id, message_id, line, rule_id, rule_version, outcome, reason, explanation, at)
      select id, message_id, line, rule_id, rule_version, outcome::decision_outcome, reason, explanation::jsonb, ${at}
      from unnest(${decided("id")}::uuid[], ${decided("messageId")}::uuid[], ${decided("line")}::int[], ${decided("ruleId")}::text[],
          ${decided("ruleVersion")}::int[], ${decided("outcome")}::text[], ${decided("reason")}::text[],
          ${decided("explanation").map((explanation) => JSON.stringify(explanation))}::text[])
        as new (id, message_id, line, rule_id, rule_version, outcome, reason, explanation))
    insert into reward_awards (id, effect_key, decision_id, member_id, customer_id, receiver_id, role, unit, quantity, draw_id, sku,
      available_at, expires_at, state, settled_at, created_at, trace)
    select id, effect_key, decision_id, member_id, customer_id, receiver_id, role::award_role, unit::award_unit, quantity, draw_id, sku,
      available_at, expires_at, state::award_state, settled_at, ${at}, trace
    from unnest(${awarded("id")}::uuid[], ${awarded("effectKey")}::text[], ${awarded("decisionId")}::uuid[],
        ${awarded("memberId")}::uuid[], ${awarded("customerId")}::text[], ${awarded("receiverId")}::uuid[], ${awarded("role")}::text[],
        ${awarded("unit")}::text[], ${awarded("quantity")}::bigint[], ${awarded("drawId")}::text[], ${awarded("sku")}::text[],
        ${dates("availableAt")}::timestamptz[], ${dates("expiresAt")}::timestamptz[], ${awarded("state")}::text[],
        ${dates("settledAt")}::timestamptz[], ${awarded("trace")}::text[])
      as new (id, effect_key, decision_id, member_id, customer_id, receiver_id, role, unit, quantity, draw_id, sku,
        available_at, expires_at, state, settled_at, trace)`;
}
