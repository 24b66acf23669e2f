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
  /** The key of the message. */
  readonly key: string;
  /** The names of its people. */
  readonly names: readonly string[];
  readonly settle: PromiseWithResolvers<Accepted>;
  /** Runs work in the context that the message came in. */
  readonly within: (work: () => Promise<void>) => Promise<void>;
}

const MAX_TRIES = 3;

/**
 * Accepts messages in the order in which they come: a message that comes alone at once, and those that come while transactions are
 * under way together in the next one, those of a member always in their order. A transaction that fails is split in halves, down to the message that it fails for, so that
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
  const underWay = new Set<readonly Waiting[]>();

  /**
   * The oldest of those that wait. A message waits on while a message of the same people is under way or waits before it, so that a
   * member's messages keep their order, and while it would repeat a message of the batch.
   */
  function take(): Waiting[] {
    const batch: Waiting[] = [];
    const left: Waiting[] = [];
    const keys = new Set<string>();
    const busy = new Set([...underWay].flatMap((other) => other.flatMap(({ key, names }) => [key, ...names])));
    for (const each of waiting) {
      const { key, names } = each;
      const isFree = batch.length < most && !keys.has(key) && !busy.has(key) && !names.some((name) => busy.has(name));
      (isFree ? batch : left).push(each);
      if (isFree) keys.add(key);
      else for (const name of [key, ...names]) busy.add(name);
    }
    waiting = left;
    return batch;
  }

  function begin(): void {
    while (underWay.size < atOnce) {
      const batch = take();
      const [first] = batch;
      if (!first) return;
      underWay.add(batch);
      void first
        .within(() => accept(batch))
        .finally(() => {
          underWay.delete(batch);
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
    const known = { key: keyOfMessage(read), names: namesIn(read) };
    waiting.push({ read, trace: contextToHandOn() ?? null, ...known, settle, within });
    begin();
    return settle.promise;
  };
}

function namesIn({ message, nikHash, customerId }: ReadMessage): string[] {
  const { member, sharerId, receiverId } = message;
  const users = [member.userId, sharerId, receiverId].flatMap((id) => (id === null ? [] : `user ${id}`));
  const others = { member: member.memberId, nik: nikHash, customer: customerId ?? null };
  return [...users, ...Object.entries(others).flatMap(([kind, id]) => (id === null ? [] : `${kind} ${id}`))];
}

/** Whether a message may be to blame. A database that cannot be reached fails them all, and once is enough. */
function mayBeOfOne(error: unknown): boolean {
  const trouble = databaseTrouble(error);
  return trouble === null || trouble === "busy";
}
