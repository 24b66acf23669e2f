import { refused } from "../failure.ts";
import type { Repeat } from "../settings.ts";
import type { Account, BookRecord, Books, LedgerEntry } from "./books.ts";
import type { CreditRequest, RedeemRequest, ReverseRequest } from "./wire.ts";

/** The rules of the points ledger. Each call either throws a refusal or has taken effect when it returns. */
export interface Ledger {
  account(customerId: string): Account;
  open(customer: { customer_id: string; mobile: string; earned: number; balance: number }): void;
  /** Creates points, for setting up data. */
  grant(customerId: string, points: number): void;
  /** Credits points once for a reference, independent of the setting for repeats. */
  credit(request: CreditRequest): void;
  redeem(request: RedeemRequest): void;
  reverse(request: ReverseRequest): void;
}

export function makeLedger(deps: {
  books: Books;
  keep: (record: BookRecord) => void;
  clock: { now(): Date };
  repeat: () => Repeat;
}): Ledger {
  const { books, keep, clock, repeat } = deps;
  const stamp = () => ({ seq: books.nextSeq(), at: clock.now().toISOString() });

  function account(customerId: string): Account {
    const found = books.account(customerId);
    if (!found) throw refused("Invalid Customer ID");
    return found;
  }

  function enterCredit(customer_id: string, points: number, reference?: string): void {
    const { points_earned, balance_points } = account(customer_id);
    if (!Number.isSafeInteger(points_earned + points)) throw refused("Too many points");
    const balance_after = balance_points + points;
    const entry = { ...stamp(), customer_id, type: "credit", points, balance_after } as const;
    books.post(reference === undefined ? entry : { ...entry, reference }, keep);
  }

  return {
    account,

    open: (customer) => books.post({ ...stamp(), type: "customer", ...customer }, keep),

    grant: enterCredit,

    credit: ({ reference, customer_id, points_credited: points }) => {
      account(customer_id);
      const done = books.credit(reference);
      if (!done) return enterCredit(customer_id, points, reference);
      if (done.customer_id !== customer_id || done.points !== points)
        throw refused("Reference used for another credit");
    },

    redeem: ({ order_id, customer_id, points_consumed }) => {
      const { balance_points } = account(customer_id);
      const order = books.order(order_id);
      // An order id belongs to one customer under every setting: a reversal must have a unique owner.
      if (order && (repeat() === "refuse" || order.customer_id !== customer_id)) throw refused("Duplicate order_id");
      if (order && repeat() === "accept") {
        if (order.redeems.some(({ points }) => points === -points_consumed)) return;
        throw refused("Order already redeemed with different points");
      }
      if (balance_points < points_consumed) throw refused("Insufficient balance");
      const balance_after = balance_points - points_consumed;
      books.post({ ...stamp(), customer_id, type: "redeem", order_id, points: -points_consumed, balance_after }, keep);
    },

    reverse: ({ order_id, customer_id, points_reversed: points, reason }) => {
      const { balance_points } = account(customer_id);
      const order = books.order(order_id);
      if (order?.customer_id !== customer_id) throw refused("Invalid Order ID");
      const isRepeat = order.reversals.some((entry) => entry.points === points && entry.reason === reason);
      if (isRepeat && repeat() === "refuse") throw refused("Duplicate reversal");
      if (isRepeat && repeat() === "accept") return;
      // Redeems are negative: the sum of redeems and reversals is the amount still deducted.
      if (total(order.redeems) + total(order.reversals) + points > 0) throw refused("Reversal exceeds points consumed");
      const balance_after = balance_points + points;
      books.post({ ...stamp(), customer_id, type: "reverse", order_id, points, reason, balance_after }, keep);
    },
  };
}

const total = (entries: readonly LedgerEntry[]): number => entries.reduce((sum, { points }) => sum + points, 0);
