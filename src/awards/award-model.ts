import type { LineOutcome } from "../intake/outcomes.ts";
import type { Tx } from "../platform/db.ts";
import type { RewardAward } from "../platform/generated/prisma/client.ts";
import type { Explanation } from "../rules/explanation.ts";

/** An award with why it was given, which stands with its decision. */
export type AwardModel = RewardAward & { readonly explanation: Explanation };

export async function readAward(tx: Tx, id: string): Promise<AwardModel | null> {
  const row = await tx.rewardAward.findUnique({ where: { id }, include: { decision: true } });
  if (!row) return null;
  const { decision, ...award } = row;
  return { ...award, explanation: decision.explanation as unknown as Explanation };
}

export const awardsOf = ({ awards, explanation }: LineOutcome): AwardModel[] =>
  awards.map((award) => ({ ...award, explanation }));
