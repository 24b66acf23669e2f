import { ExpectedError } from "../platform/expected-error.ts";

/**
 * The outcome of a failed upstream call.
 *
 * - `refused`: the upstream answered with a refusal. The call had no effect.
 * - `transient`: the request was not sent, or was a read: a retry is safe.
 * - `unknown`: the request was sent and may have taken effect. Only evidence can decide.
 */
export type UpstreamOutcome = "refused" | "transient" | "unknown";

/** A failed upstream call. The message is for operators and logs, never for customers. */
export class UpstreamError extends ExpectedError {
  override name = "UpstreamError";
  readonly service: string;
  readonly operation: string;
  readonly outcome: UpstreamOutcome;
  readonly httpStatus: number | undefined;
  /** The upstream rejected the customer's own credentials: a new sign-in renews them. */
  readonly isSignInOver: boolean;
  /** Only the customer's own sign-in may read it, and the caller lacks it: a retry does not help. */
  readonly isCustomersAlone: boolean;

  constructor(
    facts: {
      service: string;
      operation: string;
      outcome: UpstreamOutcome;
      httpStatus?: number | undefined;
      isSignInOver?: boolean;
      isCustomersAlone?: boolean;
    },
    message: string,
    options?: ErrorOptions,
  ) {
    super(`${facts.service} ${facts.operation}: ${message}`, options);
    this.service = facts.service;
    this.operation = facts.operation;
    this.outcome = facts.outcome;
    this.httpStatus = facts.httpStatus;
    this.isSignInOver = facts.isSignInOver ?? false;
    this.isCustomersAlone = facts.isCustomersAlone ?? false;
  }
}

export function hasOutcome(error: unknown, ...outcomes: UpstreamOutcome[]): error is UpstreamError {
  return error instanceof UpstreamError && outcomes.includes(error.outcome);
}
