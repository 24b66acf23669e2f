import { outlastTrouble } from "./database-trouble.ts";
import type { Bell } from "./events.ts";
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

export interface FollowLogInput<Entry, News> {
  /** The log, as `heads` knows it. */
  id: string;
  /** The number of the last entry that the caller has. */
  after: number;
  /** Listens since before the first read; disposed of at the end. */
  bell: Bell<News>;
  heads: HeadPoll;
  signal: AbortSignal;
  /** Asked before each entry; throws when the caller may no longer see it. */
  authorise(): Promise<void>;
  /** The entries after `seen`; null where the log no longer exists. */
  read(seen: number): Promise<LogEntries<Entry> | null>;
  /** The entries after `seen` as the notifications brought them; null where those do not tell, so that they are read. */
  toldBy?(news: readonly News[], seen: number): LogEntries<Entry> | null;
  /** The first entries, where they were read already. */
  first?: LogEntries<Entry>;
}

/**
 * The entries of a numbered log, gapless and in order, until its end or until `signal` aborts. While the database is in trouble, they
 * wait.
 */
export async function* followLog<Entry extends { seq: number }, News>(
  input: FollowLogInput<Entry, News>,
): AsyncGenerator<Entry, void> {
  const { id, after, heads, signal, authorise, toldBy } = input;
  let seen = after;
  using bell = input.bell;
  using _ = heads.watch(id, () => seen, bell.ring);
  const read = () => outlastTrouble(() => input.read(seen), signal);
  let next = input.first ?? (await read());
  while (next && !signal.aborted) {
    for (const entry of next.entries) {
      await outlastTrouble(authorise, signal);
      if (signal.aborted) return;
      causedBy(entry, bell.cause);
      yield entry;
      seen = entry.seq;
    }
    if (next.isEnd) return;
    const news = next.isFull ? null : await bell.wait(null, signal);
    if (signal.aborted) return;
    next = (news && toldBy?.(news, seen)) ?? (await read());
  }
}
