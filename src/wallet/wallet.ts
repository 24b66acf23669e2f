import type { ExpiringPoints } from "../domain/expiring-points.ts";
import { changeBetween, type WalletReading } from "../ledger/evidence.ts";

/** A deduction with an unknown outcome. */
export interface HeldDeduction {
  points: number;
  /** The balance reading just before the deduction was sent. Null before it is sent. */
  before: WalletReading | null;
}

/**
 * The points held by deductions in a wallet. A deduction that the reading already shows, by the rule of `evidence.ts`,
 * holds nothing: its points are missing from the balance, and would count twice.
 */
export const pointsHeld = (deductions: readonly HeldDeduction[], reading: WalletReading): number =>
  deductions
    .filter(({ points, before }) => changeBetween(before, reading) !== -points)
    .reduce((sum, { points }) => sum + points, 0);

/** A customer's own points, with the known state of their deductions. */
export interface Wallet {
  customerId: string;
  balance: number;
  earned: number;
  /** Points of orders whose deduction is neither confirmed nor visible in the balance. */
  held: number;
  /** Null if the points provider does not report it. */
  expiring: ExpiringPoints[] | null;
  /** The time of the ledger's read. */
  asOf: Date;
}

/** The spendable points: never below zero, even while an unconfirmed deduction is already in the balance. */
export function availableIn({ balance, held }: Pick<Wallet, "balance" | "held">): number {
  return Math.max(0, balance - held);
}
