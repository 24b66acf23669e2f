import type { RewardAction } from "../messages/message.ts";
import type { LocalDate } from "../platform/time-zone.ts";
import type { LineFacts } from "./facts.ts";

interface Occasion {
  at: Date;
  localDate: LocalDate;
  memberSince: Date | null;
}
interface Purchase {
  reference: string | null;
  occurrence: number;
}

/** A line with all its action needs, and nothing else: the facts a rule may use. */
export type RewardEvent = Occasion &
  (
    | { action: "register"; memberId: string }
    | { action: "registerreferral"; sharerId: string; receiverId: string }
    | ({ action: "transactionpromo"; memberId: string; amount: number } & Purchase)
    | ({ action: "transactionreferral"; sharerId: string; receiverId: string | null; productId: string } & Purchase)
    | { action: "dailycheckin"; memberId: string; checkInDays: readonly LocalDate[] }
    | ({ action: "luckydraw"; memberId: string; amount: number } & Purchase)
  );
export type EventOf<A extends RewardAction> = Extract<RewardEvent, { action: A }>;

/** A fact the action cannot do without, and the line does not have. */
export interface Missing {
  missing: "memberId" | "sharerId" | "receiverId" | "amount" | "productId" | "checkInDays";
}

/** @throws RangeError where a number or a date is not what the reader of messages promises: that is a mistake of ours */
export function readEvent(facts: LineFacts): RewardEvent | Missing {
  const { action, memberId, amount, productId, sharerId, receiverId, checkInDays } = facts;
  if (amount !== null && !Number.isSafeInteger(amount)) throw new RangeError("an amount is a safe integer");
  if (Number.isNaN(facts.at.getTime()) || Number.isNaN(Date.parse(`${facts.localDate}T00:00:00Z`)))
    throw new RangeError("an event has an instant and a local date");
  const occasion = { at: facts.at, localDate: facts.localDate, memberSince: facts.memberSince ?? null };
  const purchase = { reference: facts.reference, occurrence: facts.occurrence ?? 0 };
  switch (action) {
    case "register":
      if (memberId === null) return { missing: "memberId" };
      return { action, ...occasion, memberId };
    case "registerreferral":
      if (sharerId === null) return { missing: "sharerId" };
      if (receiverId === null) return { missing: "receiverId" };
      return { action, ...occasion, sharerId, receiverId };
    case "transactionpromo":
    case "luckydraw":
      if (memberId === null) return { missing: "memberId" };
      if (amount === null) return { missing: "amount" };
      return { action, ...occasion, memberId, amount, ...purchase };
    case "transactionreferral":
      if (sharerId === null) return { missing: "sharerId" };
      if (productId === null) return { missing: "productId" };
      return { action, ...occasion, sharerId, receiverId, productId, ...purchase };
    case "dailycheckin":
      if (memberId === null) return { missing: "memberId" };
      if (!checkInDays) return { missing: "checkInDays" };
      return { action, ...occasion, memberId, checkInDays };
  }
}

/** Whose doing it was: the one a rule's audience is about. A referral is the doing of the one who joined. */
export function subjectOf(event: RewardEvent): string {
  if (event.action === "registerreferral") return event.receiverId;
  return event.action === "transactionreferral" ? event.sharerId : event.memberId;
}

/** Whose caps per member hold. Of a referral that is the sharer: the receiver gets one fixed bonus in a lifetime. */
export const cappedMember = (event: RewardEvent): string => ("sharerId" in event ? event.sharerId : event.memberId);
