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

/** The ids a message gives for one person. All are text of digits except `clientId`, which is a producer's own word. */
export interface MemberIds {
  readonly memberId: string | null;
  readonly userId: string | null;
  /** The national id as digits. To be hashed with a key at the door and dropped: never store, log or forward it. */
  readonly nik: string | null;
  readonly clientId: string | null;
}

export interface RewardLine {
  readonly at: Date;
  /** The date as it was written. */
  readonly rawDate: string;
  /** Whether the date itself said which instant it means; else it was read in the programme's zone. */
  readonly hadZone: boolean;
  /** The day it was in the programme's zone. */
  readonly localDate: LocalDate;
  /**
   * In whole units. A number, because points are numbers everywhere else here and it goes into JSON as it is; what would not
   * be exact is refused.
   */
  readonly amount: number | null;
  readonly productId: string | null;
  /** The producer's own id of the transaction. Several lines may share one: then they are told apart by their place. */
  readonly reference: string | null;
}

/** The envelope as it was written, for the record; nothing is decided by it any more. */
export type Envelope = Readonly<
  Record<"subject" | "subjectType" | "subjectIdentifier" | "action" | "resourceType" | "scopeSource" | "date", string>
>;

/** A command as we understand it, whichever producer wrote it. */
export interface RewardMessage {
  readonly action: RewardAction;
  readonly ticketId: string | null;
  readonly envelope: Envelope;
  /**
   * Whom it is about. In a referral that is said by the next two, and `member` only stands in for a receiver who is not named:
   * the documented sample has a `UserId` in its envelope that is neither of the two.
   */
  readonly member: MemberIds;
  /** The user id of who referred; null outside referrals unless the message says one all the same. */
  readonly sharerId: string | null;
  /** The user id of who was referred. Null in a referral: it is `member`. */
  readonly receiverId: string | null;
  /** When the producer says it sent the message. */
  readonly sentAt: Date | null;
  readonly lines: readonly [RewardLine, ...RewardLine[]];
  /** What we have no use for, by its path, with anything like a national id removed. */
  readonly unknown: Readonly<Record<string, unknown>>;
}
