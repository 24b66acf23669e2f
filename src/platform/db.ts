import { createHash } from "node:crypto";
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { Prisma, PrismaClient } from "./generated/prisma/client.ts";

export { Prisma };
export type Db = PrismaClient;
/** Inside a transaction; also what a query that needs no transaction asks for. */
export type Tx = Prisma.TransactionClient;

/** @param keepsStatements whether a named statement stays prepared; not behind some poolers of transactions */
export function openDb(url: string, poolSize: number, { keepsStatements } = { keepsStatements: true }): Db {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  // For a moment after the pool has handed a client out nobody listens to it, and an error that nobody hears ends the process:
  // the server may close a connection right behind the answer that made it free. The next query reports it.
  pool.on("connect", (client) => client.on("error", () => {}));
  return new PrismaClient({
    adapter: new PrismaPg(pool, {
      ...(keepsStatements && { statementNameGenerator: makeStatementNames() }),
      disposeExternalPool: true,
    }),
    transactionOptions: { maxWait: 10_000, timeout: 20_000 },
  });
}

const MAX_NAMED_STATEMENTS = 300;

/**
 * Names what is asked again and again, so that PostgreSQL parses and plans it once for each connection: half of its work
 * for an order. Lists of any length make ever new texts, hence the bound. A name stands for one text in all processes, because a
 * pooler may hand a connection from one to another.
 */
function makeStatementNames(): (query: { sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    const name = names.get(sql);
    if (name !== undefined) return name;
    if (names.size >= MAX_NAMED_STATEMENTS) return ""; // as pg calls one without a name
    const fresh = `t_${createHash("sha256").update(sql).digest("base64url")}`;
    names.set(sql, fresh);
    return fresh;
  };
}

const WRITE_CONFLICT_OR_DEADLOCK = "P2034";
const MAX_TRIES = 4;

const thenDo = new WeakMap<Tx, (() => void)[]>();

/** Runs `action` once the transaction has committed. The transaction must be one of `inTransaction`. */
export function afterCommit(tx: Tx, action: () => void): void {
  const actions = thenDo.get(tx);
  if (!actions) throw new Error("afterCommit needs a transaction of inTransaction");
  actions.push(action);
}

/** Runs `work` in one transaction; runs it again when the database chose it as a deadlock's victim. */
export async function inTransaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const actions: (() => void)[] = [];
    try {
      const answer = await db.$transaction((tx) => {
        thenDo.set(tx, actions);
        return work(tx);
      });
      for (const action of actions) action();
      return answer;
    } catch (error) {
      if (!isConflict(error) || tries === MAX_TRIES) throw error;
    }
  }
}

/** Of SQL of our own Prisma reports every failure under one code; which it was stands in its cause. */
function isConflict(error: unknown): boolean {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return false;
  const { cause } = (error.meta?.["driverAdapterError"] ?? {}) as { cause?: { kind?: unknown } };
  return error.code === WRITE_CONFLICT_OR_DEADLOCK || cause?.kind === "TransactionWriteConflict";
}

/** Whether the database refused because of this unique index or constraint. */
export function violates(error: unknown, constraint: string): boolean {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return false;
  return JSON.stringify([error.message, error.meta]).includes(constraint);
}
