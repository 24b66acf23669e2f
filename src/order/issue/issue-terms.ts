import type { IndividualLedger } from "../../catalog/mirror/mirrored-reward.ts";
import type { WalletKind } from "../../graphql/generated/resolvers.ts";
import type { PaymentConfig } from "../../upstream/capillary/wire/reward.ts";

/** What Capillary is asked for with each unit of a line. */
export interface IssueTerms {
  upstreamRewardId: string;
  /** Named only where there are several: Capillary advises against it otherwise. */
  paymentConfigId: string | null;
  /** What it takes for one unit. 0 where it gives it for nothing, because the Client takes the points. */
  points: number;
}

/** A mirrored reward, as far as issuing needs it. */
export interface IssuableReward {
  upstreamId: string | null;
  paymentConfigs: unknown;
  points: number;
}

/** Whether Capillary keeps the points that a line is paid with. */
export const isPaidThere = (payWith: WalletKind, points: number, ledger: IndividualLedger) =>
  points > 0 && (payWith === "GROUP" || ledger === "capillary");

/** @param ledger whose points the customer's own wallet holds */
export function issueTerms(reward: IssuableReward, payWith: WalletKind, ledger: IndividualLedger): IssueTerms {
  if (reward.upstreamId === null) throw new Error("a reward of our own cannot be issued by Capillary");
  const points = isPaidThere(payWith, reward.points, ledger) ? reward.points : 0;
  const configs = (reward.paymentConfigs ?? []) as PaymentConfig[];
  const config = configs.find(({ mode }) => mode === (points > 0 ? "POINTS" : "FREE"));
  return {
    upstreamRewardId: reward.upstreamId,
    paymentConfigId: configs.length > 1 ? (config?.id ?? null) : null,
    points,
  };
}
