import { anonymous, type Viewer } from "../domain/viewer.ts";
import { isOneOf } from "../platform/same-secret.ts";
import type { AccessTokens } from "./access-token.ts";
import type { OidcVerifier } from "./oidc.ts";
import type { OperatorKeyStore } from "./operator-key.store.ts";
import type { SessionStore } from "./session.store.ts";

/**
 * The owner of the token; anonymous without a token or with an invalid one, so that an expired token can still be
 * refreshed.
 */
export type Identify = (token: string | undefined) => Promise<Viewer>;

export interface IdentifyDeps {
  accessTokens: AccessTokens;
  sessions: SessionStore;
  operatorKeys: Pick<OperatorKeyStore, "live">;
  /** The bearer of either token is an administrator. */
  operatorTokens: readonly string[];
  serviceTokens: readonly string[];
  oidc: OidcVerifier | undefined;
}

const OUR_NAMES = /^((key|account|customer|oidc):|(operator|service|system|warehouse)$)/;

/**
 * The operator's name for the audit log, by the subject at the identity provider. A subject that looks like another
 * kind of name gets a prefix, so that it cannot imitate another actor.
 */
export const operatorNameOf = (subject: string): string => (OUR_NAMES.test(subject) ? `oidc:${subject}` : subject);

export function makeIdentify(deps: IdentifyDeps): Identify {
  const { accessTokens, sessions, operatorKeys, operatorTokens, serviceTokens, oidc } = deps;
  const [isOperator, isService] = [isOneOf(operatorTokens), isOneOf(serviceTokens)];
  return async (token) => {
    if (!token) return anonymous;
    if (isOperator(token)) return { kind: "operator", operatorId: "operator", roles: ["admin"] };
    if (isService(token)) return { kind: "service", serviceId: "service" };
    const key = await operatorKeys.live(token);
    if (key) {
      const { id: keyId, name, roles, expiresAt, personId } = key;
      return {
        kind: "operator",
        operatorId: `key:${name}`,
        roles,
        expiresAt,
        keyId,
        personId: personId ?? undefined,
      };
    }
    const claims = await accessTokens.verify(token);
    if (claims) {
      const session = await sessions.live(claims.sessionId);
      if (session?.customerId !== claims.customerId) return anonymous;
      return { kind: "customer", customerId: session.customerId, sessionId: session.id };
    }
    const operator = await oidc?.(token);
    if (!operator) return anonymous;
    const { subject, roles, expiresAt } = operator;
    return { kind: "operator", operatorId: operatorNameOf(subject), roles, expiresAt, personId: personOf(subject) };
  };
}

/** A person, by the subject at the identity provider. */
export const personOf = (subject: string): string => `oidc:${subject}`;

/** The token of an `Authorization: Bearer …` header; undefined without one. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return authorization?.match(/^Bearer +(\S+)$/i)?.[1];
}
