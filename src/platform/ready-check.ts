import { whyReadOnly } from "./database-trouble.ts";
import { Pool } from "./direct-sql.ts";

/** Asks the database whether it works, on a connection of its own: however busy the others are, it has an answer. */
export interface ReadyCheck extends AsyncDisposable {
  /** @returns why the database takes no writes at present; null if it takes them. @throws what pg has thrown */
  check(): Promise<string | null>;
}

const TIMEOUT_MS = 2_000;

export function openReadyCheck(url: string): ReadyCheck {
  const settings = { connectionString: url, max: 1, connectionTimeoutMillis: TIMEOUT_MS, query_timeout: TIMEOUT_MS };
  const pool = new Pool(settings, { keepsStatements: false });
  return {
    check: () => whyReadOnly(async (sql) => (await pool.query(sql)).rows),
    [Symbol.asyncDispose]: () => pool.end(),
  };
}
