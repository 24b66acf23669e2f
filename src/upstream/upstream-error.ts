import { ExpectedError } from "../platform/expected-error.ts";

/**
 * What a failed call to an upstream means.
 *
 * - `refused`: it answered no, and we understood the answer. Nothing happened there.
 * - `transient`: the request never reached it, or it was a read: it may simply be tried again.
 * - `unknown`: the request was sent and may have taken effect. Only evidence can tell.
 */
export type UpstreamOutcome = "refused" | "transient" | "unknown";

/** A call to an upstream that did not succeed. The message is for operators and logs, never for customers. */
export class UpstreamError extends ExpectedError {
  override name = "UpstreamError";
  readonly service: string;
  readonly operation: string;
  readonly outcome: UpstreamOutcome;
  readonly httpStatus: number | undefined;
  /** The customer's own credentials there were not accepted: signing in again gets new ones. */
  readonly isSignInOver: boolean;
  /** Only the customer's own sign-in may read it, which the caller does not have: trying again does not help. */
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
