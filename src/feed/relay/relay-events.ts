import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/db.ts";
import type { Logger } from "../../platform/logger.ts";
import type { FeedStore } from "../feed.store.ts";
import { shownEvent } from "../shown-event.ts";
import { withGaps } from "../with-gaps.ts";

const FEEDS_AT_ONCE = 100;
const EVENTS_AT_ONCE = 200;

/** Hands events on under a member's key, in this order. Rejects unless all have arrived. */
export type Deliver = (memberIds: readonly string[], events: readonly string[]) => Promise<void>;

export interface RelayDeps {
  db: Db;
  feeds: FeedStore;
  deliver: Deliver;
  clock: Clock;
  log: Logger;
}

/**
 * Hands on what each feed has that was not handed on yet, under every id that producers know the customer by. How far it got
 * is written down afterwards, so whoever dies in between hands on the same again: at least once, and in order.
 *
 * @returns how many feeds went on, and how many could not
 */
export type RelayEvents = (signal: AbortSignal) => Promise<{ moved: number; failed: number }>;

export function makeRelayEvents({ db, feeds, deliver, clock, log }: RelayDeps): RelayEvents {
  /** @returns whether it got anywhere */
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
    // On from where the last look ended: a feed that cannot be handed on does not keep the others waiting.
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
    if (failed > 0) log.warn({ feeds: failed, reason: failures[0] }, "Members' events could not be handed on yet");
    return { moved, failed };
  };
}
