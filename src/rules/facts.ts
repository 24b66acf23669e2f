import type { RewardAction } from "../messages/message.ts";
import type { LocalDate } from "../platform/time-zone.ts";

/** One line of an accepted message, as the message reader hands it on. What a line does not say is null. */
export interface LineFacts {
  action: RewardAction;
  memberId: string | null;
  /** When it happened. */
  at: Date;
  /** The day it happened on, where the programme is. */
  localDate: LocalDate;
  /** In the currency's smallest unit that producers send; a safe integer. */
  amount: number | null;
  productId: string | null;
  /** The producer's own number of the transaction. */
  reference: string | null;
  sharerId: string | null;
  receiverId: string | null;
  /** When the member joined, as far as anybody knows. */
  memberSince?: Date | null;
  /** The days of check-in that this one may make a run with. */
  checkInDays?: readonly LocalDate[] | null;
  /** How many lines that look exactly alike came before it in its message; see `countOccurrences`. */
  occurrence?: number;
}

/**
 * Numbers the lines of one message that nothing tells apart, so each is an effect of its own: buying the same thing twice
 * in a second is two purchases. What tells lines apart is what `effectKey` is made of. The same lines in another order get
 * the same numbers.
 */
export function countOccurrences<Line extends LineFacts>(lines: readonly Line[]): (Line & { occurrence: number })[] {
  const seen = new Map<string, number>();
  return lines.map((line) => {
    if (line.reference !== null) return { ...line, occurrence: 0 };
    const alike = JSON.stringify([line.action, line.at.getTime(), ...whoAndWhat(line)]);
    const occurrence = seen.get(alike) ?? 0;
    seen.set(alike, occurrence + 1);
    return { ...line, occurrence };
  });
}

const whoAndWhat = ({ action, memberId, amount, sharerId, receiverId, productId }: LineFacts) =>
  action === "transactionreferral" ? [sharerId, receiverId, productId] : [memberId, amount];
