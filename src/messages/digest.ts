import { createHash } from "node:crypto";
import type { RewardMessage } from "./message.ts";

/**
 * What a message without a TicketId is known by: SHA-256, in hexadecimal, of what it means. How it was spelt, ordered and
 * wrapped makes no difference, nor when it was sent (a repetition may say so anew) nor what we have no use for.
 * @param nikHash the keyed hash of the national id, since the id itself must not go into anything that is kept
 */
export function digestOf(message: RewardMessage, nikHash: string | null): string {
  const { action, member, sharerId, receiverId, lines } = message;
  if (member.nik !== null && (nikHash === null || nikHash.includes(member.nik))) {
    throw new RangeError("a message with a national id is told apart by the hash of it");
  }
  const meaning = [
    "1", // of this form; another one needs another number
    action,
    [member.memberId, member.userId, nikHash, member.clientId],
    [sharerId, receiverId],
    // In their order: the stored answer is for each line in its place.
    lines.map((line) => [line.at.toISOString(), line.amount, line.productId, line.reference]),
  ];
  return createHash("sha256").update(JSON.stringify(meaning)).digest("hex");
}
