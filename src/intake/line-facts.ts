import type { RewardMessage } from "../messages/message.ts";
import { type LocalDate, localDateOf } from "../platform/time-zone.ts";
import { isWithinBackfill, type LineFacts, type NewCheckIn } from "../rules/index.ts";
import type { Participants } from "./participants.ts";

/** A check-in that we hear of later than this is a day by itself: it joins no runs, so it cannot earn what a run would. */
export const BACKFILL_DAYS = 7;

/**
 * What the rules are asked about: a line each, with the people by our ids.
 * @param days on which the member has checked in so far
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
