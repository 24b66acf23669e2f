import type { LocalDate } from "../platform/time-zone.ts";

export const rewardActions = [
  "register",
  "registerreferral",
  "transactionpromo",
  "transactionreferral",
  "dailycheckin",
  "luckydraw",
] as const;
export type RewardAction = (typeof rewardActions)[number];

/** The ids that a message has for one person. All are digits, except `clientId`, which the producer chooses freely. */
export interface MemberIds {
  readonly memberId: string | null;
  readonly userId: string | null;
  /** The national id as digits. Hash it with a key on entry, then drop it: never store, log or forward it. */
  readonly nik: string | null;
  readonly clientId: string | null;
}

export interface RewardLine {
  readonly at: Date;
  /** The date as written. */
  readonly rawDate: string;
  /** True if the date has a time zone or offset; otherwise it was read in the programme's time zone. */
  readonly hadZone: boolean;
  /** The day in the programme's time zone. */
  readonly localDate: LocalDate;
  /** In whole units. A number is sufficient, because inexact amounts are refused, and points are numbers everywhere. */
  readonly amount: number | null;
  readonly productId: string | null;
  /** The producer's id of the transaction. Lines with the same reference are distinguished by position. */
  readonly reference: string | null;
}

/** The envelope as written, for the record. It has no influence on decisions. */
export type Envelope = Readonly<
  Record<"subject" | "subjectType" | "subjectIdentifier" | "action" | "resourceType" | "scopeSource" | "date", string>
>;

/** A producer's command in normalised form. */
export interface RewardMessage {
  readonly action: RewardAction;
  readonly ticketId: string | null;
  readonly envelope: Envelope;
  /**
   * The member. In a referral the next two fields identify the participants, and `member` only replaces an unnamed
   * receiver: the documented sample has a `UserId` in its envelope that is neither of the two.
   */
  readonly member: MemberIds;
  /** The sharer's user id. Null outside referrals, unless the message names one nevertheless. */
  readonly sharerId: string | null;
  /** The receiver's user id. Null in a referral means `member`. */
  readonly receiverId: string | null;
  /** The time of sending, according to the producer. */
  readonly sentAt: Date | null;
  readonly lines: readonly [RewardLine, ...RewardLine[]];
  /** Unknown fields by path, without national ids. */
  readonly unknown: Readonly<Record<string, unknown>>;
}
