import { chown, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../src/platform/postgres/embedded.ts";
import { makeFastDirectory } from "./fast-directory.ts";
import { until } from "./gateway.ts";

/** A PostgreSQL of the test's own, with an empty database, that loses no acknowledged write while the machine runs. */
export interface OwnPostgres extends AsyncDisposable {
  url: string;
  /** SIGKILL of the server's first process; the others notice it and end. */
  kill(): Promise<void>;
  /** Ends every connection at once without a checkpoint, as `pg_ctl stop -m immediate` does. */
  stopAtOnce(): Promise<void>;
  /** SIGKILL of the process of one connection: the server ends all others, recovers and continues. */
  crash(): Promise<void>;
  /** Starts it again. A standby has no primary and takes no writes until `select pg_promote()`. */
  start(options?: { asStandby?: boolean }): Promise<void>;
  /** Runs a statement on a connection that may write. */
  sql<Row extends pg.QueryResultRow>(text: string): Promise<Row[]>;
}

export async function startOwnPostgres(settings: Record<string, string> = {}): Promise<OwnPostgres> {
  const directory = await makeFastDirectory();
  const options = {
    dataDir: directory,
    settings: {
      fsync: "off",
      full_page_writes: "off",
      max_wal_senders: "0",
      checkpoint_timeout: "1h",
      autovacuum: "off",
      ...settings,
    },
  };
  let server: EmbeddedPostgres = await startEmbeddedPostgres(options);

  async function end(signal: NodeJS.Signals): Promise<void> {
    const pid = Number((await readFile(join(server.directory, "postmaster.pid"), "utf8")).split("\n")[0]);
    process.kill(pid, signal);
    await until(async () => !isRunning(pid));
  }

  const postgres: OwnPostgres = {
    url: server.url,
    kill: () => end("SIGKILL"),
    stopAtOnce: () => end("SIGQUIT"),

    async crash() {
      const [backend] = await postgres.sql<{ pid: number }>(
        `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() limit 1`,
      );
      if (backend) process.kill(backend.pid, "SIGKILL");
      const answers = () =>
        postgres.sql("select 1").then(
          () => true,
          () => false,
        );
      await until(answers);
    },

    async start({ asStandby = false } = {}) {
      const signal = join(server.directory, "standby.signal");
      if (asStandby) {
        const { uid, gid } = await stat(server.directory);
        await writeFile(signal, "");
        await chown(signal, uid, gid);
      }
      server = await startEmbeddedPostgres(options);
    },

    async sql<Row extends pg.QueryResultRow>(text: string) {
      const client = new pg.Client({
        connectionString: server.url,
        options: "-c default_transaction_read_only=off",
      });
      client.on("error", () => {});
      await client.connect();
      try {
        return (await client.query<Row>(text)).rows;
      } finally {
        await client.end();
      }
    },

    async [Symbol.asyncDispose]() {
      await server.stop({ force: true });
      await rm(directory, { recursive: true, force: true });
    },
  };
  return postgres;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
