import { randomUUID } from "node:crypto";
import { errors, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import type { Clock } from "../platform/clock.ts";
import { SIGNING_ALGORITHM, type SigningKeys } from "./signing-keys.ts";

const TYPE = "at+jwt";
const ISSUER = "tessera";
const AUDIENCE = "tessera";
const LIFE_SECONDS = 15 * 60;
const LEEWAY_SECONDS = 5;
/**
 * Verified tokens are cached: the signature check is a tenth of a small query's work, and each query repeats the token.
 */
const MAX_REMEMBERED = 10_000;

const claims = z.object({ sub: z.string().min(1), sid: z.uuid() });

export interface AccessTokens {
  issue(owner: { customerId: string; sessionId: string }): Promise<{ accessToken: string; expiresAt: Date }>;
  /** The claims of a token that was verified before and has not expired; null for every other. */
  verified(token: string): AccessClaims | null;
  /** Null for a foreign, altered or expired token. */
  verify(token: string): Promise<AccessClaims | null>;
}

export interface AccessClaims {
  customerId: string;
  sessionId: string;
  expiresAt: Date;
}

/** The access tokens of customers. Other services can verify them with the keys that `jwks-route.ts` publishes. */
export function makeAccessTokens(signingKeys: SigningKeys, clock: Clock): AccessTokens {
  const remembered = new Map<string, AccessClaims>();
  const keyOf = async ({ kid }: { kid?: string | undefined }) => {
    const key = kid === undefined ? null : await signingKeys.byKid(kid);
    if (!key) throw new errors.JWKSNoMatchingKey();
    return key.publicKey;
  };
  function verified(token: string): AccessClaims | null {
    const known = remembered.get(token);
    if (!known || known.expiresAt > clock.now()) return known ?? null;
    remembered.delete(token);
    return null;
  }
  return {
    verified,

    async issue({ customerId, sessionId }) {
      const issuedAt = Math.floor(clock.now().getTime() / 1_000);
      const expiresAt = issuedAt + LIFE_SECONDS;
      const { kid, privateKey } = await signingKeys.current();
      const accessToken = await new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: SIGNING_ALGORITHM, typ: TYPE, kid })
        .setSubject(customerId)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt(issuedAt)
        .setNotBefore(issuedAt)
        .setExpirationTime(expiresAt)
        .setJti(randomUUID())
        .sign(privateKey);
      return { accessToken, expiresAt: new Date(expiresAt * 1_000) };
    },

    async verify(token) {
      const known = verified(token);
      if (known) return known;
      try {
        const { payload } = await jwtVerify(token, keyOf, {
          algorithms: [SIGNING_ALGORITHM],
          typ: TYPE,
          issuer: ISSUER,
          audience: AUDIENCE,
          requiredClaims: ["exp", "nbf", "iat"],
          clockTolerance: LEEWAY_SECONDS,
          currentDate: clock.now(),
        });
        const { sub, sid } = claims.parse(payload);
        const verified = { customerId: sub, sessionId: sid, expiresAt: new Date(Number(payload.exp) * 1_000) };
        remembered.set(token, verified);
        if (remembered.size > MAX_REMEMBERED) remembered.delete(remembered.keys().next().value ?? "");
        return verified;
      } catch (error) {
        if (error instanceof errors.JOSEError || error instanceof z.ZodError) return null;
        throw error;
      }
    },
  };
}
