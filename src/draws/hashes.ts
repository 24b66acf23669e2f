import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

/**
 * The hashes of draws, for the server and for a member's browser. Browsers lack `node:crypto`, and their own hash
 * functions are asynchronous for each ticket.
 */
export const sha256Of = (text: string): string => bytesToHex(sha256(utf8ToBytes(text)));

/** Hashes the bytes that the digits encode. */
export const sha256OfHex = (hex: string): string => bytesToHex(sha256(hexToBytes(hex)));

/** @param keyHex the key's bytes in hexadecimal */
export const hmacSha256 = (keyHex: string, text: string): Uint8Array =>
  hmac(sha256, hexToBytes(keyHex), utf8ToBytes(text));

export const toHex = bytesToHex;
