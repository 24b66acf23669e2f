import { randomUUID } from "node:crypto";
import { formatAnswer, makeTicketId, type ServiceAnswer } from "../messages/answer.ts";
import { digestOf } from "../messages/digest.ts";
import { MessageRefused } from "../messages/message-refused.ts";
import { Prisma, type Tx } from "../platform/db.ts";
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
  const messageId = randomUUID();
  const isNew = await tx.$executeRaw`
    insert into reward_messages (id, ticket_id, ticket_given, digest, source, actor, action, payload, normalisations, answer, received_at)
    values (${messageId}::uuid, ${ticketId}, ${ticketGiven}, ${digest}, ${source}::reward_message_source, ${actor}, ${message.action},
      ${payload}, ${JSON.stringify(normalisations)}::jsonb, ${JSON.stringify(answer)}::json, ${now})
    on conflict do nothing`;
  if (isNew) return { messageId, answer, replayed: false };
  const [first] = await tx.$queryRaw<{ id: string; digest: string; answer: ServiceAnswer }[]>`
    select id, digest, answer from reward_messages
    where ${ticketGiven ? Prisma.sql`ticket_id = ${ticketId}` : Prisma.sql`digest = ${digest} and not ticket_given`}`;
  if (first?.digest !== digest) {
    throw new MessageRefused([
      { path: "TicketId", code: "TICKET_REUSED", message: "was used for a message that says something else" },
    ]);
  }
  return { messageId: first.id, answer: first.answer, replayed: true };
}
