import { Secret, TOTP } from "otpauth";
import { type Cipher, makeCipher, type RotatedSecret } from "../../platform/cipher.ts";

const PERIOD_SECONDS = 30;
/** The codes of the adjacent steps are accepted, because clocks of phones differ. */
const WINDOW = 1;
const SECRET_BYTES = 20;
const CODE = /^\d{6}$/;

/** Encrypts the secrets of authenticator apps. @param secret SESSION_SECRET, with its fallback */
export const operatorTotpCipher = (secret: RotatedSecret): Cipher => makeCipher(secret, "operator-totp");

const totpOf = (secret: string, label = "") =>
  new TOTP({ issuer: "Tessera", label, period: PERIOD_SECONDS, secret: Secret.fromBase32(secret) });

/** @returns a new secret for an authenticator app, in base 32 */
export const makeTotpSecret = (): string => new Secret({ size: SECRET_BYTES }).base32;

/** @returns the `otpauth:` address that an authenticator app reads from a QR code */
export const totpUri = (secret: string, name: string): string => totpOf(secret, name).toString();

/**
 * @param code six digits, with or without spaces
 * @returns the number of the code's 30-second step; null if the code is not valid now
 */
export function stepOfCode(secret: string, code: string, now: Date): bigint | null {
  const token = code.replace(/\s/g, "");
  if (!CODE.test(token)) return null;
  const delta = totpOf(secret).validate({ token, timestamp: now.getTime(), window: WINDOW });
  return delta === null ? null : BigInt(Math.floor(now.getTime() / 1_000 / PERIOD_SECONDS) + delta);
}
