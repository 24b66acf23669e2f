import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import pg from "pg";
import { cpuMsOfFamily } from "./machine.ts";

/** The work of the database so far. */
export interface DatabaseWork {
  /** Statements of clients, without BEGIN and COMMIT. */
  statements: number;
  /** CPU of all processes of the server, including ended ones. */
  cpuMs: number;
}

/**
 * Work that a connection reports after it has been idle for `REPORTED_MS`, or in its next transaction a second later.
 */
export interface ReportedWork {
  /** Commits of writing and of read-only transactions. */
  commits: number;
  /** Syncs of the write-ahead log to disk. */
  fsyncs: number;
  deadlocks: number;
}

/** An idle connection reports its statistics after 10 s. */
export const REPORTED_MS = 10_500;

/** `postgresql.conf` settings that the counter needs. */
export const countingSettings = {
  shared_preload_libraries: "pg_stat_statements",
  "pg_stat_statements.max": "5000",
  "pg_stat_statements.track": "top",
};

/** Counts the work of the server at `url`, whose files are in `directory`. */
export async function openDatabaseCounter(url: string, directory: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("create extension if not exists pg_stat_statements");
  const postmaster = Number(readFileSync(`${directory}/postmaster.pid`, "utf8").split("\n")[0]);

  return {
    cpuMs: () => cpuMsOfFamily(postmaster),
    async look(): Promise<DatabaseWork> {
      const { rows } = await client.query<{ statements: string }>(`
        select coalesce(sum(calls), 0) as statements from pg_stat_statements s join pg_database d on d.oid = s.dbid
        where d.datname = current_database() and query !~* '^(begin|commit|rollback)' and query !~ 'pg_stat_'`);
      return { statements: Number(rows[0]?.statements), cpuMs: cpuMsOfFamily(postmaster) };
    },
    async reported(): Promise<ReportedWork> {
      await client.query("select pg_stat_force_next_flush()");
      const { rows } = await client.query<Record<keyof ReportedWork, string>>(`
        select xact_commit as commits, deadlocks, (select sum(fsyncs) from pg_stat_io where object = 'wal') as fsyncs
        from pg_stat_database where datname = current_database()`);
      return {
        commits: Number(rows[0]?.commits),
        fsyncs: Number(rows[0]?.fsyncs),
        deadlocks: Number(rows[0]?.deadlocks),
      };
    },
    /** The statements since `reset`, those with the most server time first. */
    async most(count: number): Promise<{ calls: number; ms: number; query: string }[]> {
      const { rows } = await client.query(
        `select calls::int, total_exec_time::float8 as ms, left(regexp_replace(query, '\\s+', ' ', 'g'), 110) as query
         from pg_stat_statements s join pg_database d on d.oid = s.dbid
         where d.datname = current_database() and query !~ 'pg_stat_' order by total_exec_time desc limit $1`,
        [count],
      );
      return rows;
    },
    /** The server's report of each deadlock: the waiting transactions and their statements. */
    async deadlocksInWords(): Promise<string[]> {
      const log = await readFile(`${directory}/server.log`, "utf8");
      return log
        .split(/^(?=\S.*(?:ERROR|LOG|FATAL|WARNING): )/m)
        .filter((entry) => entry.includes("deadlock detected"));
    },
    reset: () => client.query("select pg_stat_statements_reset()"),
    close: () => client.end(),
  };
}
