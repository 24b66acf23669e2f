import type { Outcome } from "../../ledger/attempt.ts";
import type { PointsLedger } from "../../platform/generated/prisma/enums.ts";

/** Points of one award, on their way to a customer. */
export interface Credit {
  /** The key: of this award alone, and the same in every call for it. */
  reference: string;
  customerId: string;
  points: number;
  awardedAt: Date;
  /** An earlier call for it may have reached the ledger. */
  wasSent: boolean;
}

/**
 * The outcome of a credit, by all calls under its reference: a ledger knows a repetition as one, so that a refusal of the
 * repetition refuses the credit.
 */
export type CreditOutcome = Outcome & {
  /** Set on an unknown outcome if a repetition tells nothing more. */
  isAllThatIsKnown?: boolean;
};

/** A ledger that keeps the points of awards. It credits a reference once, however often it is asked. */
export interface CreditLedger {
  name: PointsLedger;
  /** How long a process is given to hear the answer, before another asks again. */
  leaseMs: number;
  /** Sends credits, in as few calls as the ledger takes them. @returns their outcomes, in their order */
  credit(credits: readonly Credit[]): Promise<CreditOutcome>[];
}

export type CreditLedgers = Partial<Record<PointsLedger, CreditLedger>>;
