import { randomUUID } from "node:crypto";
import type { Prisma, Tx } from "../../platform/db.ts";
import { formatAnswer, makeTicketId, type ServiceAnswer } from "../message/answer.ts";
import { digestOf } from "../message/digest.ts";
import { MessageRefused } from "../message/message-refused.ts";
import type { ReadMessage } from "./read-message.ts";

export interface KeptMessage {
  readonly messageId: string;
  readonly answer: ServiceAnswer;
  /** It is the one that was kept the first time. */
  readonly replayed: boolean;
}

/** The message, or the one it repeats. Twins wait here for each other. @throws MessageRefused for a ticket used otherwise */
export async function keepMessage(tx: Tx, read: ReadMessage, now: Date): Promise<KeptMessage> {
  const { message, normalisations, payload, nikHash, source, actor } = read;
  const ticketGiven = message.ticketId !== null;
  const ticketId = message.ticketId ?? makeTicketId(message.action);
  const digest = read.digest ?? digestOf(message, nikHash);
  const answer = formatAnswer({ ticketId, normalisations });
  const [row] = await tx.rewardMessage.createManyAndReturn({
    data: {
      id: randomUUID(),
      ticketId,
      ticketGiven,
      digest,
      source,
      actor,
      action: message.action,
      payload,
      normalisations: normalisations as unknown as Prisma.InputJsonArray,
      answer: answer as unknown as Prisma.InputJsonObject,
      receivedAt: now,
    },
    skipDuplicates: true,
    select: { id: true },
  });
  if (row) return { messageId: row.id, answer, replayed: false };
  const first = await tx.rewardMessage.findFirst({
    where: ticketGiven ? { ticketId } : { digest, ticketGiven: false },
    select: { id: true, digest: true, answer: true },
  });
  if (first?.digest !== digest) {
    throw new MessageRefused([
      { path: "TicketId", code: "TICKET_REUSED", message: "was used for a message that says something else" },
    ]);
  }
  return { messageId: first.id, answer: first.answer as unknown as ServiceAnswer, replayed: true };
}
