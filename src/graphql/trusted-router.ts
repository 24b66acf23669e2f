import type { IncomingHttpHeaders } from "node:http";
import { isOneOf } from "../platform/same-secret.ts";
import { PublicError } from "./errors.ts";

/** The header, or parameter of `connection_init`, with a router's secret, beside the customer's `Authorization`. */
export const ROUTER_HEADER = "router-authorization";

/**
 * Whether a router of the brand's supergraph sent a request. Such a request has limits of its own, and may read the
 * subgraph's SDL and traces; its access to data follows from its `Authorization`, as for every other request.
 */
export interface TrustedRouter {
  /** False also for a wrong secret. */
  is(given: unknown): boolean;
  /**
   * @throws UNAUTHENTICATED for a wrong secret: under the public limits, the router's misconfiguration would show only
   * later
   */
  check(headers: IncomingHttpHeaders): void;
}

/** @param secrets the valid secrets; an empty list trusts no router */
export function makeTrustedRouter(secrets: readonly string[]): TrustedRouter {
  const isSecret = isOneOf(secrets);
  const is = (given: unknown) => typeof given === "string" && isSecret(given);
  return {
    is,
    check({ [ROUTER_HEADER]: given }) {
      if (given !== undefined && !is(given)) throw wrongSecret();
    },
  };
}

const wrongSecret = () =>
  new PublicError(
    "UNAUTHENTICATED",
    "The secret in the Router-Authorization header is not this gateway's ROUTER_SECRET.",
    {
      http: { status: 401 },
    },
  );
