import { noJournal, openJournal } from "../journal.ts";
import {
  type Balance,
  type Customer,
  type Flags,
  type Group,
  type Issual,
  type MemoryRecord,
  type Movement,
  type NewRecord,
  type Redemption,
  type Reversal,
  type Reward,
  record,
  type Wallet,
} from "./records.ts";

/** The keys by which a request identifies a customer; the first one present counts. */
export interface CustomerKeys {
  userId?: string | null | undefined;
  mobile?: string | null | undefined;
  email?: string | null | undefined;
  externalId?: string | null | undefined;
}

/** The simulated Capillary's whole state. Reads are direct; every change passes through `post`. */
export interface Memory {
  readonly customers: ReadonlyMap<number, Customer>;
  readonly groups: ReadonlyMap<number, Group>;
  readonly rewards: ReadonlyMap<number, Reward>;
  /** Attempts to issue, oldest first. */
  readonly issuals: readonly Issual[];
  readonly redemptions: ReadonlyMap<string, Redemption>;
  readonly reversals: readonly Reversal[];
  readonly allocationIds: ReadonlySet<string>;
  flags(): Flags;
  customer(keys: CustomerKeys): Customer | undefined;
  issualByRequest(requestId: string): Issual | undefined;
  balance(wallet: Wallet): Balance;
  programsOf(kind: Wallet["kind"], id: number): number[];
  /** The points of a redemption that have not been reversed. */
  unreversed(redemption: Redemption): number;
  nextTransactionId(): number;
  /** Writes a change to the journal, then applies it; throws without effect if the change is inconsistent. */
  post(change: NewRecord): void;
  /** Restores the sample data, with an empty journal. */
  reset(): void;
  close(): void;
}

const firstTransactionId = 397_001;
const empty: Balance = { spendable: 0, delayed: 0, redeemed: 0, expired: 0, lifetime: 0 };
const keyOf = ({ kind, id, programId }: Wallet) => `${kind}:${id}:${programId}`;

/**
 * Builds the memory: the sample data, then the journal's records.
 * @param options.sample the data of a fresh or reset sandbox; not stored in the journal
 * @param options.journalFile undefined for a memory that ends with the process
 */
