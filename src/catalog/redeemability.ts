import type { RedeemabilityReason, WalletKind } from "../domain/generated/words.ts";
import type { GroupStanding } from "../group/index.ts";
import { asShown, type CustomerView, hiddenReason, limitBroken } from "./customer-view.ts";
import { notOnOffer, type Reward } from "./reward.ts";

/** What is known of the viewer for one reward; null when nobody is signed in. */
export interface RedeemerFacts {
  payWith: WalletKind;
  /** What the wallet can spend; null when that is not known. */
  available: number | null;
  /** The group that is to pay; null where none is. */
  group: GroupStanding | null;
  /** Units of this reward that the customer has already redeemed. */
  alreadyRedeemed: number;
  /** How Capillary shows it to them; null for a reward of ours. */
  view: CustomerView | null;
  /** Whether Capillary would take the points. */
  isPaidThere: boolean;
}

export interface RedeemabilityVerdict {
  redeemable: boolean;
  shortBy: number | null;
  reasons: RedeemabilityReason[];
}

/** Whether one unit could be redeemed now, and every reason why not. */
export function evaluateRedeemability(known: Reward, redeemer: RedeemerFacts | null, now: Date): RedeemabilityVerdict {
  const reward = asShown(known, redeemer?.view);
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
    // Where no wallet would do, another one is no help.
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

function isLimitReached(reward: Reward, { alreadyRedeemed, view, isPaidThere }: RedeemerFacts): boolean {
  if (reward.limitPerCustomer !== null && alreadyRedeemed >= reward.limitPerCustomer) return true;
  return view !== null && limitBroken(view, { units: 1, points: isPaidThere ? reward.points : 0 }) !== null;
}

/** Why a group is not one to pay from. One that the customer is not in is one that does not exist. */
function groupReason(group: GroupStanding | null): RedeemabilityReason | null {
  if (!group?.isMember || group.status === "DELETED") return "GROUP_NOT_FOUND";
  return group.status === "ACTIVE" ? null : "GROUP_INACTIVE";
}
