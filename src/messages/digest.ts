import { createHash } from "node:crypto";
import type { RewardMessage } from "./message.ts";

/**
 * The identity of a message without a TicketId: SHA-256, in hexadecimal, of its meaning. Spelling, order of fields,
 * envelope, time of sending (a repetition may have another) and unknown fields make no difference.
 * @param nikHash the keyed hash of the national id, because the id itself must not enter stored data
 */
export function digestOf(message: RewardMessage, nikHash: string | null): string {
  const { action, member, sharerId, receiverId, lines } = message;
  if (member.nik !== null && (nikHash === null || nikHash.includes(member.nik))) {
    throw new RangeError("the digest of a message with a national id needs the id's hash");
  }
  const meaning = [
    "1", // the version of this format
    action,
    [member.memberId, member.userId, nikHash, member.clientId],
    [sharerId, receiverId],
    // In sequence: the stored answer refers to lines by position.
    lines.map((line) => [line.at.toISOString(), line.amount, line.productId, line.reference]),
  ];
  return createHash("sha256").update(JSON.stringify(meaning)).digest("hex");
}
