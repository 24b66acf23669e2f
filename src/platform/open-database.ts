import { readOnlyReason } from "./database-failure.ts";
import { type Db, openDb } from "./db.ts";
import { type Bus, makeLocalBus } from "./events.ts";
import type { Logger } from "./logger.ts";
import { migrate } from "./migrate.ts";
import { detectPooling } from "./postgres/pooling.ts";
import { openPostgresBus } from "./postgres-bus.ts";
import { openReadyCheck } from "./ready-check.ts";
import { SetupError } from "./setup-error.ts";

export interface OpenDatabaseOptions {
  url: string;
  /** A URL of the same database without a transaction pooler; undefined if `url` has none. */
  listenUrl: string | undefined;
  poolSize: number;
  /** The number of locks that the process holds at once, each on a connection of its own; see `makeExclusive`. */
  locks: number;
  /** The number of other connections of the process. */
  otherConnections?: number | undefined;
  log: Logger;
  openBus?: typeof openPostgresBus | undefined;
}

export interface Database extends AsyncDisposable {
  db: Db;
  bus: Bus;
  /** For `makeExclusive`. */
  lockUrl: string;
  /** The maximum number of connections of this process. */
  mostConnections: number;
  /** The reason why the database takes no writes; null if it takes them. */
  readOnly: string | null;
  /** See `ready-check.ts`. */
  checkReady(): Promise<string | null>;
}

/**
 * Applies the migrations and opens the connections of a process. Behind a transaction pooler without `listenUrl`, other
 * processes get no notifications and find changes by polling.
 *
 * @throws SetupError naming DATABASE_URL or DATABASE_LISTEN_URL and the next step
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const { url, listenUrl, poolSize, locks, otherConnections = 0, log, openBus = openPostgresBus } = options;
  const pooling = await detectPooling(url);
  const direct = listenUrl === undefined ? pooling : await detectPooling(listenUrl, "DATABASE_LISTEN_URL");
  if (listenUrl !== undefined && !direct.keepsSessions) {
    throw new SetupError(
      "DATABASE_LISTEN_URL: leads to a pooler of transactions, through which LISTEN hears nothing. Give the URL of the server itself, or none.",
    );
  }
  const lockUrl = listenUrl ?? url;
  await migrate(lockUrl);

  const opened = new AsyncDisposableStack();
  try {
    const db = openDb(url, poolSize, pooling);
    opened.defer(() => db.$disconnect());
    const readOnly = await readOnlyReason((sql) => db.$queryRawUnsafe(sql));
    if (readOnly !== null)
      log.warn(`${readOnly}. Reads are served; orders continue automatically once the database accepts writes`);
    if (!direct.keepsSessions) {
      log.warn(
        "DATABASE_URL leads to a pooler of transactions: changes made by other processes show up to 5 s late. " +
          "Set DATABASE_LISTEN_URL to the server itself",
      );
    }
    const bus = direct.keepsSessions ? await openBus(lockUrl, log) : makeLocalBus();
    opened.defer(() => bus.close());
    const ready = openReadyCheck(url);
    opened.use(ready);
    const mostConnections = poolSize + locks + otherConnections + (direct.keepsSessions ? 1 : 0) + 1;
    await checkRoom(db, mostConnections, log);
    const held = opened.move();
    const checkReady = ready.check;
    return {
      db,
      bus,
      lockUrl,
      mostConnections,
      readOnly,
      checkReady,
      [Symbol.asyncDispose]: () => held.disposeAsync(),
    };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

async function checkRoom(db: Db, mostConnections: number, log: Logger): Promise<void> {
  const [room] = await db.$queryRaw<{ connections: number }[]>`
    select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as connections`;
  const allowed = room?.connections ?? 0;
  const facts = { mostConnections, allowed };
  if (mostConnections <= allowed) log.debug(facts, "Connections to the database");
  else log.warn(facts, "DATABASE_POOL_SIZE: this process may open more connections than the server allows");
}
