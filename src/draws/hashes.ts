import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

/**
 * What a draw is made and checked with. It is the same code here and in a member's browser, where there is no `node:crypto`
 * and the platform's own hashes answer only later, a ticket at a time.
 */
export const sha256Of = (text: string): string => bytesToHex(sha256(utf8ToBytes(text)));

/** Over the bytes that the digits stand for. */
export const sha256OfHex = (hex: string): string => bytesToHex(sha256(hexToBytes(hex)));

/** @param keyHex the key, as the digits of its bytes */
export const hmacSha256 = (keyHex: string, text: string): Uint8Array =>
  hmac(sha256, hexToBytes(keyHex), utf8ToBytes(text));

export const toHex = bytesToHex;
