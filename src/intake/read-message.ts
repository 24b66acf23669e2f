import type { RewardMessage } from "../messages/message.ts";
import type { Normalisation } from "../messages/notes.ts";

export type MessageSource = "HTTP" | "GRAPHQL" | "REDIS" | "REDRIVE";

/** A message that has been read, with whatever of it is kept. Its national id is gone: the hash stands for it. */
export interface ReadMessage {
  readonly message: RewardMessage;
  readonly normalisations: readonly Normalisation[];
  /** Without national ids. */
  readonly payload: string;
  readonly nikHash: string | null;
  readonly source: MessageSource;
  readonly actor: string;
  /** Whom it is about, where that is not said by the message itself: a customer who is signed in. */
  readonly customerId?: string;
  /** Of a referral that began here: the customer who invited. */
  readonly sharerCustomerId?: string;
  /** What it is known by, where that is not what it means. */
  readonly digest?: string;
}

/** The hash stands for it from here on. */
export function withoutNik<Parsed extends Pick<ReadMessage, "message" | "normalisations">>(parsed: Parsed): Parsed {
  const { message } = parsed;
  return { ...parsed, message: { ...message, member: { ...message.member, nik: null } } };
}
