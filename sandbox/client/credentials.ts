import type { IncomingHttpHeaders } from "node:http";
import { Failure } from "../failure.ts";
import type { Tokens } from "./tokens.ts";

export interface Credentials {
  user: string;
  password: string;
}

/** Who is calling: the gateway itself, for any customer, or one customer with their own token. */
export type Caller = { kind: "service" } | { kind: "customer"; customerId: string };

/** The one 401 this upstream gives, whatever the reason. */
export const unauthorized = (challenge: string): Failure =>
  new Failure("unauthorized", "Unauthorized", { "www-authenticate": challenge });

const basicChallenge = 'Basic realm="client-points"';
export const customerChallenge = `Bearer realm="client-points", ${basicChallenge}`;

export interface CredentialChecks {
  /** Basic only. */
  service(headers: IncomingHttpHeaders): Caller;
  /** Basic, or Bearer with a token this sandbox signed. */
  serviceOrCustomer(headers: IncomingHttpHeaders): Promise<Caller>;
}

export function makeCredentialChecks({ user, password }: Credentials, tokens: Tokens): CredentialChecks {
  const isService = ({ authorization }: IncomingHttpHeaders) => {
    const encoded = after("Basic", authorization);
    return encoded !== undefined && Buffer.from(encoded, "base64").toString() === `${user}:${password}`;
  };

  return {
    service: (headers) => {
      if (!isService(headers)) throw unauthorized(basicChallenge);
      return { kind: "service" };
    },
    serviceOrCustomer: async (headers) => {
      if (isService(headers)) return { kind: "service" };
      const token = after("Bearer", headers.authorization);
      const customerId = token && (await tokens.customerOf(token));
      if (!customerId) throw unauthorized(customerChallenge);
      return { kind: "customer", customerId };
    },
  };
}

function after(scheme: string, authorization: string | undefined): string | undefined {
  const [given, credentials] = authorization?.split(" ") ?? [];
  return given?.toLowerCase() === scheme.toLowerCase() ? credentials : undefined;
}
