import type {
  BasicUserError,
  CartConflict,
  InsufficientPoints,
  LimitReached,
  NotRedeemable,
  OtpInvalid,
  OtpThrottled,
  SignInThrottled,
  SoldOut,
  UserErrorCode,
} from "../graphql/generated/resolvers.ts";

type Named<Name extends string, Shape> = Shape & { readonly __typename: Name };

/** An expected refusal, in the shape the schema's `UserError` types give it. */
export type Refusal =
  | Named<"BasicUserError", BasicUserError>
  | Named<"CartConflict", CartConflict>
  | Named<"InsufficientPoints", InsufficientPoints>
  | Named<"LimitReached", LimitReached>
  | Named<"NotRedeemable", NotRedeemable>
  | Named<"OtpInvalid", OtpInvalid>
  | Named<"OtpThrottled", OtpThrottled>
  | Named<"SignInThrottled", SignInThrottled>
  | Named<"SoldOut", SoldOut>;

/** What a use case answers instead of its result. */
export interface Refused {
  readonly refusals: readonly [Refusal, ...Refusal[]];
}

export const refused = (first: Refusal, ...others: Refusal[]): Refused => ({ refusals: [first, ...others] });

export const isRefused = (answer: object): answer is Refused => "refusals" in answer;

/** A refusal without further facts. `field` is the path of the input field at fault. */
export const refusal = (code: UserErrorCode, message: string, field?: readonly string[]): Refusal => ({
  __typename: "BasicUserError",
  code,
  message,
  ...(field && { field }),
});
