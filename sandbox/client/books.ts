import { z } from "zod";
import { customerId, points } from "./wire.ts";

// The records use the wire's spelling: a test reads the same in process as by curl.
const wholePoints = z.int().nonnegative();
const line = { seq: z.int().positive(), at: z.iso.datetime(), customer_id: customerId };
const change = { ...line, balance_after: wholePoints };
const orderChange = { ...change, order_id: z.string(), points: z.int() };

/** A line of the journal: every kind of change to the books. */
export const record = z.discriminatedUnion("type", [
  z.strictObject({
    ...line,
    type: z.literal("customer"),
    mobile: z.string(),
    earned: wholePoints,
    balance: wholePoints,
  }),
  z.strictObject({ ...change, type: z.literal("credit"), points, reference: z.string().exactOptional() }),
  z.strictObject({ ...orderChange, type: z.literal("redeem") }),
  z.strictObject({ ...orderChange, type: z.literal("reverse"), points, reason: z.string() }),
]);

export type BookRecord = z.infer<typeof record>;

export interface LedgerEntry {
  seq: number;
  at: string;
  customer_id: string;
  type: "opening" | "credit" | "redeem" | "reverse";
  order_id?: string;
  /** The reference of a credit, which makes it idempotent. */
  reference?: string;
  /** Negative if points leave the balance. */
  points: number;
  reason?: string;
  balance_after: number;
}

export interface Account {
  customer_id: string;
  mobile: string;
  points_earned: number;
  balance_points: number;
  entries: LedgerEntry[];
}

export interface OrderBook {
  customer_id: string;
  redeems: LedgerEntry[];
  reversals: LedgerEntry[];
}

/** Accounts and orders. */
export interface Books {
  nextSeq(): number;
  account(customerId: string): Account | undefined;
  order(orderId: string): OrderBook | undefined;
  /** The entries of all accounts, in order. */
  entries(): LedgerEntry[];
  /** The credit with this reference. */
  credit(reference: string): LedgerEntry | undefined;
  /** Checks a record, passes it to `keep`, then applies it; throws without effect if the record is inconsistent. */
  post(entry: BookRecord, keep?: (entry: BookRecord) => void): void;
  clear(): void;
}

export function makeBooks(): Books {
  const accounts = new Map<string, Account>();
  const orders = new Map<string, OrderBook>();
  const credits = new Map<string, LedgerEntry>();
  let lastSeq = 0;

  function open({ seq, at, customer_id, mobile, earned, balance }: Extract<BookRecord, { type: "customer" }>): void {
    const opening = { seq, at, customer_id, type: "opening", points: balance, balance_after: balance } as const;
    accounts.set(customer_id, {
      customer_id,
      mobile,
      points_earned: earned,
      balance_points: balance,
      entries: [opening],
    });
  }

  function enter(account: Account, entry: Exclude<BookRecord, { type: "customer" }>): void {
    account.entries.push(entry);
    account.balance_points = entry.balance_after;
    if (entry.type === "credit") {
      account.points_earned += entry.points;
      if (entry.reference !== undefined) credits.set(entry.reference, entry);
      return;
    }
    const order = orders.get(entry.order_id) ?? { customer_id: entry.customer_id, redeems: [], reversals: [] };
    orders.set(entry.order_id, order);
    (entry.type === "redeem" ? order.redeems : order.reversals).push(entry);
  }

  return {
    nextSeq: () => lastSeq + 1,
    account: (id) => accounts.get(id),
    order: (id) => orders.get(id),
    entries: () => [...accounts.values()].flatMap(({ entries }) => entries).sort((a, b) => a.seq - b.seq),
    credit: (reference) => credits.get(reference),
    post: (entry, keep = () => {}) => {
      const account = accounts.get(entry.customer_id);
      if (entry.seq !== lastSeq + 1) throw new Error(`seq is ${entry.seq}, expected ${lastSeq + 1}`);
      if (entry.type === "customer") {
        if (account) throw new Error(`customer ${entry.customer_id} exists`);
        keep(entry);
        open(entry);
      } else {
        if (!account) throw new Error(`no customer ${entry.customer_id}`);
        const balance = account.balance_points + entry.points;
        if (entry.balance_after !== balance)
          throw new Error(`balance_after is ${entry.balance_after}, expected ${balance}`);
        keep(entry);
        enter(account, entry);
      }
      lastSeq = entry.seq;
    },
    clear: () => {
      accounts.clear();
      orders.clear();
      credits.clear();
      lastSeq = 0;
    },
  };
}
