import type { RedeemabilityReason } from "../domain/generated/words.ts";
import type { CapillaryReason } from "../upstream/capillary/capillary-error.ts";

const reasons: Partial<Record<CapillaryReason, RedeemabilityReason>> = {
  "redemption-not-configured": "NOT_CONFIGURED",
  "payment-config-missing": "NOT_CONFIGURED",
  "not-configured": "NOT_CONFIGURED",
  "not-a-member": "NOT_A_GROUP_MEMBER",
  "unknown-group": "GROUP_NOT_FOUND",
  "limit-reached": "LIMIT_REACHED",
  "not-in-segment": "NOT_ELIGIBLE",
  "no-active-card": "NOT_ELIGIBLE",
  "customer-blocked": "NOT_ELIGIBLE",
  // Somebody it has never heard of is given nothing, whatever else is right.
  "unknown-customer": "NOT_ELIGIBLE",
  "insufficient-points": "INSUFFICIENT_POINTS",
  "not-on-offer": "INACTIVE",
  "unknown-reward": "INACTIVE",
};

/** Why a reward cannot be redeemed, when Capillary said no for this reason. What customers can do nothing with is UPSTREAM_REFUSED. */
export const redeemabilityReasonOf = (reason: CapillaryReason): RedeemabilityReason =>
  reasons[reason] ?? "UPSTREAM_REFUSED";
