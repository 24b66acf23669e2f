import type { RewardMessage } from "../messages/message.ts";
import { type LocalDate, localDateOf } from "../platform/time-zone.ts";
import { isWithinBackfill, type LineFacts, type NewCheckIn } from "../rules/index.ts";
import type { Participants } from "./participants.ts";

/**
 * The number of days by which a check-in may be late. A later one counts as a single day and joins no run, so it cannot
 * earn the points of a run.
 */
export const BACKFILL_DAYS = 7;

/**
 * The facts that the rules need, one entry for each line, with our ids of the participants.
 * @param days the member's check-in days so far
 */
export function lineFactsOf(
  { action, lines }: Pick<RewardMessage, "action" | "lines">,
  { member, sharer, receiver }: Participants,
  { days, now, timeZone }: { days: readonly LocalDate[]; now: Date; timeZone: string },
): { facts: LineFacts[]; checkIns: NewCheckIn[] } {
  const subject = action === "registerreferral" ? receiver : action === "transactionreferral" ? sharer : member;
  const known = new Set(days);
  const today = localDateOf(now, timeZone);
  const checkIns: NewCheckIn[] = [];
  const facts = lines.map(({ at, localDate, amount, productId, reference }): LineFacts => {
    const line = {
      action,
      memberId: member?.id ?? null,
      at,
      localDate,
      amount,
      productId,
      reference,
      sharerId: sharer?.id ?? null,
      receiverId: receiver?.id ?? null,
      memberSince: subject?.since ?? null,
    };
    if (action !== "dailycheckin") return line;
    const late = !isWithinBackfill(localDate, today, BACKFILL_DAYS);
    const checkInDays = late ? [] : [...known];
    if (!late) known.add(localDate);
    checkIns.push({ date: localDate, at, late });
    return { ...line, checkInDays };
  });
  return { facts, checkIns };
}
