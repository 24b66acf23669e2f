/** A customer's own points, as far as we know them. */
export interface Wallet {
  customerId: string;
  balance: number;
  earned: number;
  /** Points of our orders whose deduction the ledger has not yet confirmed. */
  held: number;
  /** When the ledger was read. */
  asOf: Date;
}

/** What can be spent: never below zero, also while an unconfirmed deduction is already in the balance. */
export function availableIn({ balance, held }: Pick<Wallet, "balance" | "held">): number {
  return Math.max(0, balance - held);
}
