import type { Tx } from "../platform/db.ts";
import type { RewardAward, RewardDecision } from "../platform/generated/prisma/client.ts";
import { contextToHandOn } from "../platform/tracing.ts";

export type NewDecision = Omit<RewardDecision, "explanation" | "at"> & { explanation: object };
type Who = "memberId" | "customerId" | "receiverId" | "role";
type What = "unit" | "drawId" | "sku" | "availableAt" | "expiresAt" | "state" | "settledAt";
/** An award that nobody has begun to credit. */
export type NewAward = Pick<RewardAward, "id" | "effectKey" | "decisionId" | Who | What> & { quantity: number };

/** Decisions and awards, of these decisions or of earlier ones, in one statement: every message comes by here. */
export async function insertDecisions(
  tx: Tx,
  { decisions = [], awards, at }: { decisions?: readonly NewDecision[]; awards: readonly NewAward[]; at: Date },
): Promise<void> {
  await tx.$executeRaw`
    with decided as (
      insert into reward_decisions (id, message_id, line, rule_id, rule_version, outcome, reason, explanation, at)
      select id, "messageId", line, "ruleId", "ruleVersion", outcome, reason, explanation, ${at}
      from jsonb_to_recordset(${JSON.stringify(decisions)}::jsonb) as new (
        id uuid, "messageId" uuid, line int, "ruleId" text, "ruleVersion" int, outcome decision_outcome, reason text, explanation jsonb))
    insert into reward_awards (id, effect_key, decision_id, member_id, customer_id, receiver_id, role, unit, quantity, draw_id, sku,
      available_at, expires_at, state, settled_at, created_at, trace)
    select id, "effectKey", "decisionId", "memberId", "customerId", "receiverId", role, unit, quantity, "drawId", sku,
      "availableAt", "expiresAt", state, "settledAt", ${at}, ${contextToHandOn() ?? null}
    from jsonb_to_recordset(${JSON.stringify(awards)}::jsonb) as new (
      id uuid, "effectKey" text, "decisionId" uuid, "memberId" uuid, "customerId" text, "receiverId" uuid, role award_role,
      unit award_unit, quantity bigint, "drawId" text, sku text, "availableAt" timestamptz, "expiresAt" timestamptz,
      state award_state, "settledAt" timestamptz)`;
}
