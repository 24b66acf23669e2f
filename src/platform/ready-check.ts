import { readOnlyReason } from "./database-failure.ts";
import { Pool } from "./direct-sql.ts";

/** Checks the database on a connection of its own, so that load on the pool does not delay the check. */
export interface ReadyCheck extends AsyncDisposable {
  /** @returns the reason why the database takes no writes; null if it takes them. @throws the error of pg */
  check(): Promise<string | null>;
}

const TIMEOUT_MS = 2_000;

export function openReadyCheck(url: string): ReadyCheck {
  const settings = { connectionString: url, max: 1, connectionTimeoutMillis: TIMEOUT_MS, query_timeout: TIMEOUT_MS };
  const pool = new Pool(settings, { keepsStatements: false });
  return {
    check: () => readOnlyReason(async (sql) => (await pool.query(sql)).rows),
    [Symbol.asyncDispose]: () => pool.end(),
  };
}
