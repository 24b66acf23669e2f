import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";
import pg from "pg";
import { Prisma, type PrismaClient } from "./generated/prisma/client.ts";

/**
 * Sends `$queryRaw` and `$executeRaw` to PostgreSQL directly, as prepared statements: through Prisma's engine a
 * statement takes twice the CPU. Inside a transaction both use the transaction's connection, so models and raw
 * statements share it.
 */

interface Raw {
  $queryRaw<T = unknown>(query: TemplateStringsArray | Prisma.Sql, ...values: unknown[]): Promise<T>;
  $executeRaw(query: TemplateStringsArray | Prisma.Sql, ...values: unknown[]): Promise<number>;
}

/** The connection of one transaction, until the transaction ends. */
interface Held {
  client: pg.PoolClient | null;
  keepsStatements: boolean;
  isOver: boolean;
}
const transactions = new AsyncLocalStorage<Held>();

/** Whether the current async context has an open transaction, which may hold locks. */
export const isInTransaction = (): boolean => Boolean(transactions.getStore()?.client);

/**
 * A pool whose connections may be cut. It knows which connection belongs to the transaction of the current async
 * context.
 */
export class Pool extends pg.Pool {
  /** Whether a named statement stays prepared. */
  readonly keepsStatements: boolean;
  /** Called with the time that a caller waited for a connection, in seconds. */
  onWait: ((seconds: number) => void) | undefined;

  constructor(settings: pg.PoolConfig, { keepsStatements }: { keepsStatements: boolean }) {
    super(settings);
    this.keepsStatements = keepsStatements;
    // An error event without a listener ends the process, and the next query reports the error anyway. An idle
    // connection has no other listener, nor has a connection just after checkout: the server may close it right after
    // an answer.
    this.on("error", () => {});
    this.on("connect", (client) => client.on("error", () => {}));
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(done: Parameters<pg.Pool["connect"]>[0]): void;
  override connect(done?: Parameters<pg.Pool["connect"]>[0]): Promise<pg.PoolClient> | undefined {
    const { onWait } = this;
    const since = onWait ? performance.now() : 0;
    if (done) {
      super.connect((error, client, release) => {
        onWait?.((performance.now() - since) / 1_000);
        done(error, client, release);
      });
      return;
    }
    const held = transactions.getStore();
    return super.connect().then((client) => {
      onWait?.((performance.now() - since) / 1_000);
      if (!held || held.client || held.isOver) return client;
      const { release } = client;
      Object.assign(held, { client, keepsStatements: this.keepsStatements });
      client.release = (error) => {
        Object.assign(held, { client: null, isOver: true });
        release(error);
      };
      return client;
    });
  }
}

const MAX_NAMED_STATEMENTS = 300;
const names = new Map<string, string>();

/**
 * Names a statement that is sent repeatedly, so that PostgreSQL parses and plans it once for each connection. The
 * number of names is bounded, because lists of different lengths produce different texts. A name means the same text in
 * all processes, because a pooler may move a connection between them.
 * @returns "" for a statement without a name
 */
export function statementName(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  if (names.size >= MAX_NAMED_STATEMENTS) return "";
  const name = `t_${createHash("sha256").update(text).digest("base64url")}`;
  names.set(text, name);
  return name;
}

const plannedEachTime = new WeakSet<Prisma.Sql>();

/**
 * Makes PostgreSQL plan a statement for the values of each call. A named prepared statement may get one generic plan,
 * which reads a whole index if no row passes the filter. Planning takes some tenths of a millisecond, so this is for
 * filtered lists.
 */
export function planEachTime(query: Prisma.Sql): Prisma.Sql {
  plannedEachTime.add(query);
  return query;
}

const { INT8, DATE } = pg.types.builtins;
/** The same types as in Prisma's models. */
const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: "text" | "binary") {
    if (oid === INT8) return (text: string) => BigInt(text);
    if (oid === DATE) return (text: string) => new Date(`${text}T00:00:00.000Z`);
    return pg.types.getTypeParser(oid, format as "text");
  },
};

const toParameter = (value: unknown) => (value instanceof Date ? value.toISOString() : value);

async function send(
  to: pg.PoolClient | pg.Pool,
  { keepsStatements }: { keepsStatements: boolean },
  query: TemplateStringsArray | Prisma.Sql,
  values: unknown[],
) {
  const sql = "raw" in query ? Prisma.sql(query, ...values) : query;
  const { text } = sql;
  const name = keepsStatements && !plannedEachTime.has(sql) ? statementName(text) : "";
  return to.query({ name, text, values: sql.values.map(toParameter), types });
}

/** @returns a Prisma client that sends raw statements to the pool and ends the pool when it disconnects */
export const withPool = (db: PrismaClient, pool: Pool): PrismaClient =>
  withStatements(db, {
    $queryRaw: async (query, ...values) => (await send(pool, pool, query, values)).rows as never,
    $executeRaw: async (query, ...values) => (await send(pool, pool, query, values)).rowCount ?? 0,
    async $disconnect() {
      await db.$disconnect();
      if (!pool.ending) await pool.end(); // the adapter ends only a pool that it has used
    },
  });

/** Runs `work` in a transaction; raw statements use the transaction's connection. */
export function transact<T>(db: PrismaClient, work: (tx: Prisma.TransactionClient) => Promise<T>): Promise<T> {
  const held: Held = { client: null, keepsStatements: false, isOver: false };
  return transactions.run(held, () =>
    db.$transaction((tx) => {
      const statements: Raw = {
        // Without a connection the transaction has ended; Prisma then throws its own error.
        $queryRaw: async (query, ...values) =>
          held.client ? ((await send(held.client, held, query, values)).rows as never) : tx.$queryRaw(query, ...values),
        $executeRaw: async (query, ...values) =>
          held.client
            ? ((await send(held.client, held, query, values)).rowCount ?? 0)
            : tx.$executeRaw(query, ...values),
      };
      return work(withStatements(tx, statements));
    }),
  );
}

function withStatements<T extends object>(target: T, own: Raw & { $disconnect?(): Promise<void> }): T {
  return new Proxy(target, {
    get(_, property) {
      if (Object.hasOwn(own, property)) return Reflect.get(own, property);
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
