import type { Clock } from "../platform/clock.ts";
import { localDateOf } from "../platform/time-zone.ts";
import { ownMessage } from "./own-message.ts";
import type { ProcessMessage } from "./process-message.ts";

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
    const { messageId, replayed } = await accept(
      ownMessage({
        action: "dailycheckin",
        customerId,
        at,
        timeZone,
        data: { date: at.toISOString() },
        identity: ["check-in", customerId, date], // the day instead of the instant
      }),
    );
    return { messageId, date, replayed };
  };
}
