import { createPrivateKey, createPublicKey, randomUUID } from "node:crypto";
import { errors, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import type { Clock } from "../platform/clock.ts";
import { deriveKey } from "../platform/secret-box.ts";

const ALGORITHM = "EdDSA";
const TYPE = "at+jwt";
const ISSUER = "tessera";
const AUDIENCE = "tessera";
const LIFE_SECONDS = 15 * 60;
const LEEWAY_SECONDS = 5;
/** Checking a signature is a tenth of the work for a small query, and the same token comes with every one of them. */
const MAX_REMEMBERED = 10_000;

const claims = z.object({ sub: z.string().min(1), sid: z.uuid() });

export interface AccessTokens {
  issue(owner: { customerId: string; sessionId: string }): Promise<{ accessToken: string; expiresAt: Date }>;
  /** Null for a token that is not ours, was tampered with, or has expired. */
  verify(token: string): Promise<AccessClaims | null>;
}

export interface AccessClaims {
  customerId: string;
  sessionId: string;
  expiresAt: Date;
}

/** Signed access tokens, on a key derived from the session secret, so that every process of a gateway knows it. */
export function makeAccessTokens(sessionSecret: string, clock: Clock): AccessTokens {
  const privateKey = ed25519Key(deriveKey(sessionSecret, "access-token"));
  const publicKey = createPublicKey(privateKey);
  const remembered = new Map<string, AccessClaims>();
  return {
    async issue({ customerId, sessionId }) {
      const issuedAt = Math.floor(clock.now().getTime() / 1_000);
      const expiresAt = issuedAt + LIFE_SECONDS;
      const accessToken = await new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
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
      const known = remembered.get(token);
      if (known && known.expiresAt > clock.now()) return known;
      remembered.delete(token);
      try {
        const { payload } = await jwtVerify(token, publicKey, {
          algorithms: [ALGORITHM],
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

function ed25519Key(seed: Buffer) {
  // RFC 8410: the fixed PKCS#8 wrapping of a 32-byte Ed25519 seed.
  const prefix = Buffer.from("302e020100300506032b657004220420", "hex");
  return createPrivateKey({ key: Buffer.concat([prefix, seed]), format: "der", type: "pkcs8" });
}
