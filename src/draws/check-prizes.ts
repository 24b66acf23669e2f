import type { FieldProblem } from "../domain/field-problem.ts";
import type { Tx } from "../platform/db.ts";
import type { DrawCampaign } from "./draw-campaign.ts";

/**
 * Finds the rewards of a draw that could not be fulfilled. Our own rewards can be fulfilled for 0 points, also those
 * not on offer for points. Capillary's cannot: it checks each against the points, limits and conditions of the
 * customer.
 */
export async function checkPrizes(tx: Tx, { prizes }: Pick<DrawCampaign, "prizes">): Promise<FieldProblem[]> {
  const wanted = prizes.flatMap((prize, index) => (prize.kind === "reward" ? [{ sku: prize.sku, index }] : []));
  if (wanted.length === 0) return [];
  const rewards = await tx.reward.findMany({ where: { sku: { in: wanted.map(({ sku }) => sku) } } });
  return wanted.flatMap(({ sku, index }) => {
    const reward = rewards.find((each) => each.sku === sku);
    const problem = (message: string): FieldProblem[] => [{ field: ["prizes", index, "sku"], message }];
    if (!reward) return problem(`there is no reward with the SKU ${sku}`);
    if (reward.source !== "BIGCITY")
      return problem(`${sku} is Capillary's, which gives nothing for free: take one of ours`);
    return reward.archivedAt ? problem(`${sku} is archived`) : [];
  });
}
