import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { isLockTimeout } from "./db.ts";

/** Runs one piece of work at a time under a name, across all processes on the database. */
export interface Exclusive {
  /**
   * @param work its signal `held` aborts when the lock's connection is lost
   * @returns null if the lock was not free within `waitMs`
   */
  run<T>(name: string, work: (held: AbortSignal) => Promise<T>, options: { waitMs: number }): Promise<T | null>;
}

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * The lock belongs to an open transaction on a connection of its own. It therefore ends with the process, has no time
 * limit, and works behind a transaction pooler. Within the process the calls run in sequence, on one connection at
 * most.
 */
export function makeExclusive(databaseUrl: string): Exclusive {
  let last: Promise<unknown> = Promise.resolve();

  async function underLock<T>(name: string, work: (held: AbortSignal) => Promise<T>, waitMs: number) {
    const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    const lost = new AbortController();
    client.on("error", () => {}).once("end", () => lost.abort()); // the next query reports it
    await client.connect();
    try {
      await client.query(
        `begin; set local lock_timeout = ${Math.max(1, Math.round(waitMs))}; set local idle_in_transaction_session_timeout = 0`,
      );
      await client.query("select pg_advisory_xact_lock(hashtext($1))", [`tessera.${name}`]);
      return await work(lost.signal);
    } catch (error) {
      if (isLockTimeout(error)) return null;
      throw error;
    } finally {
      await client.query("rollback").catch(() => {});
      await client.end();
    }
  }

  return {
    async run(name, work, { waitMs }) {
      const startedAt = performance.now();
      const { promise: mine, resolve: leave } = Promise.withResolvers<void>();
      const before = last;
      last = before.then(() => mine);
      const waiting = new AbortController();
      try {
        const isFree = await Promise.race([
          before.then(() => true),
          delay(waitMs, false, { signal: waiting.signal }).catch(() => false),
        ]);
        return isFree ? await underLock(name, work, waitMs - (performance.now() - startedAt)) : null;
      } finally {
        waiting.abort();
        leave();
      }
    },
  };
}
