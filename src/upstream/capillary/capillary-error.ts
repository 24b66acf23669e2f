import { UpstreamError, type UpstreamOutcome } from "../upstream-error.ts";

/** Why Capillary said no, whichever of its numbers said it. */
export type CapillaryReason =
  /** The programme has no redemption rule for groups, or none that lets this one through. */
  | "redemption-not-configured"
  | "unknown-group"
  | "not-a-member"
  | "unknown-customer"
  | "customer-blocked"
  | "unknown-brand"
  | "unknown-reward"
  /** Disabled, not yet started or ended; the number does not say which, the reward's dates do. */
  | "not-on-offer"
  | "insufficient-points"
  /** Points cannot be redeemed, and it was not said why. */
  | "points-not-redeemable"
  | "limit-reached"
  | "not-in-segment"
  | "no-active-card"
  | "payment-config-missing"
  | "bad-amount"
  /** Not a multiple, above the most or below the least that may be redeemed at once. */
  | "amount-rule"
  | "otp-required"
  | "not-configured"
  | "bad-identifier"
  /** The key is used up. What it was used for, only the customer's issuals tell. A broken payment mode has the same number. */
  | "duplicate-request"
  /** The key was first sent with something else. */
  | "changed-payload"
  /** Fewer were issued than asked for; the same key asks for the rest. */
  | "partly-issued"
  /** Another call for this customer is under way. */
  | "locked"
  /** A failure that is said to pass. */
  | "try-later"
  | "revoke-not-enabled"
  /** Some reward of the transaction is redeemed, or revoked already. */
  | "not-revocable"
  | "unknown-transaction"
  | "reversal-not-enabled"
  /** Reversed before, by us or by somebody else. */
  | "already-reversed"
  | "unknown-redemption"
  /** A number we have no meaning for. */
  | "other";

/**
 * What an answer that said no leaves behind. Two kinds of no are not `refused`: one for now, which of a read is `transient`,
 * and one that speaks of something that happened before, which is `unknown`, because it may have been our own lost call.
 */
const outcomes: Partial<Record<CapillaryReason, UpstreamOutcome>> = {
  "duplicate-request": "unknown",
  "changed-payload": "unknown",
  "partly-issued": "unknown",
  "not-revocable": "unknown",
  "already-reversed": "unknown",
};
const forNow: ReadonlySet<CapillaryReason> = new Set(["locked", "try-later"]);

/** Capillary answered no. Numbers and words are as it sent them, for operators; only `reason` is to be decided by. */
export class CapillaryError extends UpstreamError {
  override name = "CapillaryError";
  readonly reason: CapillaryReason;
  /** Its numbers, the answer's own first, a partner system's after it. */
  readonly codes: readonly string[];
  readonly upstreamMessage: string;
  /** The same may be asked again. A write needs a new key then: that of a failed event cannot be used twice. */
  readonly isRetryable: boolean;

  constructor(
    facts: { operation: string; writes: boolean; httpStatus?: number | undefined },
    no: { reason: CapillaryReason; codes: readonly string[]; message: string },
  ) {
    const isRetryable = forNow.has(no.reason);
    const outcome = outcomes[no.reason] ?? (isRetryable && !facts.writes ? "transient" : "refused");
    super(
      { service: "capillary", operation: facts.operation, outcome, httpStatus: facts.httpStatus },
      `${no.reason} (${no.codes.join("/") || "no code"}) ${no.message}`.trim(),
    );
    this.reason = no.reason;
    this.codes = no.codes;
    this.upstreamMessage = no.message;
    this.isRetryable = isRetryable;
  }
}

export function hasReason(error: unknown, ...reasons: CapillaryReason[]): error is CapillaryError {
  return error instanceof CapillaryError && reasons.includes(error.reason);
}

/** The failure of a call that was not made. */
export const notSent = (operation: string, message = "there is no Capillary to ask"): UpstreamError =>
  new UpstreamError({ service: "capillary", operation, outcome: "transient" }, message);
