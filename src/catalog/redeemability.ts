import type { RedeemabilityReason, WalletKind } from "../domain/generated/words.ts";
import type { GroupStanding } from "../group/index.ts";
import { applyCustomerView, type CustomerView, hiddenReason, limitBroken } from "./customer-view.ts";
import { notOnOffer, type Reward } from "./reward.ts";

/** The viewer's facts for one reward; null for an anonymous viewer. */
export interface RedeemerFacts {
  payWith: WalletKind;
  /** The wallet's spendable points; null if unknown. */
  available: number | null;
  /** The paying group; null without one. */
  group: GroupStanding | null;
  /** The units of this reward that the customer has already redeemed. */
  alreadyRedeemed: number;
  /** The customer's view at Capillary; null for an own reward. */
  view: CustomerView | null;
  /** Whether Capillary would charge the points. */
  isChargedByCapillary: boolean;
}

export interface RedeemabilityVerdict {
  redeemable: boolean;
  shortBy: number | null;
  reasons: RedeemabilityReason[];
}

/** Whether one unit could be redeemed now, and every reason against it. */
export function evaluateRedeemability(known: Reward, redeemer: RedeemerFacts | null, now: Date): RedeemabilityVerdict {
  const reward = applyCustomerView(known, redeemer?.view);
  const reasons = new Set<RedeemabilityReason>();
  const unavailable = notOnOffer(reward, now);
  if (unavailable) reasons.add(unavailable);
  if (reward.payableWith.length === 0) reasons.add("NOT_CONFIGURED");
  if (reward.stock === 0) reasons.add("SOLD_OUT");

  let shortBy: number | null = null;
  if (!redeemer) {
    reasons.add("NOT_SIGNED_IN");
  } else {
    const { available, payWith, group, view } = redeemer;
    const hidden = hiddenReason(view, unavailable === null);
    if (hidden) reasons.add(hidden.reason);
    const isPayable = reward.payableWith.includes(payWith);
    // If no wallet could pay, suggesting another one is no help.
    if (!isPayable && reward.payableWith.length > 0) reasons.add("WALLET_NOT_SUPPORTED");
    if (isLimitReached(reward, redeemer)) reasons.add("LIMIT_REACHED");
    const unpayable = isPayable && payWith === "GROUP" ? groupReason(group) : null;
    if (unpayable) reasons.add(unpayable);
    if (isPayable && !unpayable && available !== null && available < reward.points) {
      reasons.add("INSUFFICIENT_POINTS");
      shortBy = reward.points - available;
    }
  }
  return { redeemable: reasons.size === 0, shortBy, reasons: [...reasons] };
}

function isLimitReached(reward: Reward, { alreadyRedeemed, view, isChargedByCapillary }: RedeemerFacts): boolean {
  if (reward.limitPerCustomer !== null && alreadyRedeemed >= reward.limitPerCustomer) return true;
  return view !== null && limitBroken(view, { units: 1, points: isChargedByCapillary ? reward.points : 0 }) !== null;
}

/** The reason why a group cannot pay. A group without the customer as a member counts as not found. */
function groupReason(group: GroupStanding | null): RedeemabilityReason | null {
  if (!group?.isMember || group.status === "DELETED") return "GROUP_NOT_FOUND";
  return group.status === "ACTIVE" ? null : "GROUP_INACTIVE";
}
