import type { RedeemabilityReason } from "../domain/generated/words.ts";
import type { CapillaryError } from "../upstream/capillary/capillary-error.ts";
import type { CustomerReward, RewardLimit } from "../upstream/capillary/wire/reward.ts";
import { redeemabilityReasonOf } from "./capillary-refusal.ts";
import { type IndividualLedger, type MirroredReward, toMirrored } from "./mirror/mirrored-reward.ts";
import type { Reward } from "./reward.ts";

type Terms = "points" | "payableWith" | "paymentConfigs" | "validFrom" | "validUntil" | "active";

/** A reward of Capillary as it is for one customer now. */
export type CustomerView =
  | {
      isShown: true;
      terms: Pick<MirroredReward, Terms>;
      isWithinLimits: boolean | null;
      limits: readonly RewardLimit[];
    }
  | { isShown: false; reason: RedeemabilityReason; upstreamCode: string | null };

/** Somebody it is not shown to: Capillary hides from a customer what is not for them. */
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

/** The reward with what it costs and how long it is on offer as the customer is told now; what we have withdrawn stays so. */
export function asShown(reward: Reward, view: CustomerView | null | undefined): Reward {
  if (!view?.isShown) return reward;
  const { points, payableWith, validFrom, validUntil, active } = view.terms;
  return { ...reward, points, payableWith, validFrom, validUntil, active: reward.active && active };
}

/**
 * The limit that so much more would break: the number of units it allows and how many were had, or nulls where it does not
 * count units. Null when there is none. Only advice, for Capillary decides when it gives.
 * @param points what Capillary itself would take for them
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
  // A limit that is used up may be none for this: of points, where none are taken. One that is not told is one.
  const isTold = view.limits.some(({ isExhausted, remaining }) => isExhausted === true || remaining === 0);
  const isBrokenSilently = view.isWithinLimits === false && !isTold;
  return broken.length > 0 || isBrokenSilently ? { limit: null, consumed: null } : null;
}

/** Why it cannot be had by this customer; null also where it is not on offer at all, and so in nobody's list. */
export function hiddenReason(
  view: CustomerView | null,
  isOnOffer: boolean,
): Extract<CustomerView, { isShown: false }> | null {
  if (!view || view.isShown) return null;
  return isOnOffer || view.upstreamCode !== null ? view : null;
}
