import type { RedeemabilityReason } from "../graphql/generated/resolvers.ts";
import type { CapillaryReason } from "../upstream/capillary/capillary-error.ts";

const reasons: Partial<Record<CapillaryReason, RedeemabilityReason>> = {
  "redemption-not-configured": "NOT_CONFIGURED",
  "payment-config-missing": "NOT_CONFIGURED",
  "not-configured": "NOT_CONFIGURED",
  "no-active-card": "NOT_ELIGIBLE",
  "not-a-member": "NOT_A_GROUP_MEMBER",
  "unknown-group": "GROUP_NOT_FOUND",
  "limit-reached": "LIMIT_REACHED",
  "not-in-segment": "NOT_ELIGIBLE",
  "customer-blocked": "NOT_ELIGIBLE",
  "insufficient-points": "INSUFFICIENT_POINTS",
  "not-on-offer": "INACTIVE",
};

export const redeemabilityReasonOf = (reason: CapillaryReason): RedeemabilityReason =>
  reasons[reason] ?? "UPSTREAM_REFUSED";
