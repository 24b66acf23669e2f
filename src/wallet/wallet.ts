import type { ExpiringPoints } from "../domain/expiring-points.ts";
import { changeBetween, type WalletReading } from "../ledger/evidence.ts";

/** A deduction whose outcome is not known yet. */
export interface HeldDeduction {
  points: number;
  /** The wallet just before the deduction was sent. Null while it was not sent. */
  before: WalletReading | null;
}

/**
 * The points that deductions hold in a wallet. A deduction that the reading already shows, by the rule of `evidence.ts`, holds
 * nothing: its points are missing from the balance, and would count twice.
 */
export const pointsHeld = (deductions: readonly HeldDeduction[], reading: WalletReading): number =>
  deductions
    .filter(({ points, before }) => changeBetween(before, reading) !== -points)
    .reduce((sum, { points }) => sum + points, 0);

/** A customer's own points, as far as we know them. */
export interface Wallet {
  customerId: string;
  balance: number;
  earned: number;
  /** Points of our orders whose deduction the ledger has not yet confirmed, and the balance does not show. */
  held: number;
  /** Null where the points provider does not tell. */
  expiring: ExpiringPoints[] | null;
  /** When the ledger was read. */
  asOf: Date;
}

/** The points that can be spent: never below zero, also while an unconfirmed deduction is already in the balance. */
export function availableIn({ balance, held }: Pick<Wallet, "balance" | "held">): number {
  return Math.max(0, balance - held);
}
