import { outlastTrouble } from "../platform/database-trouble.ts";
import { type Bus, listen } from "../platform/events.ts";
import type { HeadPoll } from "../platform/head-poll.ts";
import { makeSingleFlight } from "../platform/single-flight.ts";
import { type OrderEvent, type OrderNews, type OrderStore, orderTopic } from "./order.store.ts";

const BATCH = 50;
/** A notification can get lost between processes: the heads of all watched orders are read as often. */
export const LOOK_AGAIN_MS = 3_000;

export interface WatchOrderInput {
  orderId: string;
  /** Only the events after it; undefined begins with the current state. */
  afterSeq: number | undefined;
  signal: AbortSignal;
  /** Asked again before each event; throws when the viewer may no longer see it. */
  authorise(): Promise<void>;
}

export type WatchOrder = (input: WatchOrderInput) => AsyncGenerator<OrderEvent, void>;

export interface WatchOrderDeps {
  orders: Pick<OrderStore, "news">;
  bus: Bus;
  heads: HeadPoll;
}

/**
 * The events of an order, gapless and in order, until it is settled. They come from the table alone; a notification only says
 * when to read, and those who watch one order share the read. While the database is in trouble, they wait.
 */
export function makeWatchOrder({ orders, bus, heads }: WatchOrderDeps): WatchOrder {
  const share = makeSingleFlight<OrderNews | null>();

  return async function* watchOrder({ orderId, afterSeq, signal, authorise }) {
    let seen = afterSeq ?? null;
    using bell = listen(bus, orderTopic(orderId));
    using _ = heads.watch(orderId, () => seen, bell.ring);
    while (!signal.aborted) {
      const read = () => share(`${orderId}@${seen}`, () => orders.news(orderId, seen, BATCH));
      const news = await outlastTrouble(read, signal);
      if (!news) return;
      for (const event of news.events) {
        await outlastTrouble(authorise, signal);
        if (signal.aborted) return;
        yield event;
        seen = event.seq;
      }
      seen ??= news.seq;
      if (news.isSettled && seen >= news.seq) return;
      if (news.events.length < BATCH) await bell.wait(null, signal);
    }
  };
}
