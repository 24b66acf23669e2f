import { awardName } from "../awards/index.ts";
import type { RewardAward } from "../platform/generated/prisma/client.ts";
import type { Explanation } from "../rules/index.ts";
import type { MemberEvent } from "./member-event.ts";

/** The feed's event for a new award of a member. */
export function awardEvent(
  award: Pick<RewardAward, "id" | "unit" | "availableAt" | "expiresAt" | "drawId"> & { quantity: number | bigint },
  explanation: Explanation,
): MemberEvent {
  const { id, unit, quantity, availableAt, expiresAt, drawId } = award;
  return {
    type: "AWARD_MADE",
    awardId: id,
    unit,
    quantity: Number(quantity),
    action: explanation.facts.action,
    campaign: explanation.rule.campaign,
    rule: awardName(award, explanation),
    forDraw: drawId,
    availableAt: availableAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
  };
}
