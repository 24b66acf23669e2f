import { hmacSha256 } from "./hashes.ts";

/** Odds are in parts per million, so a roll has a million values. */
export const ROLLS = 1_000_000;

/**
 * Four bytes of the HMAC are one of 2^32 numbers. Only the largest multiple of a million below is usable: 4294 numbers
 * for each roll.
 */
const USABLE = Math.floor(2 ** 32 / ROLLS) * ROLLS;

/**
 * The roll of a ticket: a uniformly distributed integer from 0 to 999 999. It cannot be predicted without the seed, and
 * anybody can recompute it with the seed.
 *
 * HMAC-SHA256, with the seed's 32 bytes as key, over the lines `tessera-draw/1`, campaign, ticket number and a counter;
 * its first four bytes, big endian, modulo a million. 2^32 is no multiple of a million, so the remainder of all numbers
 * would favour small rolls slightly. Therefore a number past the last whole million (about one in 4400) is discarded,
 * and the counter, which starts at 0, is incremented.
 *
 * @param seed 64 hex digits
 * @param ticketNumber counted from 1
 */
export function rollOf(seed: string, campaignId: string, ticketNumber: number): number {
  for (let counter = 0; ; counter += 1) {
    const text = `tessera-draw/1\n${campaignId}\n${ticketNumber}\n${counter}`;
    const { buffer, byteOffset } = hmacSha256(seed, text);
    const number = new DataView(buffer, byteOffset).getUint32(0);
    if (number < USABLE) return number % ROLLS;
  }
}
