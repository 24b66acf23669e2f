import { UpstreamError, type UpstreamOutcome } from "../upstream-error.ts";

/** The reason for Capillary's refusal, independent of the code that reported it. */
export type CapillaryReason =
  /** The programme has no redemption rule for groups, or no rule that admits this group. */
  | "redemption-not-configured"
  | "unknown-group"
  | "not-a-member"
  | "unknown-customer"
  | "customer-blocked"
  | "unknown-brand"
  | "unknown-reward"
  /** Disabled, not yet started or ended. The code does not distinguish these; the reward's dates do. */
  | "not-on-offer"
  | "insufficient-points"
  /** Points cannot be redeemed, for an unstated reason. */
  | "points-not-redeemable"
  | "limit-reached"
  | "not-in-segment"
  | "no-active-card"
  | "payment-config-missing"
  | "bad-amount"
  /** The amount is not a valid multiple, or outside the minimum and maximum of one redemption. */
  | "amount-rule"
  | "otp-required"
  | "not-configured"
  | "bad-identifier"
  /** The key has been used. Only the customer's issuals show for what. A broken payment mode has the same code. */
  | "duplicate-request"
  /** The key was first sent with another payload. */
  | "changed-payload"
  /** Fewer units were issued than requested; a repeat with the same key requests the rest. */
  | "partly-issued"
  /** Another call for this customer is in flight. */
  | "locked"
  /** A failure that Capillary declares temporary. */
  | "try-later"
  | "revoke-not-enabled"
  /** A reward of the transaction has been redeemed or revoked already. */
  | "not-revocable"
  | "unknown-transaction"
  | "reversal-not-enabled"
  /** Reversed before, by this gateway or by another system. */
  | "already-reversed"
  | "unknown-redemption"
  /** A code without a known meaning. */
  | "other";

/**
 * The outcomes of reasons that are not plain refusals. A temporary refusal of a read is `transient`. A refusal that
 * refers to an earlier call is `unknown`, because that call may have been the gateway's own lost one.
 */
const outcomes: Partial<Record<CapillaryReason, UpstreamOutcome>> = {
  "duplicate-request": "unknown",
  "changed-payload": "unknown",
  "partly-issued": "unknown",
  "not-revocable": "unknown",
  "already-reversed": "unknown",
};
const forNow: ReadonlySet<CapillaryReason> = new Set(["locked", "try-later"]);

/**
 * Capillary refused the call. Codes and message are as received, for operators; the program decides only by `reason`.
 */
export class CapillaryError extends UpstreamError {
  override name = "CapillaryError";
  readonly reason: CapillaryReason;
  /** The answer's own codes first, then those of a partner system. */
  readonly codes: readonly string[];
  readonly upstreamMessage: string;
  /** A retry may succeed. A write needs a new key, because Capillary accepts the key of a failed event only once. */
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

/** The error for a call that was not made. */
export const notSent = (operation: string, message = "there is no Capillary to ask"): UpstreamError =>
  new UpstreamError({ service: "capillary", operation, outcome: "transient" }, message);
