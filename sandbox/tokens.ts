import { randomUUID } from "node:crypto";
import { errors, jwtVerify, SignJWT } from "jose";

/** JSON Web Tokens: claims `iat`, `exp`, `jti` (no two tokens are equal) and `sub`, whom it was issued to. */
export interface Tokens {
  issue(subject: string): Promise<string>;
  /** Whose token it is; undefined when it is forged, expired or no token at all. */
  subjectOf(token: string): Promise<string | undefined>;
}

/**
 * @param options.signingKey fixed by each upstream, so that a restart keeps tokens valid and no token is good at both.
 *   It protects nothing: the sandbox holds no real points.
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
