import type { FeedPage } from "./feed.store.ts";
import type { EventsMissed, FeedEvent } from "./member-event.ts";

/**
 * The events that follow `seen`, with an `EVENTS_MISSED` wherever the log no longer has what belongs there: what comes out
 * has every number, one by one or within the range of a gap.
 *
 * @param limit how many events were asked for: fewer means that there are no more
 */
export function withGaps({ head, events }: FeedPage, seen: number, limit: number, now: Date): FeedEvent[] {
  const missed = (from: number, to: number): FeedEvent & EventsMissed => ({
    type: "EVENTS_MISSED",
    seq: to,
    at: now,
    from,
    to,
  });
  const entries: FeedEvent[] = [];
  let last = seen;
  for (const event of events) {
    if (event.seq > last + 1) entries.push(missed(last + 1, event.seq - 1));
    entries.push(event);
    last = event.seq;
  }
  if (events.length < limit && last < head) entries.push(missed(last + 1, head));
  return entries;
}
