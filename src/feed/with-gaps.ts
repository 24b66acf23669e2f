import type { FeedNews } from "./feed.store.ts";
import type { EventsMissed, FeedEvent } from "./member-event.ts";

/**
 * The events that follow `seen`, with an `EVENTS_MISSED` wherever the log no longer has what belongs there: what comes out
 * has every number, one by one or within the range of a gap.
 *
 * @param limit how many events were asked for: fewer means that there are no more
 */
export function withGaps({ head, events }: FeedNews, seen: number, limit: number, now: Date): FeedEvent[] {
  const missed = (from: number, to: number): FeedEvent & EventsMissed => ({
    type: "EVENTS_MISSED",
    seq: to,
    at: now,
    from,
    to,
  });
  const told: FeedEvent[] = [];
  let last = seen;
  for (const event of events) {
    if (event.seq > last + 1) told.push(missed(last + 1, event.seq - 1));
    told.push(event);
    last = event.seq;
  }
  if (events.length < limit && last < head) told.push(missed(last + 1, head));
  return told;
}
