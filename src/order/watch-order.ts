import { orderTopic } from "../domain/topics.ts";
import { type Bus, listen } from "../platform/events.ts";
import { followLog, type LogEntries } from "../platform/follow-log.ts";
import type { HeadPoll } from "../platform/head-poll.ts";
import { makeSingleFlight } from "../platform/single-flight.ts";
import type { OrderEvent, OrderStore, OrderUpdate } from "./order.store.ts";

const BATCH = 50;
/** A notification can get lost between processes: the heads of all watched orders are read as often. */
export const POLL_MS = 3_000;

export interface WatchOrderInput {
  orderId: string;
  /** Only the events after it; undefined begins with the current state. */
  afterSeq: number | undefined;
  signal: AbortSignal;
  /** Whether the viewer may see orders of this customer. */
  maySee(customerId: string): boolean;
  /** Asked again before each event; throws when the viewer may no longer see it. */
  authorise(): Promise<void>;
}

/** @returns null when there is no such order, or when the viewer may not see it */
export type WatchOrder = (input: WatchOrderInput) => Promise<AsyncGenerator<OrderEvent, void> | null>;

export interface WatchOrderDeps {
  orders: Pick<OrderStore, "readUpdate">;
  bus: Bus;
  heads: HeadPoll;
}

/**
 * The events of an order, gapless and in order, until it is settled. They come from the table, or from the commit when this process
 * made it; those who watch one order share the read. While the database is in trouble, they wait.
 */
export function makeWatchOrder({ orders, bus, heads }: WatchOrderDeps): WatchOrder {
  const share = makeSingleFlight<OrderUpdate | null>();
  const read = (orderId: string, seen: number | null) =>
    share(`${orderId}@${seen}`, () => orders.readUpdate(orderId, seen, BATCH));

  return async ({ orderId, afterSeq, signal, maySee, authorise }) => {
    const listener = listen<OrderUpdate>(bus, orderTopic(orderId));
    // Not left to the generator, which does not end if it never began.
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

/** The events of several commits, or null where they do not continue what was seen. */
function joined(updates: readonly OrderUpdate[], seen: number): LogEntries<OrderEvent> | null {
  const last = updates.at(-1);
  if (!last) return null;
  const events = updates.flatMap((each) => each.events).filter(({ seq }) => seq > seen);
  return events.every(({ seq }, index) => seq === seen + 1 + index) ? entriesOf({ ...last, events }, seen) : null;
}
