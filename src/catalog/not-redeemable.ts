import type { RedeemabilityReason, UserErrorCode } from "../domain/generated/words.ts";
import type { Refusal } from "../domain/refusal.ts";

/** Reasons that have a code of their own. */
const codes: Partial<Record<RedeemabilityReason, UserErrorCode>> = {
  INSUFFICIENT_POINTS: "INSUFFICIENT_POINTS",
  LIMIT_REACHED: "LIMIT_REACHED",
  NOT_A_GROUP_MEMBER: "NOT_A_GROUP_MEMBER",
  GROUP_NOT_FOUND: "GROUP_NOT_FOUND",
};

/** @param upstreamCode Capillary's code of the refusal, for support */
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
