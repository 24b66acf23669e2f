import type { Clock } from "../platform/clock.ts";
import { databaseFailure } from "../platform/database-failure.ts";
import { type Db, inTransaction, violates } from "../platform/db.ts";
import { bound, propagatedContext } from "../platform/tracing.ts";
import { BudgetExceeded, type Budgets } from "../rules/index.ts";
import type { Accepted, AcceptMessages, Arrived } from "./accept-messages.ts";
import { keyOfMessage } from "./insert-messages.ts";
import type { ReadMessage } from "./read-message.ts";

export interface BatchesDeps {
  db: Db;
  clock: Clock;
  acceptMessages: AcceptMessages;
  /** The maximum of concurrent transactions. */
  atOnce?: number;
  /** The maximum of messages in a transaction. */
  most?: number;
}

interface Waiting extends Arrived {
  /** The key of the message. */
  readonly key: string;
  /** The identities of its participants. */
  readonly names: readonly string[];
  readonly settle: PromiseWithResolvers<Accepted>;
  /** Runs work in the async context that the message arrived in. */
  readonly within: (work: () => Promise<void>) => Promise<void>;
}

const MAX_TRIES = 3;

/**
 * Accepts messages in their sequence of arrival. While transactions are in flight, new messages share the next one;
 * otherwise a message starts its own at once. Messages of the same member keep their order. A failed transaction is
 * split in halves, down to the message that causes the failure, so that only that message fails.
 *
 * @returns a function that settles with the outcome of its message. It throws MessageRefused
 */
export function makeAcceptInBatches({
  db,
  clock,
  acceptMessages,
  atOnce = 2,
  most = 50,
}: BatchesDeps): (read: ReadMessage) => Promise<Accepted> {
  let waiting: Waiting[] = [];
  const inFlight = new Set<readonly Waiting[]>();

  /**
   * Takes the oldest waiting messages. A message keeps waiting while an earlier message of the same participants is
   * waiting or in flight, so that a member's messages keep their order, and while it would repeat a message of the
   * batch.
   */
  function take(): Waiting[] {
    const batch: Waiting[] = [];
    const left: Waiting[] = [];
    const keys = new Set<string>();
    const busy = new Set([...inFlight].flatMap((other) => other.flatMap(({ key, names }) => [key, ...names])));
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
    while (inFlight.size < atOnce) {
      const batch = take();
      const [first] = batch;
      if (!first) return;
      inFlight.add(batch);
      void first
        .within(() => accept(batch))
        .finally(() => {
          inFlight.delete(batch);
          begin();
        });
    }
  }

  /** Never rejects: each message is settled with its own outcome. */
  async function accept(batch: readonly Waiting[]): Promise<void> {
    try {
      const accepted = await withBudgets("guarded", batch);
      batch.forEach(({ settle }, place) => {
        settle.resolve(accepted[place] as Accepted);
      });
    } catch (error) {
      const isSplit = batch.length > 1 && mayBeCausedByOneMessage(error);
      if (!isSplit) for (const { settle } of batch) settle.reject(error);
      else {
        const half = Math.ceil(batch.length / 2);
        await accept(batch.slice(0, half));
        await accept(batch.slice(half));
      }
    }
  }

  /** If another transaction has just written the same effect, the next try sees and skips it. */
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
    waiting.push({ read, trace: propagatedContext() ?? null, ...known, settle, within });
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

/** Whether a single message may be the cause. An unreachable database fails all of them, so a split would not help. */
function mayBeCausedByOneMessage(error: unknown): boolean {
  const failure = databaseFailure(error);
  return failure === null || failure === "busy";
}
