import type { RedeemabilityReason } from "../domain/generated/words.ts";
import type { CapillaryError } from "../upstream/capillary/capillary-error.ts";
import type { CustomerReward, RewardLimit } from "../upstream/capillary/wire/reward.ts";
import { redeemabilityReasonOf } from "./capillary-refusal.ts";
import { type IndividualLedger, type MirroredReward, toMirrored } from "./mirror/mirrored-reward.ts";
import type { Reward } from "./reward.ts";

type Terms = "points" | "payableWith" | "paymentConfigs" | "validFrom" | "validUntil" | "active";

/** The current state of a Capillary reward for one customer. */
export type CustomerView =
  | {
      isShown: true;
      terms: Pick<MirroredReward, Terms>;
      isWithinLimits: boolean | null;
      limits: readonly RewardLimit[];
    }
  | { isShown: false; reason: RedeemabilityReason; upstreamCode: string | null };

/** Capillary hides a reward from customers who are not eligible for it. */
export const hidden: CustomerView = { isShown: false, reason: "NOT_ELIGIBLE", upstreamCode: null };

export function viewOf(reward: CustomerReward, ledger: IndividualLedger): CustomerView {
  const { isWithinLimits, limits } = reward;
  const terms = toMirrored(reward, { brandName: "", ledger });
  return terms ? { isShown: true, terms, isWithinLimits, limits } : hidden;
}

export const viewOfRefusal = ({ reason, codes }: CapillaryError): CustomerView => ({
  isShown: false,
  reason: redeemabilityReasonOf(reason),
  upstreamCode: codes[0] ?? null,
});

/** The reward with the customer's current price and dates; an archived reward stays archived. */
export function applyCustomerView(reward: Reward, view: CustomerView | null | undefined): Reward {
  if (!view?.isShown) return reward;
  const { points, payableWith, validFrom, validUntil, active } = view.terms;
  return { ...reward, points, payableWith, validFrom, validUntil, active: reward.active && active };
}

/**
 * The limit that this quantity would exceed, with the number of units allowed and used, or nulls if it counts no units.
 * Null if no limit is exceeded. Only advice: Capillary decides when it issues.
 * @param points the points that Capillary would charge
 */
export function limitBroken(
  view: CustomerView,
  { units, points }: { units: number; points: number },
): { limit: number | null; consumed: number | null } | null {
  if (!view.isShown) return null;
  const isBroken = ({ kpi, remaining, isExhausted }: RewardLimit) => {
    if (remaining === null) return isExhausted === true;
    if (kpi === "QUANTITY") return remaining < units;
    return points > 0 && (kpi === "POINTS" ? remaining < points : isExhausted === true);
  };
  const broken = view.limits.filter(isBroken);
  const counted = broken.find(({ kpi, limit, consumed }) => kpi === "QUANTITY" && limit !== null && consumed !== null);
  if (counted) return { limit: Math.floor(counted.limit ?? 0), consumed: Math.ceil(counted.consumed ?? 0) };
  // An exhausted limit of points does not apply if no points are charged. Without an exhausted limit in the list,
  // `isWithinLimits: false` means that an unlisted limit is exceeded.
  const isLimitShown = view.limits.some(({ isExhausted, remaining }) => isExhausted === true || remaining === 0);
  const isBrokenSilently = view.isWithinLimits === false && !isLimitShown;
  return broken.length > 0 || isBrokenSilently ? { limit: null, consumed: null } : null;
}

/**
 * The reason why this customer cannot have the reward; null also for a reward that is not on offer, and so in nobody's
 * list.
 */
export function hiddenReason(
  view: CustomerView | null,
  isOnOffer: boolean,
): Extract<CustomerView, { isShown: false }> | null {
  if (!view || view.isShown) return null;
  return isOnOffer || view.upstreamCode !== null ? view : null;
}
