import type { Clock } from "../platform/clock.ts";
import type { Db, Tx } from "../platform/db.ts";
import { type FeedEvent, type MemberEvent, memberEvent } from "./member-event.ts";

export interface NewMemberEvent {
  /** Null if the member has no customer yet. The awards are published when the member is linked. */
  readonly customerId: string | null;
  readonly event: MemberEvent;
}

/**
 * Appends events to the feeds of customers, in the sequence of the list, within the caller's transaction. Feeds are
 * locked at the commit, so the position in the transaction and the sequence of customers do not matter.
 *
 * @returns the customers with new events, sorted; the caller passes them to `notifyFeeds` after the commit
 */
export type AppendMemberEvents = (tx: Tx, newEvents: readonly NewMemberEvent[]) => Promise<string[]>;

export function makeAppendMemberEvents({ clock }: { clock: Clock }): AppendMemberEvents {
  return async (tx, newEvents) => {
    const at = clock.now();
    const rows = newEvents.flatMap(({ customerId, event }) => {
      if (customerId === null) return [];
      const { type, ...facts } = memberEvent.parse(event);
      return { customerId, type, data: JSON.stringify(facts) };
    });
    if (rows.length === 0) return [];
    const customerIds = rows.map(({ customerId }) => customerId);
    // The first row fires the trigger `member_news_tell`, which appends all of them at the commit
    // (`docs/invariants.md`).
    await tx.$executeRaw`
      insert into member_news (customer_id, type, data, at, tells)
      select customer_id, type, data::jsonb, ${at}, place = 1
      from unnest(${customerIds}::text[], ${rows.map(({ type }) => type)}::text[], ${rows.map(({ data }) => data)}::text[])
        with ordinality as news (customer_id, type, data, place)
      order by place`;
    return [...new Set(customerIds)].sort();
  };
}

export interface FeedPage {
  /** The number of the newest event ever; 0 without events. */
  head: number;
  /** The stored events of the requested range. */
  events: FeedEvent[];
}

export interface FeedStore {
  head(customerId: string): Promise<number>;
  /** The newest number of each customer's feed; feeds without events are absent. */
  heads(customerIds: readonly string[]): Promise<Map<string, number>>;
  /** The events after `seq`, oldest first, and the newest number, as of the same moment. */
  after(customerId: string, seq: number, limit: number): Promise<FeedPage>;
  /** Deletes events older than `before`. @returns their number */
  sweep(before: Date): Promise<number>;
}

export interface EventRow {
  seq: number;
  type: string;
  data: object;
  at: Date;
}

/** The cast is safe: `memberEvent` validated the data, or a trigger wrote it. */
export const toFeedEvent = ({ seq, at, type, data }: EventRow) => ({ ...data, type, seq, at }) as FeedEvent;

const SWEEP_AT_ONCE = 5_000;

export function makeFeedStore(db: Db): FeedStore {
  return {
    head: async (customerId) => (await db.memberFeed.findUnique({ where: { customerId } }))?.seq ?? 0,

    async heads(customerIds) {
      const rows = await db.$queryRaw<{ customerId: string; seq: number }[]>`
        select customer_id as "customerId", seq from member_feeds where customer_id = any(${[...customerIds]}::text[])`;
      return new Map(rows.map(({ customerId, seq }) => [customerId, seq]));
    },

    async after(customerId, seq, limit) {
      const rows = await db.$queryRaw<({ head: number } & { [Field in keyof EventRow]: EventRow[Field] | null })[]>`
        select f.seq as head, e.seq, e.type, e.data, e.at
        from member_feeds f left join lateral (
          select seq, type, data, at from member_events
          where customer_id = f.customer_id and seq > ${seq} order by seq limit ${limit}) e on true
        where f.customer_id = ${customerId} order by e.seq`;
      const events = rows.filter((row) => row.seq !== null) as EventRow[];
      return { head: rows[0]?.head ?? 0, events: events.map(toFeedEvent) };
    },

    async sweep(before) {
      let swept = 0;
      for (;;) {
        const deleted = await db.$executeRaw`
          delete from member_events where ctid = any(array(
            select ctid from member_events where at < ${before} limit ${SWEEP_AT_ONCE}))`;
        swept += deleted;
        if (deleted < SWEEP_AT_ONCE) return swept;
      }
    },
  };
}
