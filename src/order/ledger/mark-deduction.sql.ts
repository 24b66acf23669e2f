import { type Db, Prisma } from "../../platform/db.ts";

/** A reading of the customer's own wallet, with the ledger version that was current before it. */
export interface SeenBalance {
  version: number;
  balance: number;
  earned: number;
  at: Date;
}

export interface MarkedDeduction {
  id: string;
  orderId: string;
  orderNumber: string;
  customerId: string;
  points: number;
  requestedAt: Date;
  /** The customer's token, encrypted. */
  clientToken: Uint8Array | null;
}

/** No other movement of the customer, and no credit, is in flight. @param customerId a parameter or a column */
export const nothingElseInFlight = (customerId: Prisma.Sql, movementId: string): Prisma.Sql => Prisma.sql`not exists (
        select from points_movements other
        where other.customer_id = ${customerId} and other.id <> ${movementId}::uuid and other.ledger = 'CLIENT'
          and other.sent_at is not null and other.state in ('PENDING', 'UNCERTAIN')
      ) and not exists (
        select from reward_awards award
        where award.customer_id = ${customerId} and award.ledger = 'CLIENT' and award.under_way_until > now()
      )`;

/**
 * Marks the deduction of a new order as sent, with the balance reading that the order was judged by, and appends the event, in one
 * statement.
 *
 * @returns null, with nothing changed, if another movement or credit of the customer is in flight, if one was marked or settled
 *   since the balance was read, or if the order is no longer new
 */
export async function markDeduction(
  db: Db,
  {
    movementId,
    orderId,
    seen,
    now,
    message,
  }: { movementId: string; orderId: string; seen: SeenBalance; now: Date; message: string },
): Promise<MarkedDeduction | null> {
  const [marked] = await db.$queryRaw<MarkedDeduction[]>`
    with placed as (
      select id, number, customer_id, client_token from orders
      where id = ${orderId}::uuid and status = 'PENDING' and points_state = 'NOT_TAKEN'
        and ${nothingElseInFlight(Prisma.sql`orders.customer_id`, movementId)} and exists (
        select from points_movements where id = ${movementId}::uuid and state = 'PENDING' and sent_at is null
      )
      for update
    ), turn as (
      update customers set ledger_version = ledger_version + 1 from placed
      where customers.customer_id = placed.customer_id and ledger_version = ${seen.version}
      returning placed.id, placed.number, placed.client_token
    ), marked as (
      update points_movements movement set attempts = attempts + 1, sent_at = ${now}, balance_before = ${seen.balance}::bigint,
        earned_before = ${seen.earned}::bigint
      from turn where movement.id = ${movementId}::uuid
      returning movement.id, movement.order_id, turn.number, movement.customer_id, movement.points, movement.requested_at,
        turn.client_token
    ), told as (
      update orders set points_state = 'TAKING', seq = seq + 1 from marked where orders.id = marked.order_id
      returning orders.id, orders.seq
    ), event as (
      insert into order_events (order_id, seq, status, previous_status, points_state, message, at)
      select id, seq, 'PENDING', 'PENDING', 'TAKING', ${message}, ${now} from told
    )
    select id, order_id as "orderId", number as "orderNumber", customer_id as "customerId", points::float8 as points,
      requested_at as "requestedAt", client_token as "clientToken" from marked`;
  return marked ?? null;
}
