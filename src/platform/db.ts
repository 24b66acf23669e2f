import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { hasCode } from "./database-failure.ts";
import { isInTransaction, Pool, planEachTime, statementName, transact, withPool } from "./direct-sql.ts";
import { Prisma, PrismaClient } from "./generated/prisma/client.ts";
import { type Lanes, makeLanes } from "./lanes.ts";

export { Prisma, planEachTime };
export type Db = PrismaClient;
/** A transaction's client; also the parameter type of queries that need no transaction. */
export type Tx = Prisma.TransactionClient;

/** @param keepsStatements whether a named statement stays prepared; false behind some transaction poolers */
export function openDb(
  url: string,
  poolSize: number,
  { keepsStatements, keepsSessions } = { keepsStatements: true, keepsSessions: true },
): Db {
  const settings: pg.PoolConfig = {
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    // A statement instead of a connection parameter, because poolers refuse the parameter. The pool awaits it before it hands
    // out the connection. Behind a transaction pooler the setting would apply to another client.
    ...(keepsSessions && {
      onConnect: (client) => client.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`).catch(() => {}),
    }),
  };
  const pool = new Pool(settings, { keepsStatements });
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool, {
      ...(keepsStatements && { statementNameGenerator: ({ sql }) => statementName(sql) }),
      disposeExternalPool: true,
    }),
    transactionOptions: { maxWait: 10_000, timeout: 20_000 },
  });
  const db = withPool(prisma, pool);
  pools.set(db, pool);
  return db;
}

const pools = new WeakMap<Db, Pool>();
/** The connection pool of a client made by `openDb`. */
export const poolOf = (db: Db): Pool | undefined => pools.get(db);

/** The longest wait for a lock; after it the statement fails. */
const LOCK_TIMEOUT_MS = 10_000;
/** The number of transactions that may wait for one customer or order. Only a flood of requests exceeds it. */
const MAX_WAITING = 50;

const lanesOf = new WeakMap<Db, Lanes>();

/** Names the first lock of a transaction, such as `customer C-1`. */
export interface InLane {
  db: Db;
  lane: string;
  /** See `Lanes.run`. */
  mustRun?: boolean;
}

const MAX_TRIES = 4;
/** SQLSTATEs of a serialisation failure and of a deadlock, and Prisma's code and kind for both. */
const CONFLICTS = ["40001", "40P01", "P2034", "TransactionWriteConflict"];
const LOCK_NOT_AVAILABLE = "55P03";

/**
 * For the select list of a transaction's first statement. PostgreSQL then uses one generic plan for each later
 * statement, instead of five custom plans first. Only for transactions whose statements have one good plan.
 */
export const plansOnce = Prisma.sql`set_config('plan_cache_mode', 'force_generic_plan', true)`;

const afterCommitCallbacks = new WeakMap<Tx, (() => void)[]>();

/** Runs `action` once the transaction has committed. The transaction must be one of `inTransaction`. */
export function afterCommit(tx: Tx, action: () => void): void {
  const actions = afterCommitCallbacks.get(tx);
  if (!actions) throw new Error("afterCommit needs a transaction of inTransaction");
  actions.push(action);
}

/**
 * Runs `work` in one transaction, and again if PostgreSQL chose it as a deadlock's victim. Within this process the
 * transactions of a lane run in sequence, and a transaction that waits for its lane holds no connection. A running
 * transaction cannot enter a lane: it would wait with its locks held, perhaps for a transaction that needs those locks.
 *
 * @throws Busy if too many transactions wait in the lane
 */
export async function inTransaction<T>(where: Db | InLane, work: (tx: Tx) => Promise<T>): Promise<T> {
  if (!("lane" in where)) return repeatOnConflict(where, work);
  const { db, lane, mustRun } = where;
  if (isInTransaction()) throw new Error(`the lane ${lane} is entered before a transaction begins, not within it`);
  const lanes = lanesOf.get(db) ?? makeLanes({ maxWaiting: MAX_WAITING });
  lanesOf.set(db, lanes);
  return lanes.run(lane, () => repeatOnConflict(db, work), { mustRun });
}

async function repeatOnConflict<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const actions: (() => void)[] = [];
    try {
      const answer = await transact(db, (tx) => {
        afterCommitCallbacks.set(tx, actions);
        return work(tx);
      });
      for (const action of actions) action();
      return answer;
    } catch (error) {
      if (!hasCode(error, ...CONFLICTS) || tries === MAX_TRIES) throw error;
    }
  }
}

/** Whether a statement exceeded `lock_timeout`. */
export const isLockTimeout = (error: unknown): boolean => hasCode(error, LOCK_NOT_AVAILABLE);

/** Whether the error is a violation of this unique index or constraint. */
export function violates(error: unknown, constraint: string): boolean {
  if (error instanceof pg.DatabaseError) return error.constraint?.includes(constraint) ?? false;
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return false;
  return JSON.stringify([error.message, error.meta]).includes(constraint);
}
