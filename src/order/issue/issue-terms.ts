import { type IndividualLedger, isPaidThere, type Reward } from "../../catalog/index.ts";
import type { PaymentConfig } from "../../upstream/capillary/wire/reward.ts";

/** What Capillary is asked for with each unit of a line. */
export interface IssueTerms {
  upstreamRewardId: string;
  /** Named only where there are several: Capillary advises against it otherwise. */
  paymentConfigId: string | null;
  /** What it takes for one unit. 0 where it gives it for nothing, because the Client takes the points. */
  points: number;
}

/**
 * @param groupId the group that pays; null where the customer does
 * @param ledger whose points the customer's own wallet holds
 */
export function issueTerms(reward: Reward, groupId: string | null, ledger: IndividualLedger): IssueTerms {
  if (reward.upstreamId === null) throw new Error("a reward of our own cannot be issued by Capillary");
  const points = isPaidThere({ reward, groupId }, ledger) ? reward.points : 0;
  const configs = (reward.paymentConfigs ?? []) as unknown as PaymentConfig[];
  const config = configs.find(({ mode }) => mode === (points > 0 ? "POINTS" : "FREE"));
  return {
    upstreamRewardId: reward.upstreamId,
    paymentConfigId: configs.length > 1 ? (config?.id ?? null) : null,
    points,
  };
}
