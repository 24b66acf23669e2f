import type { IncomingHttpHeaders } from "node:http";
import { isOneOf } from "../platform/same-secret.ts";
import { PublicError } from "./errors.ts";

/** The header, or parameter of `connection_init`, in which a router sends its secret beside the customer's `Authorization`. */
export const ROUTER_HEADER = "router-authorization";

/**
 * Whether a router of the brand's supergraph sent a request. Such a request has limits of its own, and may read the subgraph's
 * SDL and traces; whose data it may read follows from its `Authorization`, as for every other request.
 */
export interface TrustedRouter {
  /** False also for a wrong secret. */
  is(given: unknown): boolean;
  /** @throws UNAUTHENTICATED for a secret that is wrong: the limits for strangers would surprise the router's operators later */
  check(headers: IncomingHttpHeaders): void;
}

/** @param secrets each of which is good; without any no router is trusted */
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
