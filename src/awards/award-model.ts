import type { Tx } from "../platform/db.ts";
import type { RewardAward } from "../platform/generated/prisma/client.ts";
import type { Explanation } from "../rules/index.ts";

/** An award with the explanation of its decision. */
export type AwardModel = RewardAward & { readonly explanation: Explanation };

export async function readAward(tx: Tx, id: string): Promise<AwardModel | null> {
  const row = await tx.rewardAward.findUnique({ where: { id }, include: { decision: true } });
  return row && withExplanation(row);
}

export function withExplanation(row: RewardAward & { decision: { explanation: unknown } }): AwardModel {
  const { decision, ...award } = row;
  return { ...award, explanation: decision.explanation as Explanation };
}

/** The awards of one decision, each with the decision's explanation. */
export const awardsOf = (decision: { awards: readonly RewardAward[]; explanation: Explanation }): AwardModel[] =>
  decision.awards.map((award) => ({ ...award, explanation: decision.explanation }));

/** Whether a lucky draw's ticket won the award; false for an award by a rule. */
export const isPrize = ({ unit, drawId }: { unit: string; drawId?: string | null }) =>
  unit !== "TICKETS" && drawId != null;

/** The display name of an award, in the programme's words. */
export const awardName = (award: { unit: string; drawId?: string | null }, { rule }: Explanation): string =>
  isPrize(award) ? `Won in ${award.drawId}` : rule.name;
