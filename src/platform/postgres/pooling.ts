import { randomUUID } from "node:crypto";
import pg from "pg";
import { connect } from "./connect.ts";

/** Guarantees of connections to a URL. A pooler may break either. */
export interface Pooling {
  /** A connection stays with one server process, as `LISTEN` needs. */
  keepsSessions: boolean;
  /** A named statement stays prepared from one transaction to the next. */
  keepsStatements: boolean;
}

/**
 * A transaction pooler is unlikely to assign the same server processes to two clients, in the same order, five times.
 */
const ROUNDS = 5;

/**
 * Detects a pooler between the gateway and PostgreSQL, and its mode: a pooler reports its own process ids, and in
 * transaction mode the server process behind a connection changes. Opens two connections at most.
 *
 * @param setting the setting that holds the URL
 * @throws SetupError if the database is unreachable
 */
export async function detectPooling(url: string, setting?: string): Promise<Pooling> {
  const one = await connect(url, setting);
  try {
    if ((await serverProcess(one)) === processIdOf(one)) return { keepsSessions: true, keepsStatements: true };
    const keepsSessions = await isOfSessions(one, url, setting);
    return { keepsSessions, keepsStatements: keepsSessions || (await translatesStatements(one)) };
  } finally {
    await one.end();
  }
}

async function isOfSessions(one: pg.Client, url: string, setting: string | undefined): Promise<boolean> {
  const other = await connect(url, setting);
  try {
    const [mine, its] = [await serverProcess(one), await serverProcess(other)];
    let isSame = mine !== its;
    for (let round = 1; isSame && round < ROUNDS; round += 1) {
      isSame = (await serverProcess(one)) === mine && (await serverProcess(other)) === its;
    }
    return isSame;
  } finally {
    await other.end();
  }
}

/** Whether the pooler itself prepares a missing statement, under a name of its own. */
async function translatesStatements(client: pg.Client): Promise<boolean> {
  const name = `tessera_${randomUUID()}`;
  await client.query("begin");
  try {
    const text = "select name from pg_prepared_statements where name = $1";
    const { rowCount } = await client.query({ name, text, values: [name] });
    if (rowCount) await client.query(`deallocate ${pg.escapeIdentifier(name)}`);
    return !rowCount;
  } finally {
    await client.query("commit");
  }
}

async function serverProcess(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return rows[0]?.pid ?? 0;
}

const processIdOf = (client: pg.Client) => (client as unknown as { processID: number }).processID;
