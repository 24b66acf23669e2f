import { createECDH, createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from "node:crypto";
import { calculateJwkThumbprint, type JWK } from "jose";
import type { RotatedSecret } from "../platform/cipher.ts";
import type { Clock } from "../platform/clock.ts";

export const SIGNING_ALGORITHM = "ES256";
const DAY_MS = 24 * 60 * 60 * 1_000;
/** The period for which one key signs new tokens. */
export const SIGNING_PERIOD_MS = 30 * DAY_MS;
/** How long a key stays valid for verification after its period: a multiple of a token's lifetime. */
export const KNOWN_AFTERWARDS_MS = 60 * 60 * 1_000;

export interface SigningKey {
  /** The thumbprint of the public key (RFC 7638). */
  kid: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
  /** The public key in its published form. */
  jwk: JWK;
}

export interface SigningKeys {
  /** The current signing key. */
  current(): Promise<SigningKey>;
  /** Null for an unknown or expired key. */
  byKid(kid: string): Promise<SigningKey | null>;
  /** The published keys: this period's and the next one's, and for a short time the last one's; of each secret. */
  known(): Promise<SigningKey[]>;
}

/**
 * The keys of access tokens: a key pair for each period, derived from the session secret, so that all processes agree
 * without communication. The next key is published a whole period before it signs, so that cached key sets contain it.
 * Keys of a fallback secret are published and verify tokens, but sign nothing.
 */
export function makeSigningKeys(sessionSecret: string | RotatedSecret, clock: Clock): SigningKeys {
  if (typeof sessionSecret === "string") return keysOf(sessionSecret, clock);
  const current = keysOf(sessionSecret.current, clock);
  const { fallback } = sessionSecret;
  if (fallback === undefined) return current;
  const earlier = keysOf(fallback, clock);
  return {
    current: current.current,
    byKid: async (kid) => (await current.byKid(kid)) ?? (await earlier.byKid(kid)),
    known: async () => [...(await current.known()), ...(await earlier.known())],
  };
}

function keysOf(secret: string, clock: Clock): SigningKeys {
  const derived = new Map<number, Promise<SigningKey>>();

  function keyOf(period: number): Promise<SigningKey> {
    const known = derived.get(period) ?? deriveKeyPair(secret, period);
    derived.set(period, known);
    return known;
  }

  function periods(): number[] {
    const now = clock.now().getTime();
    const period = Math.floor(now / SIGNING_PERIOD_MS);
    const isNew = now - period * SIGNING_PERIOD_MS < KNOWN_AFTERWARDS_MS;
    const known = [period, period + 1, ...(isNew ? [period - 1] : [])];
    for (const old of derived.keys()) if (!known.includes(old)) derived.delete(old);
    return known;
  }

  const known = () => Promise.all(periods().map(keyOf));
  return {
    known,
    async current() {
      const [period = 0] = periods();
      return keyOf(period);
    },
    byKid: async (kid) => (await known()).find((key) => key.kid === kid) ?? null,
  };
}

/** The order of the curve P-256 (FIPS 186-4, D.1.2.3). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const SCALAR_BYTES = 32;
/** 64 bits more than the order has, so that the reduction has no noticeable bias (FIPS 186-5, A.2.1). */
const SEED_BYTES = 40;

async function deriveKeyPair(secret: string, period: number): Promise<SigningKey> {
  const seed = Buffer.from(hkdfSync("sha256", secret, "tessera", `access-token/${period}`, SEED_BYTES));
  const scalar = (BigInt(`0x${seed.toString("hex")}`) % (ORDER - 1n)) + 1n;
  const d = Buffer.from(scalar.toString(16).padStart(SCALAR_BYTES * 2, "0"), "hex");
  const curve = createECDH("prime256v1");
  curve.setPrivateKey(d);
  const point = curve.getPublicKey(); // 0x04, x, y
  const coordinates = {
    kty: "EC",
    crv: "P-256",
    x: point.subarray(1, 1 + SCALAR_BYTES).toString("base64url"),
    y: point.subarray(1 + SCALAR_BYTES).toString("base64url"),
  };
  const kid = await calculateJwkThumbprint(coordinates);
  return {
    kid,
    privateKey: createPrivateKey({ key: { ...coordinates, d: d.toString("base64url") }, format: "jwk" }),
    publicKey: createPublicKey({ key: coordinates, format: "jwk" }),
    jwk: { ...coordinates, kid, alg: SIGNING_ALGORITHM, use: "sig" },
  };
}
