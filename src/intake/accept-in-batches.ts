import type { Clock } from "../platform/clock.ts";
import { databaseTrouble } from "../platform/database-trouble.ts";
import { type Db, inTransaction, violates } from "../platform/db.ts";
import { bound, contextToHandOn } from "../platform/tracing.ts";
import { BudgetExceeded, type Budgets } from "../rules/index.ts";
import type { Accepted, AcceptMessages, Arrived } from "./accept-messages.ts";
import { keyOfMessage } from "./insert-messages.ts";
import type { ReadMessage } from "./read-message.ts";

export interface BatchesDeps {
  db: Db;
  clock: Clock;
  acceptMessages: AcceptMessages;
  /** So many transactions at most. */
  atOnce?: number;
  /** So many messages in one transaction at most. */
  most?: number;
}

interface Waiting extends Arrived {
  readonly key: string;
  readonly settle: PromiseWithResolvers<Accepted>;
  /** Runs work in the context that the message came in. */
  readonly within: (work: () => Promise<void>) => Promise<void>;
}

const MAX_TRIES = 3;

/**
 * Accepts messages in the order in which they come: a message that comes alone at once, and those that come while transactions are
 * under way together in the next one. A transaction that fails is split in halves, down to the message that it fails for, so that
 * the failure is only that message's.
 *
 * @returns a function that settles as its message does. It throws MessageRefused
 */
export function makeAcceptInBatches({
  db,
  clock,
  acceptMessages,
  atOnce = 2,
  most = 50,
}: BatchesDeps): (read: ReadMessage) => Promise<Accepted> {
  let waiting: Waiting[] = [];
  const underWay = new Set<string>();
  let running = 0;

  /** The oldest of those that wait. A message that repeats one of them, or one under way, goes on waiting for its outcome. */
  function take(): Waiting[] {
    const batch: Waiting[] = [];
    const left: Waiting[] = [];
    for (const each of waiting) {
      if (batch.length === most || underWay.has(each.key)) left.push(each);
      else {
        underWay.add(each.key);
        batch.push(each);
      }
    }
    waiting = left;
    return batch;
  }

  function begin(): void {
    while (running < atOnce) {
      const batch = take();
      const [first] = batch;
      if (!first) return;
      running += 1;
      void first
        .within(() => accept(batch))
        .finally(() => {
          for (const { key } of batch) underWay.delete(key);
          running -= 1;
          begin();
        });
    }
  }

  /** Never rejects: each message is told of its own outcome. */
  async function accept(batch: readonly Waiting[]): Promise<void> {
    try {
      const accepted = await withBudgets("guarded", batch);
      batch.forEach(({ settle }, place) => {
        settle.resolve(accepted[place] as Accepted);
      });
    } catch (error) {
      const isSplit = batch.length > 1 && mayBeOfOne(error);
      if (!isSplit) for (const { settle } of batch) settle.reject(error);
      else {
        const half = Math.ceil(batch.length / 2);
        await accept(batch.slice(0, half));
        await accept(batch.slice(half));
      }
    }
  }

  /** An effect that another transaction has just given is seen as given at the next try, and skipped. */
  async function withBudgets(budgets: Budgets, batch: readonly Waiting[]): Promise<Accepted[]> {
    for (let tries = 1; ; tries++) {
      try {
        return await inTransaction(db, (tx) => acceptMessages(tx, batch, clock.now(), { budgets }));
      } catch (error) {
        if (error instanceof BudgetExceeded) return withBudgets("locked", batch);
        if (tries === MAX_TRIES || !violates(error, "effect_key")) throw error;
      }
    }
  }

  return (read) => {
    const settle = Promise.withResolvers<Accepted>();
    const within = bound((work: () => Promise<void>) => work());
    waiting.push({ read, trace: contextToHandOn() ?? null, key: keyOfMessage(read), settle, within });
    begin();
    return settle.promise;
  };
}

/** Whether a message may be to blame. A database that cannot be reached fails them all, and once is enough. */
function mayBeOfOne(error: unknown): boolean {
  const trouble = databaseTrouble(error);
  return trouble === null || trouble === "busy";
}
