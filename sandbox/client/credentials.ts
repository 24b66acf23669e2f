import type { IncomingHttpHeaders } from "node:http";
import { credentialsAfter, isBasic } from "../authorization.ts";
import { Failure } from "../failure.ts";
import { makeTokens, type Tokens } from "../tokens.ts";

export interface Credentials {
  user: string;
  password: string;
}

/** The caller: the gateway itself, for any customer, or one customer with their own token. */
export type Caller = { kind: "service" } | { kind: "customer"; customerId: string };

/** This upstream's only 401 answer, for all reasons. */
export const unauthorized = (challenge: string): Failure =>
  new Failure("unauthorized", "Unauthorized", { headers: { "www-authenticate": challenge } });

const basicChallenge = 'Basic realm="client-points"';
export const customerChallenge = `Bearer realm="client-points", ${basicChallenge}`;

export const customerTokenKey = "tessera-sandbox-signing-key-0001";

/** The customers' tokens, valid for twelve hours. */
export const makeCustomerTokens = (clock: { now(): Date }): Tokens =>
  makeTokens({ signingKey: customerTokenKey, lifetimeSeconds: 12 * 60 * 60, clock });

export interface CredentialChecks {
  /** Basic only. */
  service(headers: IncomingHttpHeaders): Caller;
  /** Basic, or Bearer with a token signed by this sandbox. */
  serviceOrCustomer(headers: IncomingHttpHeaders): Promise<Caller>;
}

export function makeCredentialChecks({ user, password }: Credentials, tokens: Tokens): CredentialChecks {
  const isService = ({ authorization }: IncomingHttpHeaders) => isBasic(authorization, user, password);

  return {
    service: (headers) => {
      if (!isService(headers)) throw unauthorized(basicChallenge);
      return { kind: "service" };
    },
    serviceOrCustomer: async (headers) => {
      if (isService(headers)) return { kind: "service" };
      const token = credentialsAfter("Bearer", headers.authorization);
      const customerId = token && (await tokens.subjectOf(token));
      if (!customerId) throw unauthorized(customerChallenge);
      return { kind: "customer", customerId };
    },
  };
}
