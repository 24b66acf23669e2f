import type { RedeemabilityReason, WalletKind } from "../graphql/generated/resolvers.ts";
import { isOrderable, notOnOffer, type Reward } from "./reward.ts";

/** What is known of the viewer for one reward; null when nobody is signed in. */
export interface RedeemerFacts {
  payWith: WalletKind;
  /** What the wallet can spend; null when that is not known. */
  available: number | null;
  /** Units of this reward that the customer has already redeemed. */
  alreadyRedeemed: number;
}

export interface RedeemabilityVerdict {
  redeemable: boolean;
  shortBy: number | null;
  reasons: RedeemabilityReason[];
}

/** Whether one unit could be redeemed now, and every reason why not. */
export function judgeRedeemability(reward: Reward, redeemer: RedeemerFacts | null, now: Date): RedeemabilityVerdict {
  const reasons: RedeemabilityReason[] = [];
  const unavailable = notOnOffer(reward, now);
  if (unavailable) reasons.push(unavailable);
  if (!isOrderable(reward) || reward.payableWith.length === 0) reasons.push("NOT_CONFIGURED");
  if (reward.stock === 0) reasons.push("SOLD_OUT");

  let shortBy: number | null = null;
  if (!redeemer) {
    reasons.push("NOT_SIGNED_IN");
  } else {
    const { available, payWith } = redeemer;
    const isPayable = reward.payableWith.includes(payWith);
    // Where no wallet would do, another one is no help.
    if (!isPayable && reward.payableWith.length > 0) reasons.push("WALLET_NOT_SUPPORTED");
    if (reward.limitPerCustomer !== null && redeemer.alreadyRedeemed >= reward.limitPerCustomer)
      reasons.push("LIMIT_REACHED");
    if (isPayable && available !== null && available < reward.points) {
      reasons.push("INSUFFICIENT_POINTS");
      shortBy = reward.points - available;
    }
  }
  return { redeemable: reasons.length === 0, shortBy, reasons };
}
