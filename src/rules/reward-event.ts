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

/** A complete line with only the facts of its action, which a rule may use. */
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

/** A fact that the action requires and the line lacks. */
export interface Missing {
  missing: "memberId" | "sharerId" | "receiverId" | "amount" | "productId" | "checkInDays";
}

/** @throws RangeError for a number or date that the message reader should have refused: that is a bug */
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

/** The member that a rule's audience is about. For a referral it is the receiver, who joined. */
export function subjectOf(event: RewardEvent): string {
  if (event.action === "registerreferral") return event.receiverId;
  return event.action === "transactionreferral" ? event.sharerId : event.memberId;
}

/**
 * The member whose caps apply. For a referral it is the sharer, because the receiver gets one fixed bonus in a
 * lifetime.
 */
export const cappedMember = (event: RewardEvent): string => ("sharerId" in event ? event.sharerId : event.memberId);
