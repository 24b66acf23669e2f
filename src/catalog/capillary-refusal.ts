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
  // An unknown customer outweighs all other reasons, because nothing can be issued.
  "unknown-customer": "NOT_ELIGIBLE",
  "insufficient-points": "INSUFFICIENT_POINTS",
  "not-on-offer": "INACTIVE",
  "unknown-reward": "INACTIVE",
};

/** The reason code for Capillary's refusal. Refusals that a customer cannot act on become UPSTREAM_REFUSED. */
export const redeemabilityReasonOf = (reason: CapillaryReason): RedeemabilityReason =>
  reasons[reason] ?? "UPSTREAM_REFUSED";
