import { GraphQLError } from "graphql";
import { type DatabaseFailure, databaseFailure } from "../platform/database-failure.ts";
import { Busy } from "../platform/lanes.ts";
import { UpstreamError } from "../upstream/upstream-error.ts";

/** The stable codes of top-level errors, beside Apollo's own for invalid documents. */
export type ErrorCode =
  | "UNAUTHENTICATED"
  | "FORBIDDEN"
  | "BAD_USER_INPUT"
  | "RATE_LIMITED"
  | "PERSISTED_QUERY_NOT_FOUND"
  | "PERSISTED_QUERY_NOT_IN_LIST"
  | "QUERY_NOT_IN_SAFELIST"
  | "UPSTREAM_UNAVAILABLE"
  | "SERVICE_UNAVAILABLE"
  | "INTERNAL_SERVER_ERROR";

const retryableCodes: readonly ErrorCode[] = ["RATE_LIMITED", "UPSTREAM_UNAVAILABLE", "SERVICE_UNAVAILABLE"];

/** An error with a message for the client. Every other thrown error is masked. */
export class PublicError extends GraphQLError {
  constructor(code: ErrorCode, message: string, facts: Record<string, unknown> = {}) {
    super(message, { extensions: { code, retryable: retryableCodes.includes(code), ...facts } });
  }
}

export const unauthenticated = () => new PublicError("UNAUTHENTICATED", "Sign in first.");
export const forbidden = (why: string) => new PublicError("FORBIDDEN", why);
/** `field` is the path of the invalid argument or input field, such as `input.quantity`. */
export const badUserInput = (field: string, problem: string) =>
  new PublicError("BAD_USER_INPUT", `${field}: ${problem}`, { field });

/** @param retryAfter seconds */
export const rateLimited = (retryAfter: number, message = "Too much at once. Try again in a moment.") =>
  new PublicError("RATE_LIMITED", message, { retryAfter });
const BUSY_SECONDS = 1;

export const internalError = (facts?: Record<string, unknown>) =>
  new PublicError("INTERNAL_SERVER_ERROR", "Something went wrong on our side.", facts);

/** The client's error during a failure of the gateway's database. */
export const serviceUnavailable = (failure: DatabaseFailure, facts?: Record<string, unknown>) =>
  failure === "read-only"
    ? new PublicError("SERVICE_UNAVAILABLE", "Changes are not possible right now. Try again in a moment.", facts)
    : new PublicError("SERVICE_UNAVAILABLE", "The service is not available right now. Try again in a moment.", facts);

/** The client's error for an upstream failure, without details. */
export function upstreamUnavailable(error: UpstreamError): PublicError {
  if (error.isCustomersAlone) {
    return forbidden(
      "Only a customer who is signed in can read their wallet. Set CLIENT_POINTS_AUTH=basic if the points provider lets the gateway read every wallet.",
    );
  }
  return error.isSignInOver
    ? new PublicError("UNAUTHENTICATED", "Your sign-in with the brand has run out. Sign in again.")
    : new PublicError("UPSTREAM_UNAVAILABLE", "This cannot be read right now. Try again in a moment.");
}

/** Apollo's and graphql-js's codes for documents and variables; their messages describe only the request itself. */
const requestErrorCodes = new Set([
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
  "OPERATION_RESOLUTION_FAILURE",
  "PERSISTED_QUERY_NOT_FOUND",
  "PERSISTED_QUERY_NOT_SUPPORTED",
  "BAD_REQUEST",
]);

/** The error in its public form, and whether it is unexpected, so that the log should contain it in full. */
export function toPublic(error: GraphQLError): { error: GraphQLError; isUnexpected: boolean } {
  const thrown = error.originalError ?? error;
  const known = publicErrorOf(thrown);
  const isAboutRequest = requestErrorCodes.has(String(error.extensions["code"])) || isCoercionError(error);
  const failure = known ? null : databaseFailure(thrown);

  const shown = known ?? (failure ? serviceUnavailable(failure) : isAboutRequest ? error : internalError());
  const { stacktrace: _, http: __, ...extensions } = shown.extensions; // Apollo's own
  return {
    isUnexpected: !known && (failure !== null || !isAboutRequest),
    error: new GraphQLError(shown.message, {
      nodes: error.nodes ?? null,
      source: error.source ?? null,
      positions: error.positions ?? null,
      path: error.path ?? null,
      extensions: { retryable: false, code: "BAD_USER_INPUT", ...extensions },
    }),
  };
}

function publicErrorOf(thrown: Error): PublicError | undefined {
  if (thrown instanceof PublicError) return thrown;
  if (thrown instanceof UpstreamError) return upstreamUnavailable(thrown);
  return thrown instanceof Busy ? rateLimited(BUSY_SECONDS) : undefined;
}

/**
 * An invalid argument or variable is reported before execution: by graphql-js, wrapped by Apollo, and without a path.
 */
function isCoercionError(error: GraphQLError): boolean {
  const isFromGraphql = error.originalError === undefined || error.originalError instanceof GraphQLError;
  return isFromGraphql && error.path === undefined && error.extensions["code"] !== "INTERNAL_SERVER_ERROR";
}
