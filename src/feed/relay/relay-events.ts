import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/db.ts";
import type { Logger } from "../../platform/logger.ts";
import type { FeedStore } from "../feed.store.ts";
import { shownEvent } from "../shown-event.ts";
import { withGaps } from "../with-gaps.ts";

const FEEDS_AT_ONCE = 100;
const EVENTS_AT_ONCE = 200;

/** Delivers events under a member's keys, in this order. Rejects unless all have arrived. */
export type Deliver = (memberIds: readonly string[], events: readonly string[]) => Promise<void>;

export interface RelayDeps {
  db: Db;
  feeds: FeedStore;
  deliver: Deliver;
  clock: Clock;
  log: Logger;
}

/**
 * Relays the new events of each feed under every member id that is linked to its customer. The position is recorded
 * afterwards, so a crash in between repeats events: delivery is at least once and in order.
 *
 * @returns the number of feeds that progressed, and of feeds that failed
 */
export type RelayEvents = (signal: AbortSignal) => Promise<{ moved: number; failed: number }>;

export function makeRelayEvents({ db, feeds, deliver, clock, log }: RelayDeps): RelayEvents {
  /** @returns whether the feed progressed */
  async function relayFeed(customerId: string, relayed: number, memberIds: readonly string[]): Promise<boolean> {
    const page = await feeds.after(customerId, relayed, EVENTS_AT_ONCE);
    const events = withGaps(page, relayed, EVENTS_AT_ONCE, clock.now());
    const last = events.at(-1);
    if (!last) return false;
    if (memberIds.length > 0) {
      await deliver(
        memberIds,
        events.map((event) => JSON.stringify(shownEvent(event))),
      );
    }
    await db.$executeRaw`
      update member_feeds set relayed = greatest(relayed, ${last.seq}) where customer_id = ${customerId}`;
    return true;
  }

  return async (signal) => {
    let moved = 0;
    const failures: string[] = [];
    // Continues after the last feed: a feed that cannot be relayed does not block the others.
    for (let last = ""; !signal.aborted; ) {
      const waiting = await db.$queryRaw<{ customerId: string; relayed: number; memberIds: string[] }[]>`
        select f.customer_id as "customerId", f.relayed, array(
          select i.value from member_identities i join reward_members m on m.id = i.member_id
          where m.customer_id = f.customer_id and i.kind = 'MEMBER_ID' order by i.value) as "memberIds"
        from member_feeds f where f.seq > f.relayed and f.customer_id > ${last}
        order by f.customer_id limit ${FEEDS_AT_ONCE}`;
      for (const { customerId, relayed, memberIds } of waiting) {
        if (signal.aborted) break;
        try {
          if (await relayFeed(customerId, relayed, memberIds)) moved += 1;
        } catch (error) {
          failures.push((error as Error).message);
        }
        last = customerId;
      }
      if (waiting.length < FEEDS_AT_ONCE) break;
    }
    const failed = failures.length;
    if (failed > 0) log.warn({ feeds: failed, reason: failures[0] }, "Members' events could not be relayed yet");
    return { moved, failed };
  };
}
