import type { Db } from "../platform/db.ts";
import { isWithin, type Period } from "./break.ts";
import { readLedgerFile, type StatementEntry } from "./ledger-file.ts";

/** Fetches the provider's entries of a period. @throws Error with the reason, for operators */
export type FetchStatement = (period: Period) => Promise<StatementEntry[]>;

export interface FetchStatementOptions {
  /** Origin of the points provider's API. */
  origin: string;
  path: string;
  user: string;
  password: string;
}

const TIMEOUT_MS = 120_000;
const MAX_BYTES = 256 * 1024 * 1024;

/** Reads the statement from `CLIENT_STATEMENT_PATH`: `GET <path>?from=&to=` with Basic authentication, answered as CSV. */
export function makeFetchStatement({ origin, path, user, password }: FetchStatementOptions): FetchStatement {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  return async ({ from, to }) => {
    const query = new URLSearchParams({ from: from.toISOString(), to: to.toISOString() });
    const response = await fetch(`${origin}${path}?${query}`, {
      headers: { authorization, accept: "text/csv" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`the statement was answered with HTTP ${response.status}`);
    if (Number(response.headers.get("content-length") ?? 0) > MAX_BYTES) throw new Error("the statement is too large");
    const read = readLedgerFile(await response.text());
    if ("entries" in read) return read.entries.filter(({ at }) => isWithin(at, { from, to }));
    const [{ line, message }] = read.problems as [{ line: number | null; message: string }];
    throw new Error(`the statement has ${read.problems.length} problems, first line ${line}: ${message}`);
  };
}

const BATCH = 5_000;

/** Stores new entries. @returns their number */
export async function storeEntries(db: Db, entries: readonly StatementEntry[], now: Date): Promise<number> {
  let stored = 0;
  for (let start = 0; start < entries.length; start += BATCH) {
    const data = entries
      .slice(start, start + BATCH)
      .map(({ points, ...entry }) => ({ ...entry, points: BigInt(points), importedAt: now }));
    stored += (await db.ledgerEntry.createMany({ data, skipDuplicates: true })).count;
  }
  return stored;
}
