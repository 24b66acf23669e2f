import type { Prisma } from "../platform/db.ts";
import type { BreakClass, BreakRepair } from "../platform/generated/prisma/enums.ts";

/** A difference that a comparison has found. */
export interface FoundBreak {
  class: BreakClass;
  /** Names the difference within its class: the same difference has the same key in every run. */
  key: string;
  repair: BreakRepair;
  /** When it arose, such as when the movement was confirmed. */
  since: Date;
  /** Owed to the customer; negative if the customer has too many. */
  points?: number;
  customerId?: string;
  orderNumber?: string | undefined;
  orderId?: string | undefined;
  movementId?: string;
  unitId?: string | undefined;
  awardId?: string | undefined;
  rewardId?: string;
  /** Our record and theirs, as far as there is one. */
  evidence: Prisma.InputJsonObject;
}

/** The time that a run compares. */
export interface Period {
  from: Date;
  /** Not included. */
  to: Date;
}

export interface Comparison {
  breaks: FoundBreak[];
  /** How many of each kind were compared. */
  compared: Record<string, number>;
  /** Differences of these classes that were not found are gone, as far as they lie in the period. */
  classes: BreakClass[];
  /** What could not be compared, with the reason. */
  skipped: string[];
}

export const isWithin = (at: Date | null, { from, to }: Period): boolean => at !== null && at >= from && at < to;

/** The numbers of our orders, as `order/create-order.ts` makes them. Other channels have orders at the points provider as well. */
export const ORDER_NUMBER = /^ORD-\d{6}-[0-9A-HJKMNP-TV-Z]{10}$/;
export const ORDER_NUMBER_SQL = "^ORD-\\d{6}-[0-9A-HJKMNP-TV-Z]{10}$";
/** The transaction number of a unit, without the number of the try. */
export const UNIT_NUMBER = /^(ORD-\d{6}-[0-9A-HJKMNP-TV-Z]{10}-\d+-\d+)(?:\.\d+)?$/;

/** Sent as the reason of a return that repairs a break. */
export const repairReason = (breakId: string) => `Reconciliation (${breakId})`;
export const REPAIR_REASON = /^Reconciliation \(([0-9a-f-]{36})\)$/;
