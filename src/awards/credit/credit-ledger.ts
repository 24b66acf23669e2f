import type { Outcome } from "../../ledger/attempt.ts";
import type { PointsLedger } from "../../platform/generated/prisma/enums.ts";

/** A credit of an award's points to a customer. */
export interface Credit {
  /** The idempotency key: unique for each award, and the same in all its calls. */
  reference: string;
  customerId: string;
  points: number;
  awardedAt: Date;
  /** True if an earlier call may have reached the ledger. */
  wasSent: boolean;
}

/**
 * The outcome of a credit, over all calls with its reference. The ledger recognises repetitions, so the refusal of a
 * repetition refuses the credit.
 */
export type CreditOutcome = Outcome & {
  /** Set on an unknown outcome that a repetition cannot settle. */
  isConclusive?: boolean;
};

/** A ledger for the points of awards. It credits a reference once, however often the call is repeated. */
export interface CreditLedger {
  name: PointsLedger;
  /** The time in ms that a process may wait for the answer before another process sends the credit again. */
  leaseMs: number;
  /** Sends credits, in as few calls as the ledger permits. @returns their outcomes, in the same order */
  credit(credits: readonly Credit[]): Promise<CreditOutcome>[];
}

export type CreditLedgers = Partial<Record<PointsLedger, CreditLedger>>;
