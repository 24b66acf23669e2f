import { createHash, timingSafeEqual } from "node:crypto";
import { anonymous, type Viewer } from "../domain/viewer.ts";
import type { AccessTokens } from "./access-token.ts";
import type { OidcVerifier } from "./oidc.ts";
import type { SessionStore } from "./session.store.ts";

/** Whose token it is; anonymous for none, and for one that is not good, so that an expired token can still be refreshed. */
export type Identify = (token: string | undefined) => Promise<Viewer>;

export interface IdentifyDeps {
  accessTokens: AccessTokens;
  sessions: SessionStore;
  operatorToken: string | undefined;
  serviceToken: string | undefined;
  oidc: OidcVerifier | undefined;
}

export function makeIdentify({ accessTokens, sessions, operatorToken, serviceToken, oidc }: IdentifyDeps): Identify {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const isToken = (expected: string | undefined) => {
    const expectedDigest = expected === undefined ? undefined : digest(expected);
    return (token: string) => expectedDigest !== undefined && timingSafeEqual(digest(token), expectedDigest);
  };
  const [isOperator, isService] = [isToken(operatorToken), isToken(serviceToken)];
  return async (token) => {
    if (!token) return anonymous;
    if (isOperator(token)) return { kind: "operator", operatorId: "operator", roles: ["admin"] };
    if (isService(token)) return { kind: "service", serviceId: "service" };
    const claims = await accessTokens.verify(token);
    if (claims) {
      const session = await sessions.live(claims.sessionId);
      if (session?.customerId !== claims.customerId) return anonymous;
      return { kind: "customer", customerId: session.customerId, sessionId: session.id };
    }
    const operator = await oidc?.(token);
    if (!operator) return anonymous;
    const { subject: operatorId, roles, expiresAt } = operator;
    return { kind: "operator", operatorId, roles, expiresAt };
  };
}

/** The token of an `Authorization: Bearer …` header; undefined when there is none in it. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return authorization?.match(/^Bearer +(\S+)$/i)?.[1];
}
