import type { RedeemabilityReason, UserErrorCode } from "./generated/words.ts";

interface Words {
  code: UserErrorCode;
  message: string;
  /** The path of the invalid input field. */
  field?: readonly string[];
}

/** An expected refusal: the `UserError` types of the schema, as use cases state them. */
export type Refusal = Words &
  (
    | { __typename: "BasicUserError" }
    | { __typename: "CartConflict"; currentVersion: number }
    | { __typename: "InsufficientPoints"; available: number; required: number; shortBy: number }
    | { __typename: "LimitReached"; alreadyRedeemed: number; limit: number }
    | { __typename: "NotRedeemable"; reason: RedeemabilityReason; upstreamCode?: string | null }
    /** `attemptsLeft`: before a new password must be requested. */
    | { __typename: "OtpInvalid"; attemptsLeft: number }
    | { __typename: "OtpThrottled" | "SignInThrottled"; retryAt: Date }
    | { __typename: "SoldOut"; available: number; availableQuantity: number }
  );

/** The return value of a use case that refuses. */
export interface Refused {
  readonly refusals: readonly [Refusal, ...Refusal[]];
}

export const refused = (first: Refusal, ...others: Refusal[]): Refused => ({ refusals: [first, ...others] });

export const isRefused = (answer: object): answer is Refused => "refusals" in answer;

/** A refusal without further facts. `field` is the path of the invalid input field. */
export const refusal = (code: UserErrorCode, message: string, field?: readonly string[]): Refusal => ({
  __typename: "BasicUserError",
  code,
  message,
  ...(field && { field }),
});
