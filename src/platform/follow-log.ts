import { outlastTrouble } from "./database-trouble.ts";
import type { Listener } from "./events.ts";
import type { HeadPoll } from "./head-poll.ts";
import { causedBy } from "./tracing.ts";

/** Entries of a log, in order. */
export interface LogEntries<Entry> {
  entries: readonly Entry[];
  /** More may be in the database already. */
  isFull: boolean;
  /** No entry follows, ever. */
  isEnd: boolean;
}

export interface FollowLogInput<Entry, Payload> {
  /** The log, as `heads` knows it. */
  id: string;
  /** The number of the last entry that the caller has. */
  after: number;
  /** Listens since before the first read; disposed of at the end. */
  listener: Listener<Payload>;
  heads: HeadPoll;
  signal: AbortSignal;
  /** Asked before each entry; throws when the caller may no longer see it. */
  authorise(): Promise<void>;
  /** The entries after `seen`; null where the log no longer exists. */
  read(seen: number): Promise<LogEntries<Entry> | null>;
  /** The entries after `seen` as the notifications brought them; null where those do not tell, so that they are read. */
  entriesIn?(payloads: readonly Payload[], seen: number): LogEntries<Entry> | null;
  /** The first entries, where they were read already. */
  first?: LogEntries<Entry>;
}

/**
 * The entries of a numbered log, gapless and in order, until its end or until `signal` aborts. While the database is in trouble, they
 * wait.
 */
export async function* followLog<Entry extends { seq: number }, Payload>(
  input: FollowLogInput<Entry, Payload>,
): AsyncGenerator<Entry, void> {
  const { id, after, heads, signal, authorise, entriesIn } = input;
  let seen = after;
  using listener = input.listener;
  using _ = heads.watch(id, () => seen, listener.wake);
  const read = () => outlastTrouble(() => input.read(seen), signal);
  let next = input.first ?? (await read());
  while (next && !signal.aborted) {
    for (const entry of next.entries) {
      await outlastTrouble(authorise, signal);
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
