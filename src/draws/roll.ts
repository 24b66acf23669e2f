import { hmacSha256 } from "./hashes.ts";

/** Odds are in parts per million, so a roll is one of a million. */
export const ROLLS = 1_000_000;

/** Four bytes of the HMAC are one of 2^32 numbers; only whole millions of them are used, 4294 to each roll. */
const USABLE = Math.floor(2 ** 32 / ROLLS) * ROLLS;

/**
 * The roll of a ticket: a whole number from 0 to 999 999, each as likely as any other, that nobody can foresee without the
 * seed and anybody can recompute with it.
 *
 * HMAC-SHA256 with the seed's 32 bytes as key over the lines `tessera-draw/1`, campaign, ticket number and a counter; its
 * first four bytes, big endian. The remainder by a million alone would favour small rolls a little, as 2^32 is no multiple
 * of it, so a number past the last whole million (about one in 4400) is thrown away and the counter goes on from 0.
 *
 * @param seed 64 hex digits
 * @param ticketNumber 1 is the first
 */
export function rollOf(seed: string, campaignId: string, ticketNumber: number): number {
  for (let counter = 0; ; counter += 1) {
    const text = `tessera-draw/1\n${campaignId}\n${ticketNumber}\n${counter}`;
    const { buffer, byteOffset } = hmacSha256(seed, text);
    const number = new DataView(buffer, byteOffset).getUint32(0);
    if (number < USABLE) return number % ROLLS;
  }
}
