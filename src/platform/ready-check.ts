import pg from "pg";
import { whyReadOnly } from "./database-trouble.ts";

/** Asks the database whether it works, on a connection of its own: however busy the others are, it has an answer. */
export interface ReadyCheck extends AsyncDisposable {
  /** @returns why the database takes no writes at present; null if it takes them. @throws what pg has thrown */
  check(): Promise<string | null>;
}

const PATIENCE_MS = 2_000;

export function openReadyCheck(url: string): ReadyCheck {
  const pool = new pg.Pool({
    connectionString: url,
    max: 1,
    connectionTimeoutMillis: PATIENCE_MS,
    query_timeout: PATIENCE_MS,
  });
  pool.on("connect", (client) => client.on("error", () => {}));
  pool.on("error", () => {}); // the next check reports it
  const $queryRaw = (async (text: TemplateStringsArray) => (await pool.query(text.join(""))).rows) as Parameters<
    typeof whyReadOnly
  >[0]["$queryRaw"];
  return { check: () => whyReadOnly({ $queryRaw }), [Symbol.asyncDispose]: () => pool.end() };
}
