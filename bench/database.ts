import { readdirSync, readFileSync } from "node:fs";
import pg from "pg";

/** The work of the database between two readings. */
export interface DatabaseWork {
  /** Statements of clients, without BEGIN and COMMIT. */
  statements: number;
  commits: number;
  /** CPU of all processes of the server, including ended ones. */
  cpuMs: number;
}

const TICK_MS = 10; // USER_HZ is 100 on Linux

/** `postgresql.conf` settings that the counter needs. */
export const countingSettings = {
  shared_preload_libraries: "pg_stat_statements",
  "pg_stat_statements.max": "5000",
  "pg_stat_statements.track": "top",
};

/** Counts the work of the server that `url` leads to and whose files are in `directory`. */
export async function openDatabaseCounter(url: string, directory: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("create extension if not exists pg_stat_statements");
  const postmaster = Number(readFileSync(`${directory}/postmaster.pid`, "utf8").split("\n")[0]);

  async function look(): Promise<DatabaseWork> {
    await client.query("select pg_stat_force_next_flush()");
    const { rows } = await client.query<{ statements: string; commits: string }>(`
      select (select coalesce(sum(calls), 0) from pg_stat_statements s join pg_database d on d.oid = s.dbid
              where d.datname = current_database() and query !~* '^(begin|commit|rollback)' and query !~ 'pg_stat_') as statements,
             (select xact_commit from pg_stat_database where datname = current_database()) as commits`);
    const [row] = rows;
    return { statements: Number(row?.statements), commits: Number(row?.commits), cpuMs: cpuMsOf(postmaster) };
  }

  return {
    look,
    /** The statements that were called most since the counter was opened. */
    async most(count: number): Promise<{ calls: number; ms: number; query: string }[]> {
      const { rows } = await client.query(
        `select calls::int, round(total_exec_time)::int as ms, left(regexp_replace(query, '\\s+', ' ', 'g'), 110) as query from pg_stat_statements s
         join pg_database d on d.oid = s.dbid where d.datname = current_database() order by calls desc limit $1`,
        [count],
      );
      return rows;
    },
    reset: () => client.query("select pg_stat_statements_reset()"),
    close: () => client.end(),
  };
}

function cpuMsOf(postmaster: number): number {
  let ticks = 0;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
      // 11 and 12: its own, 13 and 14: of children that have ended.
      if (Number(pid) === postmaster) ticks += [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
      else if (Number(fields[1]) === postmaster) ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // it has ended
    }
  }
  return ticks * TICK_MS;
}
