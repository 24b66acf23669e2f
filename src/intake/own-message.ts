import { createHash } from "node:crypto";
import type { RewardAction } from "../messages/message.ts";
import { localDateOf } from "../platform/time-zone.ts";
import type { ReadMessage } from "./read-message.ts";

export interface OwnMessage {
  action: RewardAction;
  /** The signed-in customer. */
  customerId: string;
  at: Date;
  timeZone: string;
  /** The `Data` of the message that a producer would send. */
  data: object;
  /** The facts that identify the message: a message with equal facts is a repetition. */
  identity: readonly string[];
}

/** Builds a message that the gateway sends for a customer, as a producer would send it (`messages/README.md`), with one line. */
export function ownMessage({ action, customerId, at, timeZone, data, identity }: OwnMessage): ReadMessage {
  const rawDate = at.toISOString();
  const localDate = localDateOf(at, timeZone);
  return {
    message: {
      action,
      ticketId: null,
      envelope: {
        subject: "loyalty",
        subjectType: "reward",
        subjectIdentifier: "processor",
        action,
        resourceType: "",
        scopeSource: "",
        date: "",
      },
      member: { memberId: null, userId: null, nik: null, clientId: null },
      sharerId: null,
      receiverId: null,
      sentAt: null,
      lines: [{ at, rawDate, hadZone: true, localDate, amount: null, productId: null, reference: null }],
      unknown: {},
    },
    normalisations: [],
    payload: JSON.stringify({ Action: action, Data: data }),
    nikHash: null,
    source: "GRAPHQL",
    actor: `customer:${customerId}`,
    customerId,
    digest: createHash("sha256").update(JSON.stringify(identity)).digest("hex"),
  };
}
