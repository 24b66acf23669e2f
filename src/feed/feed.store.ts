import type { Clock } from "../platform/clock.ts";
import type { Db, Tx } from "../platform/db.ts";
import { type FeedEvent, type MemberEvent, memberEvent } from "./member-event.ts";

export interface NewMemberEvent {
  /** Null is nobody's customer yet: they hear of their awards when they become one. */
  readonly customerId: string | null;
  readonly event: MemberEvent;
}

/**
 * Appends events to the feeds of customers, each customer's in the order of the list, as part of the caller's transaction. No feed
 * is locked before the commit, so neither the moment within the transaction nor the order of the customers matters.
 *
 * @returns the customers whose feeds become longer, sorted; `notifyFeeds` notifies those who watch them, after the commit
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
    // The trigger `member_news_tell`, which the first row fires, appends all of them at the commit (`docs/invariants.md`).
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
  /** The number of the newest event ever; 0 while there is none. */
  head: number;
  /** What is kept of those that were asked for. */
  events: FeedEvent[];
}

export interface FeedStore {
  head(customerId: string): Promise<number>;
  /** The newest number of each customer's feed that has any event. */
  heads(customerIds: readonly string[]): Promise<Map<string, number>>;
  /** The events after `seq`, oldest first, and how far there are any: both as of one moment. */
  after(customerId: string, seq: number, limit: number): Promise<FeedPage>;
  /** Forgets what is older than `before`. @returns how many */
  sweep(before: Date): Promise<number>;
}

export interface EventRow {
  seq: number;
  type: string;
  data: object;
  at: Date;
}

/** What is in the log got there through the door, so it is what it says. */
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
