import { createHash } from "node:crypto";
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from "jose";
import type { HandOffKey } from "../config/sign-in-link-key.ts";
import type { Clock } from "../platform/clock.ts";

/** Requirements for tokens of sign-in links. All of them are settings, because the points provider documents none. */
export interface SignInLinkRules {
  /** A token may be signed with any of these keys. */
  keys: readonly HandOffKey[];
  /** The claim with the customer's id. */
  claim: string;
  issuer: string | undefined;
  audience: string | undefined;
  /** The longest accepted lifetime; a token that lives longer is refused. */
  maxSeconds: number;
}

/** `unavailable`: the keys cannot be fetched, so the token cannot be checked. */
export type SignInLinkFault = "invalid" | "expired" | "unavailable";

export interface VerifiedSignInLink {
  expiresAt: Date;
  /**
   * A hash of the signed part. A signature has several encodings, so a hash of the whole token would not detect a
   * reuse.
   */
  hash: Uint8Array<ArrayBuffer>;
}

/** Whether the points provider's signature confirms that the bearer is this customer. `why` is for the log. */
export type VerifySignInLink = (token: string, customerId: string) => Promise<VerifiedSignInLink | Fault>;

interface Fault {
  fault: SignInLinkFault;
  why: string;
}

const LEEWAY_SECONDS = 30;
const MAX_LENGTH = 8_192;
/** Failures of fetching the key set. All other errors of jose concern the token. */
const KEYS_AT_FAULT = new Set(["ERR_JOSE_GENERIC", "ERR_JWKS_INVALID", "ERR_JWKS_TIMEOUT"]);

/** "Expired" is only certain from the key that signed the token; an unavailable key may be that key. */
const MOST_SPECIFIC_FIRST: readonly SignInLinkFault[] = ["expired", "unavailable", "invalid"];

export function makeVerifySignInLink(rules: SignInLinkRules, clock: Clock): VerifySignInLink {
  const { keys, claim, issuer, audience, maxSeconds } = rules;
  const readers = keys.map((key) => {
    const keyOf = key.kind === "jwks" ? createRemoteJWKSet(key.url) : async () => key.key;
    return async (token: string): Promise<{ payload: JWTPayload } | Fault> => {
      try {
        return await jwtVerify(token, keyOf, optionsFor(key));
      } catch (error) {
        const why = (error as Error).message;
        if (error instanceof errors.JWTExpired) return { fault: "expired", why };
        const isOfToken = error instanceof errors.JOSEError && !KEYS_AT_FAULT.has(error.code);
        return { fault: isOfToken || key.kind === "given" ? "invalid" : "unavailable", why };
      }
    };
  });
  const optionsFor = (key: HandOffKey) => ({
    algorithms: key.algorithms,
    requiredClaims: ["exp", claim],
    clockTolerance: LEEWAY_SECONDS,
    currentDate: clock.now(),
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  });

  /** The claims, verified by the matching key; else the most informative error. */
  async function read(token: string): Promise<{ payload: JWTPayload } | Fault> {
    const faults: Fault[] = [];
    for (const readBy of readers) {
      const found = await readBy(token);
      if ("payload" in found) return found;
      faults.push(found);
    }
    const [mostSpecific] = faults.sort(
      (a, b) => MOST_SPECIFIC_FIRST.indexOf(a.fault) - MOST_SPECIFIC_FIRST.indexOf(b.fault),
    );
    return mostSpecific ?? { fault: "invalid", why: "no key is configured" };
  }

  return async (token, customerId) => {
    if (token.length > MAX_LENGTH) return { fault: "invalid", why: "too long" };
    const found = await read(token);
    if ("fault" in found) return found;
    const { payload } = found;
    if (payload[claim] !== customerId) return { fault: "invalid", why: `"${claim}" names another customer` };
    const exp = Number(payload.exp);
    if (exp - clock.now().getTime() / 1_000 > maxSeconds + LEEWAY_SECONDS) {
      return { fault: "invalid", why: `"exp" is more than ${maxSeconds} seconds away` };
    }
    const signed = token.slice(0, token.lastIndexOf("."));
    return { expiresAt: new Date(exp * 1_000), hash: new Uint8Array(createHash("sha256").update(signed).digest()) };
  };
}
