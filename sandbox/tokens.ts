import { randomUUID } from "node:crypto";
import { errors, jwtVerify, SignJWT } from "jose";

/** JSON Web Tokens with the claims `iat`, `exp`, `jti` (which makes each token unique) and `sub`, the customer. */
export interface Tokens {
  issue(subject: string): Promise<string>;
  /** The token's customer; undefined for a forged, expired or malformed token. */
  subjectOf(token: string): Promise<string | undefined>;
}

/**
 * @param options.signingKey fixed by each upstream, so that tokens stay valid after a restart and no token is valid for
 * both. It protects nothing: the sandbox holds no real points.
 */
export function makeTokens(options: { signingKey: string; lifetimeSeconds: number; clock: { now(): Date } }): Tokens {
  const { lifetimeSeconds, clock } = options;
  const key = new TextEncoder().encode(options.signingKey);
  return {
    issue: (subject) => {
      const now = Math.floor(clock.now().getTime() / 1000);
      return new SignJWT()
        .setProtectedHeader({ alg: "HS256", typ: "JWT" })
        .setSubject(subject)
        .setJti(randomUUID())
        .setIssuedAt(now)
        .setExpirationTime(now + lifetimeSeconds)
        .sign(key);
    },
    subjectOf: async (token) => {
      try {
        const { payload } = await jwtVerify(token, key, { algorithms: ["HS256"], currentDate: clock.now() });
        return payload.sub;
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}
