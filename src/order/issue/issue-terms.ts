import { type IndividualLedger, isChargedByCapillary, type Reward } from "../../catalog/index.ts";
import type { PaymentConfig } from "../../upstream/capillary/wire/reward.ts";

/** The terms of the issue request for each unit of a line. */
export interface IssueTerms {
  upstreamRewardId: string;
  /** Set only if the reward has several payment configurations: Capillary advises against it otherwise. */
  paymentConfigId: string | null;
  /** The points that Capillary charges for one unit; 0 if the points provider takes the points. */
  points: number;
}

/**
 * @param groupId the paying group; null if the customer pays
 * @param ledger the ledger of the customer's own wallet
 */
export function issueTerms(reward: Reward, groupId: string | null, ledger: IndividualLedger): IssueTerms {
  if (reward.upstreamId === null) throw new Error("a reward of our own cannot be issued by Capillary");
  const points = isChargedByCapillary({ reward, groupId }, ledger) ? reward.points : 0;
  const configs = (reward.paymentConfigs ?? []) as unknown as PaymentConfig[];
  const config = configs.find(({ mode }) => mode === (points > 0 ? "POINTS" : "FREE"));
  return {
    upstreamRewardId: reward.upstreamId,
    paymentConfigId: configs.length > 1 ? (config?.id ?? null) : null,
    points,
  };
}
