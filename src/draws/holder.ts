import { hmacSha256, toHex } from "./hashes.ts";

/**
 * Stands for a ticket's holder in what is published. Member ids are short numbers, so any plain hash of them could be
 * reversed by trying; with a secret of the ticket's own, only who is given that secret can show the ticket is theirs.
 *
 * @param ticketSecret 32 random bytes in hex, kept with the ticket and shown to its holder alone
 */
export const holderOf = (memberId: string, ticketSecret: string): string => toHex(hmacSha256(ticketSecret, memberId));
