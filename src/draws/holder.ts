import { hmacSha256, toHex } from "./hashes.ts";

/**
 * The published pseudonym of a ticket's holder. Member ids are short numbers, so a plain hash could be reversed by
 * trying all of them. With a secret for each ticket, only a person who knows the secret can prove the ownership.
 *
 * @param ticketSecret 32 random bytes in hex, stored with the ticket and shown only to its holder
 */
export const holderOf = (memberId: string, ticketSecret: string): string => toHex(hmacSha256(ticketSecret, memberId));
