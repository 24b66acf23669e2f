import type { Failure } from "../../failure.ts";
import type { Operation } from "../../operation.ts";
import type { Upstream } from "../../upstream.ts";
import { rewardsCode } from "../codes.ts";

export const rewardsRoot = "/api_gateway/rewards/core/v1";

export const yes = (message: string, code: number = 200) => ({ status: { success: true, code, message } });

/**
 * A part of the rewards API: its operations and the form of their refusals.
 * @param options.failureStatus the HTTP status of a business refusal
 * @param options.empty the payload keys that are null in a refusal
 */
export function rewardsUpstream(
  operations: readonly Operation[],
  options: { failureStatus: () => number; empty?: object },
): Upstream {
  return {
    name: "capillary",
    operations,
    answerTo: (failure) => ({
      kind: "json",
      status: { refused: options.failureStatus(), invalid: 400, unauthorized: 401 }[failure.kind],
      body: { status: no(failure), ...options.empty },
    }),
  };
}

function no({ kind, code, message, partner }: Failure) {
  const usual = kind === "invalid" ? rewardsCode.badRequest : rewardsCode.notAvailable;
  return {
    success: false,
    code: code ?? (partner ? rewardsCode.notRedeemable : usual),
    message,
    ...(partner && { partnerError: { codes: [partner.code], messages: [partner.message] } }),
  };
}
