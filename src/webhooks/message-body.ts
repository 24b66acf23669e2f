import type { Message } from "./webhook.store.ts";

/** The request body of a message: the same in every attempt and replay. */
export const bodyOf = ({
  id,
  type,
  at,
  seq,
  subject,
  data,
}: Pick<Message, "id" | "type" | "at" | "seq" | "subject" | "data">): string =>
  JSON.stringify({ id, type, occurredAt: at.toISOString(), sequence: Number(seq), subject, data });
