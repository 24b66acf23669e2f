import { createHash } from "node:crypto";
import type { Clock } from "../platform/clock.ts";
import { localDateOf } from "../platform/time-zone.ts";
import type { ProcessMessage } from "./process-message.ts";
import type { ReadMessage } from "./read-message.ts";

export interface CheckedIn {
  readonly messageId: string;
  /** The day in the programme's time zone. */
  readonly date: string;
  /** A repetition: the customer checked in earlier that day by `checkIn`. */
  readonly replayed: boolean;
}

export type CheckIn = (customerId: string) => Promise<CheckedIn>;

/** Records a customer's check-in for today: once a day, including check-ins that a producer has reported. */
export function makeCheckIn({
  accept,
  clock,
  timeZone,
}: Pick<ProcessMessage, "accept"> & { clock: Clock; timeZone: string }): CheckIn {
  return async (customerId) => {
    const at = clock.now();
    const date = localDateOf(at, timeZone);
    const { messageId, replayed } = await accept(checkInMessage(customerId, at, date));
    return { messageId, date, replayed };
  };
}

/** Builds the message that a producer would send. Its digest contains the day instead of the instant. */
function checkInMessage(customerId: string, at: Date, date: string): ReadMessage {
  const rawDate = at.toISOString();
  const payload = { Action: "dailycheckin", Data: { date: rawDate } };
  return {
    message: {
      action: "dailycheckin",
      ticketId: null,
      envelope: {
        subject: "loyalty",
        subjectType: "reward",
        subjectIdentifier: "processor",
        action: "dailycheckin",
        resourceType: "",
        scopeSource: "",
        date: "",
      },
      member: { memberId: null, userId: null, nik: null, clientId: null },
      sharerId: null,
      receiverId: null,
      sentAt: null,
      lines: [{ at, rawDate, hadZone: true, localDate: date, amount: null, productId: null, reference: null }],
      unknown: {},
    },
    normalisations: [],
    payload: JSON.stringify(payload),
    nikHash: null,
    source: "GRAPHQL",
    actor: `customer:${customerId}`,
    customerId,
    digest: createHash("sha256")
      .update(JSON.stringify(["check-in", customerId, date]))
      .digest("hex"),
  };
}
