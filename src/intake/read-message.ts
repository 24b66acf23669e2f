import type { RewardMessage } from "../messages/message.ts";
import type { Normalisation } from "../messages/notes.ts";

export type MessageSource = "HTTP" | "GRAPHQL" | "REDIS" | "REDRIVE";

/** A parsed message with its stored form. The hash replaces the national id. */
export interface ReadMessage {
  readonly message: RewardMessage;
  readonly normalisations: readonly Normalisation[];
  /** Without national ids. */
  readonly payload: string;
  readonly nikHash: string | null;
  readonly source: MessageSource;
  readonly actor: string;
  /** The signed-in customer that the message is about, if the message itself does not name a member. */
  readonly customerId?: string;
  /** The inviting customer of a referral that began with an invitation of the gateway. */
  readonly sharerCustomerId?: string;
  /** Overrides the digest that identifies the message. */
  readonly digest?: string;
}

/** Removes the national id: only its hash is used from here on. */
export function withoutNik<Parsed extends Pick<ReadMessage, "message" | "normalisations">>(parsed: Parsed): Parsed {
  const { message } = parsed;
  return { ...parsed, message: { ...message, member: { ...message.member, nik: null } } };
}
