import type { Prisma } from "../platform/db.ts";
import type { BreakClass, BreakRepair } from "../platform/generated/prisma/enums.ts";

/** A difference found by a comparison. */
export interface FoundBreak {
  class: BreakClass;
  /** Identifies the difference within its class, the same in every run. */
  key: string;
  repair: BreakRepair;
  /** The time of the cause, such as the confirmation of the movement. */
  since: Date;
  /** The points owed to the customer; negative if the customer has too many. */
  points?: number;
  customerId?: string;
  orderNumber?: string | undefined;
  orderId?: string | undefined;
  movementId?: string;
  unitId?: string | undefined;
  awardId?: string | undefined;
  rewardId?: string;
  /** Our record and the other system's, if they exist. */
  evidence: Prisma.InputJsonObject;
}

/** The period that a run compares. */
export interface Period {
  from: Date;
  /** Exclusive. */
  to: Date;
}

export interface Comparison {
  breaks: FoundBreak[];
  /** The number of compared records of each kind. */
  compared: Record<string, number>;
  /** The classes whose known differences in the period are closed unless they were found again. */
  classes: BreakClass[];
  /** Sources that could not be compared, with the reason. */
  skipped: string[];
}

export const isWithin = (at: Date | null, { from, to }: Period): boolean => at !== null && at >= from && at < to;

/**
 * The format of our order numbers (`order/create-order.ts`). At the points provider, other channels have orders too.
 */
export const ORDER_NUMBER = /^ORD-\d{6}-[0-9A-HJKMNP-TV-Z]{10}$/;
export const ORDER_NUMBER_SQL = "^ORD-\\d{6}-[0-9A-HJKMNP-TV-Z]{10}$";
/** The transaction number of a unit, without the number of the try. */
export const UNIT_NUMBER = /^(ORD-\d{6}-[0-9A-HJKMNP-TV-Z]{10}-\d+-\d+)(?:\.\d+)?$/;

/** The reason text of a return that repairs a break. */
export const repairReason = (breakId: string) => `Reconciliation (${breakId})`;
export const REPAIR_REASON = /^Reconciliation \(([0-9a-f-]{36})\)$/;
