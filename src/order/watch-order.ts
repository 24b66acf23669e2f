import { type Bus, listen } from "../platform/events.ts";
import { type OrderEvent, type OrderStore, orderTopic } from "./order.store.ts";

const BATCH = 50;
/** A ring can get lost between processes; this is how long it then takes to notice. */
const LOOK_AGAIN_MS = 3_000;

export interface WatchOrderInput {
  orderId: string;
  /** Only what came after it; undefined begins with the current state. */
  afterSeq: number | undefined;
  signal: AbortSignal;
  /** Asked again before each event; throws when the viewer may no longer see it. */
  authorise(): Promise<void>;
}

export type WatchOrder = (input: WatchOrderInput) => AsyncGenerator<OrderEvent, void>;

/**
 * The events of an order, gapless and in order, until it is settled. They come from the table alone: the bell only says
 * when to look. Knows nothing of sockets.
 */
export function makeWatchOrder({ orders, bus }: { orders: OrderStore; bus: Bus }): WatchOrder {
  return async function* watchOrder({ orderId, afterSeq, signal, authorise }) {
    using bell = listen(bus, orderTopic(orderId));
    let seen = afterSeq ?? null;
    while (!signal.aborted) {
      const news = await orders.news(orderId, seen, BATCH);
      if (!news) return;
      for (const event of news.events) {
        if (signal.aborted) return;
        await authorise();
        yield event;
        seen = event.seq;
      }
      seen ??= news.seq;
      if (news.isSettled && seen >= news.seq) return;
      if (news.events.length < BATCH) await bell.wait(LOOK_AGAIN_MS, signal);
    }
  };
}
