import type { Db } from "../platform/db.ts";
import type { OrderEvent as EventRow } from "../platform/generated/prisma/client.ts";
import { isFinal } from "./order-status.ts";

export type OrderEvent = Omit<EventRow, "tells">;

export interface OrderUpdate {
  customerId: string;
  /** The number of the last event. */
  seq: number;
  isSettled: boolean;
  events: OrderEvent[];
}

type Row = Pick<OrderUpdate, "customerId" | "seq" | "events"> & {
  status: OrderEvent["status"];
  hasOpenMovement: boolean;
};

/**
 * Reads the events of an order in one statement.
 * @param afterSeq the events after it, at most `limit`; the last one alone when null
 * @returns null for an unknown order
 */
export async function readOrderUpdate(
  db: Db,
  orderId: string,
  afterSeq: number | null,
  limit: number,
): Promise<OrderUpdate | null> {
  const [row] = await db.$queryRaw<Row[]>`
    select customer_id as "customerId", seq, status, exists (
        select from points_movements where order_id = ${orderId}::uuid and state in ('PENDING', 'UNCERTAIN')
      ) as "hasOpenMovement", (
        select coalesce(jsonb_agg(jsonb_build_object('orderId', order_id, 'seq', event.seq, 'status', event.status,
          'previousStatus', previous_status, 'pointsState', event.points_state, 'lineId', line_id, 'message', message, 'at', at)
          order by event.seq), '[]')
        from order_events event
        where order_id = ${orderId}::uuid and event.seq > coalesce(${afterSeq}::bigint, orders.seq - 1)
          and event.seq <= coalesce(${afterSeq}::bigint, orders.seq - 1) + ${limit}
      ) as events
    from orders where id = ${orderId}::uuid`;
  if (!row) return null;
  const { customerId, seq, status, hasOpenMovement, events } = row;
  return {
    customerId,
    seq,
    isSettled: isFinal(status) && !hasOpenMovement,
    events: events.map((event) => ({ ...event, at: new Date(event.at) })),
  };
}
