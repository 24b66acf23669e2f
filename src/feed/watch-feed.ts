import { customerTopic } from "../domain/topics.ts";
import type { Clock } from "../platform/clock.ts";
import { outlastTrouble } from "../platform/database-trouble.ts";
import { type Bus, listen } from "../platform/events.ts";
import { followLog } from "../platform/follow-log.ts";
import type { HeadPoll } from "../platform/head-poll.ts";
import { makeSingleFlight } from "../platform/single-flight.ts";
import type { FeedPage, FeedStore } from "./feed.store.ts";
import type { FeedEvent } from "./member-event.ts";
import { withGaps } from "./with-gaps.ts";

const BATCH = 50;
/** A notification can get lost between processes: the heads of all watched feeds are read as often. */
export const POLL_MS = 5_000;

export interface WatchFeedInput {
  customerId: string;
  /** Only what came after it; undefined begins with what comes from now on. */
  afterSeq: number | undefined;
  signal: AbortSignal;
  /** Asked again before each event; throws when the viewer may no longer see it. */
  authorise(): Promise<void>;
}

export type WatchFeed = (input: WatchFeedInput) => AsyncGenerator<FeedEvent, void>;

export interface WatchFeedDeps {
  feeds: Pick<FeedStore, "head" | "after">;
  bus: Bus;
  heads: HeadPoll;
  clock: Clock;
}

/**
 * A customer's events, gapless and in order, for as long as somebody wants them. They come from the log alone, and those who watch
 * one customer share the read. While the database is in trouble, they wait.
 */
export function makeWatchFeed({ feeds, bus, heads, clock }: WatchFeedDeps): WatchFeed {
  const share = makeSingleFlight<FeedPage>();

  return async function* watchFeed({ customerId, afterSeq, signal, authorise }) {
    const listener = listen(bus, customerTopic(customerId));
    using _ = listener; // also when the head cannot be read
    const after = afterSeq ?? (await outlastTrouble(() => feeds.head(customerId), signal));
    if (after === null) return;
    yield* followLog<FeedEvent, unknown>({
      id: customerId,
      after,
      listener,
      heads,
      signal,
      authorise,
      async read(seen) {
        const page = await share(`${customerId}@${seen}`, () => feeds.after(customerId, seen, BATCH));
        const entries = withGaps(page, seen, BATCH, clock.now());
        return { entries, isFull: page.events.length === BATCH, isEnd: false };
      },
    });
  };
}
