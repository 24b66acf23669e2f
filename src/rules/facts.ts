import type { RewardAction } from "../messages/message.ts";
import type { LocalDate } from "../platform/time-zone.ts";

/** A line of an accepted message, as the message reader returns it. Missing values are null. */
export interface LineFacts {
  action: RewardAction;
  memberId: string | null;
  /** When the event happened. */
  at: Date;
  /** The day of the event in the programme's time zone. */
  localDate: LocalDate;
  /** In the smallest unit of currency that producers send; a safe integer. */
  amount: number | null;
  productId: string | null;
  /** The producer's own id of the transaction. */
  reference: string | null;
  sharerId: string | null;
  receiverId: string | null;
  /** When the member joined, if known. */
  memberSince?: Date | null;
  /** The check-in days that may form a run with this one. */
  checkInDays?: readonly LocalDate[] | null;
  /** The number of identical lines before this one in its message; see `countOccurrences`. */
  occurrence?: number;
}

/**
 * Numbers the identical lines of a message, so that each is an effect of its own: two equal purchases in the same
 * second are two purchases. Lines are identical if `effectKey` cannot distinguish them. The numbers do not depend on
 * the order of the lines.
 */
export function countOccurrences<Line extends LineFacts>(lines: readonly Line[]): (Line & { occurrence: number })[] {
  const seen = new Map<string, number>();
  return lines.map((line) => {
    if (line.reference !== null) return { ...line, occurrence: 0 };
    const identity = JSON.stringify([line.action, line.at.getTime(), ...identifyingFacts(line)]);
    const occurrence = seen.get(identity) ?? 0;
    seen.set(identity, occurrence + 1);
    return { ...line, occurrence };
  });
}

const identifyingFacts = ({ action, memberId, amount, sharerId, receiverId, productId }: LineFacts) =>
  action === "transactionreferral" ? [sharerId, receiverId, productId] : [memberId, amount];
