import { customerTopic } from "../../order/order.store.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Bus, listen } from "../../platform/events.ts";
import type { FeedStore } from "./feed.store.ts";
import type { FeedEvent } from "./member-event.ts";
import { withGaps } from "./with-gaps.ts";

const BATCH = 50;
/** A ring can get lost between processes; this is how long it then takes to notice. */
const LOOK_AGAIN_MS = 5_000;

export interface WatchFeedInput {
  customerId: string;
  /** Only what came after it; undefined begins with what comes from now on. */
  afterSeq: number | undefined;
  signal: AbortSignal;
  /** Asked again before each event; throws when the viewer may no longer see it. */
  authorise(): Promise<void>;
}

export type WatchFeed = (input: WatchFeedInput) => AsyncGenerator<FeedEvent, void>;

/** A customer's events, gapless and in order, for as long as somebody wants them. They come from the log alone. */
export function makeWatchFeed({ feeds, bus, clock }: { feeds: FeedStore; bus: Bus; clock: Clock }): WatchFeed {
  return async function* watchFeed({ customerId, afterSeq, signal, authorise }) {
    using bell = listen(bus, customerTopic(customerId));
    let seen = afterSeq ?? (await feeds.head(customerId));
    while (!signal.aborted) {
      const news = await feeds.after(customerId, seen, BATCH);
      for (const event of withGaps(news, seen, BATCH, clock.now())) {
        if (signal.aborted) return;
        await authorise();
        yield event;
        seen = event.seq;
      }
      if (news.events.length < BATCH) await bell.wait(LOOK_AGAIN_MS, signal);
    }
  };
}
