import type { RedeemabilityReason, UserErrorCode } from "../domain/generated/words.ts";
import type { Refusal } from "../domain/refusal.ts";

/** Reasons that have a code of their own. */
const codes: Partial<Record<RedeemabilityReason, UserErrorCode>> = {
  INSUFFICIENT_POINTS: "INSUFFICIENT_POINTS",
  LIMIT_REACHED: "LIMIT_REACHED",
  NOT_A_GROUP_MEMBER: "NOT_A_GROUP_MEMBER",
  GROUP_NOT_FOUND: "GROUP_NOT_FOUND",
};

/** @param upstreamCode the number that Capillary said no with, for those who are asked about it */
export const notRedeemable = (
  reason: RedeemabilityReason,
  message: string,
  upstreamCode: string | null = null,
): Refusal & { __typename: "NotRedeemable" } => ({
  __typename: "NotRedeemable",
  code: codes[reason] ?? "NOT_REDEEMABLE",
  message,
  reason,
  upstreamCode,
});
