import { customerTopic } from "../domain/topics.ts";
import type { Clock } from "../platform/clock.ts";
import { retryUntilAvailable } from "../platform/database-failure.ts";
import { type Bus, listen } from "../platform/events.ts";
import { followLog } from "../platform/follow-log.ts";
import type { HeadPoll } from "../platform/head-poll.ts";
import { makeSingleFlight } from "../platform/single-flight.ts";
import type { FeedPage, FeedStore } from "./feed.store.ts";
import type { FeedEvent } from "./member-event.ts";
import { withGaps } from "./with-gaps.ts";

const BATCH = 50;
/** Notifications between processes can get lost, so the heads of all watched feeds are read at this interval. */
export const POLL_MS = 5_000;

export interface WatchFeedInput {
  customerId: string;
  /** Streams the events after this number; undefined streams only future events. */
  afterSeq: number | undefined;
  signal: AbortSignal;
  /** Called before each event; throws if the viewer may no longer see it. */
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
 * Streams a customer's events, gapless and in order, until the subscriber leaves. They come from the log alone.
 * Subscribers of the same customer share the reads. During a database failure, the stream waits.
 */
export function makeWatchFeed({ feeds, bus, heads, clock }: WatchFeedDeps): WatchFeed {
  const share = makeSingleFlight<FeedPage>();

  return async function* watchFeed({ customerId, afterSeq, signal, authorise }) {
    const listener = listen(bus, customerTopic(customerId));
    using _ = listener; // also if the head cannot be read
    const after = afterSeq ?? (await retryUntilAvailable(() => feeds.head(customerId), signal));
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