export function makeMemory(options: {
  sample: readonly NewRecord[];
  sampleAt: string;
  journalFile: string | undefined;
  warn: (message: string) => void;
  clock: { now(): Date };
}): Memory {
  const { sample, sampleAt, journalFile, warn, clock } = options;
  const customers = new Map<number, Customer>();
  const named = {
    mobile: new Map<string, Customer>(),
    email: new Map<string, Customer>(),
    externalId: new Map<string, Customer>(),
  };
  const groups = new Map<number, Group>();
  const rewards = new Map<number, Reward>();
  const balances = new Map<string, { wallet: Wallet; balance: Balance }>();
  const redemptions = new Map<string, Redemption>();
  const byRequest = new Map<string, Issual>();
  const byTransaction = new Map<number, Issual>();
  const issuals: Issual[] = [];
  const reversals: Reversal[] = [];
  const allocationIds = new Set<string>();
  let flags: Flags;
  let lastSeq = 0;

  const balance = (wallet: Wallet) => balances.get(keyOf(wallet))?.balance ?? empty;

  function after({ wallet, points, currency, balanceAfter }: Movement): Balance {
    const now = balance(wallet);
    const pot = currency === "REGULAR" ? "spendable" : "delayed";
    const expected = exact(now[pot] + points);
    if (expected < 0 || expected !== balanceAfter)
      throw new Error(`balanceAfter is ${balanceAfter}, expected ${expected}`);
    return { ...now, [pot]: expected };
  }

  /** Checks a record against the state and returns a function that applies it. */
  function prepared(entry: MemoryRecord): () => void {
    switch (entry.type) {
      case "customer":
        return () => enrol(entry.customer);
      case "group":
        return () => groups.set(entry.group.id, entry.group);
      case "reward":
        return () => rewards.set(entry.reward.id, entry.reward);
      case "flags":
        return () => {
          flags = entry.flags;
        };
      case "balance":
        return () => balances.set(keyOf(entry.wallet), { wallet: entry.wallet, balance: entry.balance });
      case "issual": {
        const { issual, movement } = entry;
        const taken = movement && after(movement);
        if (byTransaction.has(issual.transactionId)) throw new Error(`transaction ${issual.transactionId} exists`);
        return () => {
          issuals.push(issual);
          byTransaction.set(issual.transactionId, issual);
          if (issual.requestId !== null) byRequest.set(issual.requestId, issual);
          if (issual.redemption) redemptions.set(issual.redemption.redemptionId, issual.redemption);
          if (movement && taken)
            settle(movement.wallet, { ...taken, redeemed: exact(taken.redeemed - movement.points) });
        };
      }
      case "used":
      case "revoke": {
        const issual = byTransaction.get(entry.transactionId);
        if (issual?.state !== "ISSUED") throw new Error(`transaction ${entry.transactionId} is not issued`);
        const { reversal, movement } = entry.type === "revoke" ? entry : { reversal: null, movement: null };
        const returned = movement && after(movement);
        return () => {
          issual.state = entry.type === "used" ? "REDEEMED" : "CANCELLED";
          if (reversal) reversals.push(reversal);
          if (movement && returned) settle(movement.wallet, returnedTo(returned, movement.points));
        };
      }
      case "redemption": {
        const taken = after(entry.movement);
        return () => {
          redemptions.set(entry.redemption.redemptionId, entry.redemption);
          settle(entry.movement.wallet, { ...taken, redeemed: exact(taken.redeemed - entry.movement.points) });
        };
      }
      case "reversal": {
        const returned = after(entry.movement);
        return () => {
          reversals.push(entry.reversal);
          settle(entry.movement.wallet, returnedTo(returned, entry.movement.points));
        };
      }
      case "allocation": {
        const given = after(entry.movement);
        return () => {
          if (entry.uniqueId !== null) allocationIds.add(entry.uniqueId);
          settle(entry.movement.wallet, { ...given, lifetime: exact(given.lifetime + entry.movement.points) });
        };
      }
    }
  }

  function enrol(customer: Customer): void {
    const { userId, mobile, email, externalId } = customer;
    customers.set(userId, customer);
    named.mobile.set(mobile, customer);
    if (email !== null) named.email.set(email.toLowerCase(), customer);
    if (externalId !== null) named.externalId.set(externalId, customer);
  }

  function settle(wallet: Wallet, balance: Balance): void {
    balances.set(keyOf(wallet), { wallet, balance });
  }

  function apply(entry: MemoryRecord, keep: (entry: MemoryRecord) => void = () => {}): void {
    if (entry.seq !== lastSeq + 1) throw new Error(`seq is ${entry.seq}, expected ${lastSeq + 1}`);
    const change = prepared(entry);
    keep(entry);
    change();
    lastSeq = entry.seq;
  }

  // The sample's records have no sequence numbers, because a journal may be older than a larger sample.
  const openSample = () => {
    for (const each of structuredClone(sample)) prepared({ ...each, seq: 0, at: sampleAt })();
  };
  openSample();
  const journal = journalFile ? openJournal(journalFile, record, (line) => apply(line), warn) : noJournal;

  return {
    customers,
    groups,
    rewards,
    issuals,
    redemptions,
    reversals,
    allocationIds,
    flags: () => flags,
    customer: ({ userId, mobile, email, externalId }) => {
      if (userId) return customers.get(Number(userId));
      if (mobile) return named.mobile.get(mobile.replace(/^\+/, ""));
      if (email) return named.email.get(email.toLowerCase());
      return externalId ? named.externalId.get(externalId) : undefined;
    },
    issualByRequest: (requestId) => byRequest.get(requestId),
    balance,
    programsOf: (kind, id) =>
      [...balances.values()]
        .filter(({ wallet }) => wallet.kind === kind && wallet.id === id)
        .map(({ wallet }) => wallet.programId),
    unreversed: ({ redemptionId, points }) =>
      reversals
        .filter((each) => each.redemptionId === redemptionId)
        .reduce((left, each) => exact(left - each.points), points),
    nextTransactionId: () => firstTransactionId + issuals.length,
    post: (change) => apply({ ...change, seq: lastSeq + 1, at: clock.now().toISOString() }, journal.append),
    reset: () => {
      journal.empty();
      const maps = [customers, groups, rewards, balances, redemptions, byRequest, byTransaction];
      for (const map of [...maps, ...Object.values(named)]) map.clear();
      issuals.length = 0;
      reversals.length = 0;
      allocationIds.clear();
      lastSeq = 0;
      openSample();
    },
    close: () => journal.close(),
  };
}

const returnedTo = (balance: Balance, points: number): Balance => ({
  ...balance,
  redeemed: exact(balance.redeemed - points),
});

/** Points have at most three decimals: sums are rounded to that, because of floating-point errors such as 0.1 + 0.2. */
export const exact = (points: number): number => Math.round(points * 1000) / 1000;
