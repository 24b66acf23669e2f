import { retryUntilAvailable } from "./database-failure.ts";
import type { Listener } from "./events.ts";
import type { HeadPoll } from "./head-poll.ts";
import { causedBy } from "./tracing.ts";

/** Entries of a log, in order. */
export interface LogEntries<Entry> {
  entries: readonly Entry[];
  /** Whether the database may already have more entries. */
  isFull: boolean;
  /** Whether the log is complete. */
  isEnd: boolean;
}

export interface FollowLogInput<Entry, Payload> {
  /** The log's name in `heads`. */
  id: string;
  /** The number of the caller's last entry. */
  after: number;
  /** A subscription from before the first read; disposed of at the end. */
  listener: Listener<Payload>;
  heads: HeadPoll;
  signal: AbortSignal;
  /** Called before each entry; throws if the caller has lost access. */
  authorise(): Promise<void>;
  /** Reads the entries after `seen`; null if the log no longer exists. */
  read(seen: number): Promise<LogEntries<Entry> | null>;
  /** Takes the entries after `seen` from the notifications' payloads; null if they are incomplete and must be read. */
  entriesIn?(payloads: readonly Payload[], seen: number): LogEntries<Entry> | null;
  /** The first entries, if already read. */
  first?: LogEntries<Entry>;
}

/**
 * The entries of a numbered log, gapless and in order, until the log's end or until `signal` aborts. Reading pauses
 * during a database failure.
 */
export async function* followLog<Entry extends { seq: number }, Payload>(
  input: FollowLogInput<Entry, Payload>,
): AsyncGenerator<Entry, void> {
  const { id, after, heads, signal, authorise, entriesIn } = input;
  let seen = after;
  using listener = input.listener;
  using _ = heads.watch(id, () => seen, listener.wake);
  const read = () => retryUntilAvailable(() => input.read(seen), signal);
  let next = input.first ?? (await read());
  while (next && !signal.aborted) {
    for (const entry of next.entries) {
      await retryUntilAvailable(authorise, signal);
      if (signal.aborted) return;
      causedBy(entry, listener.cause);
      yield entry;
      seen = entry.seq;
    }
    if (next.isEnd) return;
    const payloads = next.isFull ? null : await listener.wait(null, signal);
    if (signal.aborted) return;
    next = (payloads && entriesIn?.(payloads, seen)) ?? (await read());
  }
}
