import type { FeedPage } from "./feed.store.ts";
import type { EventsMissed, FeedEvent } from "./member-event.ts";

/**
 * Inserts `EVENTS_MISSED` into the events after `seen` for each gap in the log. The result covers every number, by an
 * event or within the range of a gap.
 *
 * @param limit the requested number of events: a shorter list is the end of the log
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
