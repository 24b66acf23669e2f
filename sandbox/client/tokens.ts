import { errors, jwtVerify, SignJWT } from "jose";

// Fixed, so that a restart keeps tokens valid. It protects nothing: the sandbox holds no real points.
const secret = new TextEncoder().encode("tessera-sandbox-signing-key-0001");
const lifetimeSeconds = 12 * 60 * 60;

/** The customer's JSON Web Token: claims `iat`, `exp` and `sub`, the customer id. */
export interface Tokens {
  issue(customerId: string): Promise<string>;
  /** Whose token it is; undefined when it is forged, expired or no token at all. */
  customerOf(token: string): Promise<string | undefined>;
}

export function makeTokens(clock: { now(): Date }): Tokens {
  return {
    issue: (customerId) => {
      const now = Math.floor(clock.now().getTime() / 1000);
      return new SignJWT()
        .setProtectedHeader({ alg: "HS256", typ: "JWT" })
        .setSubject(customerId)
        .setIssuedAt(now)
        .setExpirationTime(now + lifetimeSeconds)
        .sign(secret);
    },
    customerOf: async (token) => {
      try {
        const { payload } = await jwtVerify(token, secret, {
          algorithms: ["HS256"],
          currentDate: clock.now(),
        });
        return payload.sub;
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}
