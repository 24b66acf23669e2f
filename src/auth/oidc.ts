import { createRemoteJWKSet, decodeJwt, errors, jwtVerify } from "jose";
import { z } from "zod";
import { type OperatorRole, operatorRoles, rolesOf } from "../domain/operator-roles.ts";
import type { Logger } from "../platform/logger.ts";

export interface OidcOperator {
  subject: string;
  /** At least one. */
  roles: OperatorRole[];
  expiresAt: Date;
}

/** The operator of a valid token of the identity provider with a known role, or null. */
export type OidcVerifier = (token: string) => Promise<OidcOperator | null>;

const discovery = z.object({ issuer: z.string(), jwks_uri: z.url() });
const ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"];
const LEEWAY_SECONDS = 30;
/** Failures of the connection to the provider. All other errors of jose concern the token. */
const PROVIDER_AT_FAULT = new Set(["ERR_JOSE_GENERIC", "ERR_JWKS_INVALID", "ERR_JWKS_TIMEOUT"]);

export interface OidcOptions {
  issuer: string;
  audience: string;
  /** The claim with the operator's roles. */
  roleClaim: string;
  log: Logger;
}

/** Operators by OpenID Connect: a valid token of this issuer for this audience, whose claim contains a known role. */
export function makeOidcVerifier({ issuer, audience, roleClaim, log }: OidcOptions): OidcVerifier {
  let keys: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined;
  const discover = async () => {
    const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000), redirect: "error" });
    const found = discovery.parse(await response.json());
    if (found.issuer !== issuer) throw new Error(`${url} is the configuration of ${found.issuer}`);
    return createRemoteJWKSet(new URL(found.jwks_uri));
  };
  return async (token) => {
    // Skips the provider for a foreign token, such as a customer's expired one.
    if (claimedIssuer(token) !== issuer) return null;
    try {
      keys ??= discover();
      const { payload } = await jwtVerify(token, await keys, {
        algorithms: ALGORITHMS,
        issuer,
        audience,
        requiredClaims: ["exp", "sub"],
        clockTolerance: LEEWAY_SECONDS,
      });
      const { sub: subject = "", exp = 0 } = payload;
      const roles = rolesOf(payload, roleClaim);
      if (subject && roles.length > 0) return { subject, roles, expiresAt: new Date(exp * 1_000) };
      log.warn(
        { subject, claim: roleClaim },
        `A valid token was refused, because its claim has none of the roles ${operatorRoles.join(", ")}. Check OIDC_OPERATOR_CLAIM and the roles at the provider`,
      );
      return null;
    } catch (error) {
      if (error instanceof errors.JOSEError && !PROVIDER_AT_FAULT.has(error.code)) return null;
      keys = undefined; // the next token retries discovery
      const reason = reasonOf(error);
      log.warn(
        { issuer, reason },
        "The operators' identity provider cannot be asked, so its tokens are refused. Check OIDC_ISSUER and the network",
      );
      return null;
    }
  };
}

/** Fetch has the reason of its failure only in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const { message: detail, code } = (cause ?? {}) as NodeJS.ErrnoException;
  return [message, detail || code].filter(Boolean).join(": ");
}

/** Not verified: it only selects the verifier. */
function claimedIssuer(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}
