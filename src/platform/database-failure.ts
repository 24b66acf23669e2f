import { setTimeout as delay } from "node:timers/promises";
import { backoffMs } from "./backoff.ts";

/**
 * The reason for a database failure that may pass.
 *
 * - `unreachable`: no server listens, or the connection was lost.
 * - `starting`: the server starts, stops or recovers after a crash.
 * - `overloaded`: no connection, memory or disk space is left.
 * - `read-only`: the server is a standby, or has become one.
 * - `busy`: the wait for a lock or a connection timed out.
 */
export type DatabaseFailure = "unreachable" | "starting" | "overloaded" | "read-only" | "busy";

/** SQLSTATEs, socket error codes, and Prisma's codes and kinds. */
const byCode: readonly [RegExp, DatabaseFailure][] = [
  [/^57P03$/, "starting"],
  [/^(08[0-9A-Z]{3}|57P0[125])$/, "unreachable"],
  [/^53[0-9A-Z]{3}$/, "overloaded"],
  [/^25006$/, "read-only"],
  [/^(55P03|57014|40001|40P01)$/, "busy"],
  [/^E(CONN(REFUSED|RESET|ABORTED)|PIPE|TIMEDOUT|(HOST|NET)UNREACH|NOTFOUND|AI_AGAIN)$/, "unreachable"],
  [/^(P1001|P1002|P1008|P1017|DatabaseNotReachable|ConnectionClosed|SocketTimeout)$/, "unreachable"],
  [/^(P2037|TooManyConnections)$/, "overloaded"],
  [/^(P2024|P2028|P2034|TransactionWriteConflict)$/, "busy"],
];
/** Errors of pg that have no code. */
const byMessage: readonly [RegExp, DatabaseFailure][] = [
  [/^timeout exceeded when trying to connect/, "busy"],
  [/Connection terminated|connection error and is not queryable|Client was closed and is not queryable/, "unreachable"],
];

/** Whether the database or Prisma reported one of these SQLSTATEs, codes or kinds. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return factsOf(error).codes.some((code) => codes.includes(code));
}

/** @returns null if the error does not concern the state of the database */
export function databaseFailure(error: unknown): DatabaseFailure | null {
  const facts = factsOf(error);
  for (const [pattern, failure] of byCode) if (facts.codes.some((code) => pattern.test(code))) return failure;
  for (const [pattern, failure] of byMessage) if (pattern.test(facts.message)) return failure;
  return null;
}

interface ErrorShape {
  code?: unknown;
  syscall?: unknown;
  kind?: unknown;
  originalCode?: unknown;
  message?: unknown;
  meta?: { driverAdapterError?: unknown };
  cause?: unknown;
  errors?: unknown[];
}

/**
 * The codes of a pg error, of a Prisma error with its adapter's cause, or of an aggregate error with one cause for each
 * address.
 */
function factsOf(error: unknown): { codes: string[]; message: string } {
  if (!(error instanceof Error)) return { codes: [], message: "" };
  const { code, syscall, message, meta, errors } = error as ErrorShape;
  // The adapter's error is the cause of Prisma's error. If a transaction could not begin or end, the adapter's error
  // comes alone.
  const reported = (error.name === "DriverAdapterError" ? error : meta?.driverAdapterError) as ErrorShape | undefined;
  const cause = (reported?.cause ?? {}) as ErrorShape;
  // The socket file of a stopped server.
  const isMissingSocket = code === "ENOENT" && (syscall === "connect" || /\bconnect ENOENT\b/.test(String(message)));
  const codes = [isMissingSocket ? "ECONNREFUSED" : code, cause.kind, cause.originalCode, cause.code];
  return {
    codes: [
      ...codes.filter((each): each is string => typeof each === "string"),
      ...(errors ?? []).flatMap((each) => factsOf(each).codes),
    ],
    message: String(message ?? ""),
  };
}

/** For operators. The text names no address. */
export const failureDescriptions: Readonly<Record<DatabaseFailure, string>> = {
  unreachable: "the database does not answer",
  starting: "the database is starting or stopping",
  overloaded: "the database has no connection, memory or disk space left",
  "read-only": "the database is read-only",
  busy: "the database is too busy to answer",
};

/** @returns the reason why the database takes no writes; null if it takes them */
export async function readOnlyReason(
  query: (sql: string) => Promise<{ isStandby: boolean; isReadOnly: boolean }[]>,
): Promise<string | null> {
  const [state] = await query(
    `select pg_is_in_recovery() as "isStandby", current_setting('transaction_read_only')::boolean as "isReadOnly"`,
  );
  if (state?.isStandby) return `${failureDescriptions["read-only"]}: the server is a standby`;
  return state?.isReadOnly ? `${failureDescriptions["read-only"]}: default_transaction_read_only is on` : null;
}

const PAUSE_MS = { first: 100, most: 3_000 };

/** Repeats a read until the database has recovered. @returns null if `signal` aborts first */
export async function retryUntilAvailable<T>(read: () => Promise<T>, signal: AbortSignal): Promise<T | null> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await read();
    } catch (error) {
      if (!databaseFailure(error)) throw error;
    }
    if (!(await pauseForRetry(tries, signal))) return null;
  }
}

/** Pauses for a random time, so that waiting processes do not all retry at once. @returns false if aborted */
export async function pauseForRetry(tries: number, signal: AbortSignal): Promise<boolean> {
  const pauseMs = backoffMs(PAUSE_MS.first, tries, PAUSE_MS.most) * (0.5 + Math.random() / 2);
  await delay(pauseMs, undefined, { signal }).catch(() => {});
  return !signal.aborted;
}
