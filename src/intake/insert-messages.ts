import { randomUUID } from "node:crypto";
import { formatAnswer, makeTicketId, type ServiceAnswer } from "../messages/answer.ts";
import { digestOf } from "../messages/digest.ts";
import { MessageRefused } from "../messages/message-refused.ts";
import type { Tx } from "../platform/db.ts";
import type { ReadMessage } from "./read-message.ts";

export interface StoredMessage {
  readonly messageId: string;
  readonly answer: ServiceAnswer;
  /** True if the message repeats another: id and answer are then those of the first one. */
  readonly replayed: boolean;
}

/** The key of a message: its ticket or, without a ticket, its digest. */
export const keyOfMessage = ({ message, digest, nikHash }: ReadMessage): string =>
  message.ticketId === null ? `digest ${digest ?? digestOf(message, nikHash)}` : `ticket ${message.ticketId}`;

/**
 * Inserts messages with different keys. Transactions with the same message wait for each other here.
 *
 * @returns for each message, in the same order, its row or the row of the message that it repeats
 * @throws MessageRefused if a ticket was used for a message with another content
 */
export async function insertMessages(tx: Tx, reads: readonly ReadMessage[], now: Date): Promise<StoredMessage[]> {
  const rows = reads.map((read) => {
    const { message, normalisations, payload, nikHash, source, actor } = read;
    const ticketId = message.ticketId ?? makeTicketId(message.action);
    const answer = formatAnswer({ ticketId, normalisations });
    return {
      id: randomUUID(),
      ticketId,
      ticketGiven: message.ticketId !== null,
      digest: read.digest ?? digestOf(message, nikHash),
      source,
      actor,
      action: message.action,
      payload,
      normalisations: JSON.stringify(normalisations),
      answer,
    };
  });
  const all = <Column extends keyof (typeof rows)[number]>(column: Column) => rows.map((row) => row[column]);
  // Sorted, which prevents deadlocks between transactions with the same messages.
  const inserted = await tx.$queryRaw<{ id: string }[]>`
    insert into reward_messages (id, ticket_id, ticket_given, digest, source, actor, action, payload, normalisations, answer, received_at)
    select id, ticket_id, ticket_given, digest, source::reward_message_source, actor, action, payload, normalisations::jsonb,
      answer::json, ${now}
    from unnest(${all("id")}::uuid[], ${all("ticketId")}::text[], ${all("ticketGiven")}::boolean[], ${all("digest")}::text[],
        ${all("source")}::text[], ${all("actor")}::text[], ${all("action")}::text[], ${all("payload")}::text[],
        ${all("normalisations")}::text[], ${all("answer").map((answer) => JSON.stringify(answer))}::text[])
      as new (id, ticket_id, ticket_given, digest, source, actor, action, payload, normalisations, answer)
    order by ticket_given, case when ticket_given then ticket_id else digest end collate "C"
    on conflict do nothing
    returning id`;
  const isNew = new Set(inserted.map(({ id }) => id));
  const repeated = rows.filter(({ id }) => !isNew.has(id));
  const firsts = repeated.length === 0 ? [] : await readFirsts(tx, repeated);
  return rows.map(({ id, ticketId, ticketGiven, digest, answer }) => {
    if (isNew.has(id)) return { messageId: id, answer, replayed: false };
    const first = firsts.find((row) =>
      ticketGiven ? row.ticketId === ticketId : row.digest === digest && !row.ticketGiven,
    );
    if (first?.digest !== digest) {
      throw new MessageRefused([
        { path: "TicketId", code: "TICKET_REUSED", message: "was used for a message with other content" },
      ]);
    }
    return { messageId: first.id, answer: first.answer, replayed: true };
  });
}

interface First {
  id: string;
  ticketId: string;
  ticketGiven: boolean;
  digest: string;
  answer: ServiceAnswer;
}

function readFirsts(tx: Tx, repeated: readonly Omit<First, "id" | "answer">[]): Promise<First[]> {
  const tickets = repeated.flatMap(({ ticketGiven, ticketId }) => (ticketGiven ? ticketId : []));
  const digests = repeated.flatMap(({ ticketGiven, digest }) => (ticketGiven ? [] : digest));
  return tx.$queryRaw<First[]>`
    select id, ticket_id as "ticketId", ticket_given as "ticketGiven", digest, answer from reward_messages
    where ticket_id = any(${tickets}) or (digest = any(${digests}) and not ticket_given)`;
}
