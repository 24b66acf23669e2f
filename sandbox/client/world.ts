import { z } from "zod";
import { customerIdShape } from "../../src/domain/customer-id.ts";
import { noJournal, openJournal } from "../journal.ts";
import { readValue } from "../read-json.ts";
import type { Repeat } from "../settings.ts";
import { type Account, type LedgerEntry, makeBooks, record } from "./books.ts";
import { type Ledger, makeLedger } from "./ledger.ts";
import { makeOtps, type Otps, type SentOtp } from "./otp.ts";
import { sampleCustomers, sampleOpenedAt } from "./sample-world.ts";
import { customerId, points } from "./wire.ts";

export const newCustomer = z
  .strictObject({
    customer_id: customerIdShape,
    balance: z.int().nonnegative(),
    /** Lifetime points; the balance if absent. */
    earned: z.int().nonnegative().optional(),
    mobile: z
      .string()
      .regex(/^\d{2}X{6}\d{2}$/, "expected a masked number like 98XXXXXX45")
      .default("99XXXXXX99"),
  })
  .transform((customer) => ({ ...customer, earned: customer.earned ?? customer.balance }))
  .refine(({ earned, balance }) => earned >= balance, { path: ["earned"], message: "smaller than the balance" });

export const grantRequest = z.strictObject({ customer_id: customerId, points });

/** The simulated points provider's data, for tests to read and change. Unknown customers throw. */
export interface ClientWorld {
  has(customerId: string): boolean;
  account(customerId: string): Account;
  ledger(customerId: string): LedgerEntry[];
  balance(customerId: string): number;
  /** The entries of all customers from `from` to before `to`, both in the ledger's format, in order. */
  entries(period: { from: string; to: string }): LedgerEntry[];
  /** The newest OTP "sent" to the customer; undefined if there was none. */
  lastOtp(customerId: string): SentOtp | undefined;
  addCustomer(customer: z.input<typeof newCustomer>): void;
  /** Credits points: raises the balance and the lifetime points. */
  credit(customerId: string, points: number): void;
}

export interface ClientMemory {
  client: ClientWorld;
  ledger: Ledger;
  otps: Otps;
  /** Restores the sample customers, with an empty journal. */
  reset(): void;
  close(): void;
}

/**
 * Builds the points provider's memory: the sample customers, then the journal's records.
 * @param options.journalFile undefined for a memory that ends with the process
 */
export function makeClientMemory(options: {
  journalFile: string | undefined;
  warn: (message: string) => void;
  clock: { now(): Date };
  repeat: () => Repeat;
}): ClientMemory {
  const { journalFile, warn, clock, repeat } = options;
  const books = makeBooks();
  const openSample = () => {
    for (const customer of sampleCustomers) {
      books.post({ seq: books.nextSeq(), at: sampleOpenedAt, type: "customer", ...customer });
    }
  };
  openSample();
  const journal = journalFile ? openJournal(journalFile, record, books.post, warn) : noJournal;
  const ledger = makeLedger({ books, keep: journal.append, clock, repeat });
  const otps = makeOtps(clock);

  return {
    ledger,
    otps,
    client: {
      has: (id) => books.account(id) !== undefined,
      account: (id) => structuredClone(ledger.account(id)),
      ledger: (id) => structuredClone(ledger.account(id).entries),
      balance: (id) => ledger.account(id).balance_points,
      entries: ({ from, to }) => structuredClone(books.entries().filter(({ at }) => at >= from && at < to)),
      lastOtp: (id) => otps.last(id),
      addCustomer: (customer) => ledger.open(readValue(newCustomer, customer)),
      credit: (customer_id, points) => {
        readValue(grantRequest, { customer_id, points });
        ledger.grant(customer_id, points);
      },
    },
    reset: () => {
      journal.empty();
      books.clear();
      openSample();
      otps.clear();
    },
    close: () => journal.close(),
  };
}
