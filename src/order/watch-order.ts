import { orderTopic } from "../domain/topics.ts";
import { type Bus, listen } from "../platform/events.ts";
import { followLog, type LogEntries } from "../platform/follow-log.ts";
import type { HeadPoll } from "../platform/head-poll.ts";
import { makeSingleFlight } from "../platform/single-flight.ts";
import type { OrderEvent, OrderStore, OrderUpdate } from "./order.store.ts";

const BATCH = 50;
/** Notifications between processes can get lost, so the heads of all watched orders are read at this interval. */
export const POLL_MS = 3_000;

export interface WatchOrderInput {
  orderId: string;
  /** Streams the events after this number; undefined starts with the current state. */
  afterSeq: number | undefined;
  signal: AbortSignal;
  /** Whether the viewer may see orders of this customer. */
  maySee(customerId: string): boolean;
  /** Called before each event; throws if the viewer may no longer see it. */
  authorise(): Promise<void>;
}

/** @returns null for an unknown order, or if the viewer may not see it */
export type WatchOrder = (input: WatchOrderInput) => Promise<AsyncGenerator<OrderEvent, void> | null>;

export interface WatchOrderDeps {
  orders: Pick<OrderStore, "readUpdate">;
  bus: Bus;
  heads: HeadPoll;
}

/**
 * Streams the events of an order, gapless and in order, until it is settled. They come from the table, or from the
 * commit if this process made it. Subscribers of the same order share the reads. During a database failure, the stream
 * waits.
 */
export function makeWatchOrder({ orders, bus, heads }: WatchOrderDeps): WatchOrder {
  const share = makeSingleFlight<OrderUpdate | null>();
  const read = (orderId: string, seen: number | null) =>
    share(`${orderId}@${seen}`, () => orders.readUpdate(orderId, seen, BATCH));

  return async ({ orderId, afterSeq, signal, maySee, authorise }) => {
    const listener = listen<OrderUpdate>(bus, orderTopic(orderId));
    // The generator cannot do this, because it does not end if it never began.
    const stopListening = () => listener[Symbol.dispose]();
    signal.addEventListener("abort", stopListening, { once: true });
    const first = await read(orderId, afterSeq ?? null).catch((error: unknown) => {
      stopListening();
      throw error;
    });
    if (!first || !maySee(first.customerId)) {
      stopListening();
      return null;
    }
    const after = afterSeq ?? first.seq - first.events.length;
    return followLog<OrderEvent, OrderUpdate>({
      id: orderId,
      after,
      listener,
      heads,
      signal,
      authorise,
      first: entriesOf(first, after),
      async read(seen) {
        const update = await read(orderId, seen);
        return update && entriesOf(update, seen);
      },
      entriesIn: joined,
    });
  };
}

const entriesOf = ({ events, seq, isSettled }: OrderUpdate, seen: number): LogEntries<OrderEvent> => ({
  entries: events,
  isFull: events.length === BATCH,
  isEnd: isSettled && (events.at(-1)?.seq ?? seen) >= seq,
});

/** The events of several commits, or null if they leave a gap after the events already seen. */
function joined(updates: readonly OrderUpdate[], seen: number): LogEntries<OrderEvent> | null {
  const last = updates.at(-1);
  if (!last) return null;
  const events = updates.flatMap((each) => each.events).filter(({ seq }) => seq > seen);
  return events.every(({ seq }, index) => seq === seen + 1 + index) ? entriesOf({ ...last, events }, seen) : null;
}
