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

export type CreditAnswer =
  /** The customer has the points, from this call or from an earlier one. */
  | { outcome: "credited" }
  /** The ledger said no, and neither this call nor one before it has given anything or will. */
  | { outcome: "refused"; why: string }
  /** Nothing happened: it did not get there, or the ledger said no for now. */
  | { outcome: "not-sent"; why: string }
  /** It may have happened. The same call again does no harm, and may tell. */
  | { outcome: "unknown"; why: string }
  /** It may have happened, and the ledger has nothing more to say about it. */
  | { outcome: "unclear"; why: string };

/** Who keeps the points that members are awarded. Under one reference it gives once, however often it is asked. */
export interface CreditLedger {
  name: PointsLedger;
  /** How long a process is given to hear the answer, before another asks again. */
  leaseMs: number;
  /** Sends credits, in as few calls as the ledger takes them. An answer each, in their order; none rejects for what a ledger may do. */
  credit(credits: readonly Credit[]): Promise<CreditAnswer>[];
}

export type CreditLedgers = Partial<Record<PointsLedger, CreditLedger>>;
