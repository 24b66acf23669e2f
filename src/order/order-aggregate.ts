import type { OrderStatus, PointsState, ReversalReason } from "../domain/generated/words.ts";
import { Prisma, type Tx } from "../platform/db.ts";
import type { MovementState, ShipmentStatus, UnitState } from "../platform/generated/prisma/enums.ts";
import type { Movement, OrderLine } from "./order.ts";

/** An order with all rows that decide about its next steps. */
export interface OrderAggregate {
  id: string;
  number: string;
  customerId: string;
  status: OrderStatus;
  pointsState: PointsState;
  seq: number;
  lines: AggregateLine[];
  movements: Movement[];
}

export interface AggregateLine extends Omit<OrderLine, "orderId" | "failure"> {
  units: AggregateUnit[];
  shipment: {
    status: ShipmentStatus;
    carrier: string | null;
    trackingNumber: string | null;
    reportedAt: Date | null;
  } | null;
}

export interface AggregateUnit {
  id: string;
  state: UnitState;
  /** Null for our own rewards. */
  issue: Issue | null;
}

/** The issue of a unit by Capillary. */
export interface Issue {
  transactionNumber: string;
  keyNumber: number;
  upstreamRewardId: string;
  paymentConfigId: string | null;
  groupId: string | null;
  /** The points that Capillary charges; 0 if the points provider took the points. */
  points: number;
  state: MovementState;
  attempts: number;
  sentAt: Date | null;
  transactionId: string | null;
  lastError: string | null;
  /** The state of the requested revoke; null if no revoke was requested. */
  revokeState: MovementState | null;
  revokeReason: ReversalReason | null;
  revokeAttempts: number;
  revokeSentAt: Date | null;
  revokeBefore: number | null;
  revokeError: string | null;
}

/** True while a requested revoke has no recorded outcome. */
export const isRevokeOpen = ({ revokeState }: Pick<Issue, "revokeState">) =>
  revokeState === "PENDING" || revokeState === "UNCERTAIN";

/**
 * Reads the aggregate in one query: each step of an order reads it at least twice, and six queries took three times as
 * long.
 */
export async function readAggregate(tx: Tx, orderId: string): Promise<OrderAggregate | null> {
  // PostgreSQL plans `= any($1)` anew for every execution, because it assumes ten ids and the plan for a single id is
  // cheaper.
  const [order] = await readWhere(tx, Prisma.sql`o.id = ${orderId}::uuid`);
  return order ?? null;
}

/** Reads the aggregates of many orders, unsorted, without unknown ids. */
export const readAggregates = (tx: Tx, orderIds: readonly string[]): Promise<OrderAggregate[]> =>
  readWhere(tx, Prisma.sql`o.id = any(${[...orderIds]}::uuid[])`);

async function readWhere(tx: Tx, condition: Prisma.Sql): Promise<OrderAggregate[]> {
  const rows = await tx.$queryRaw<{ order: OrderAggregate }[]>`
    select jsonb_build_object(
      'id', o.id, 'number', o.number, 'customerId', o.customer_id, 'status', o.status, 'pointsState', o.points_state, 'seq', o.seq,
      'lines', (
        select jsonb_agg(jsonb_build_object(
          'id', l.id, 'position', l.position, 'rewardId', l.reward_id, 'name', l.name, 'kind', l.kind, 'source', l.source,
          'quantity', l.quantity, 'fulfilledQuantity', l.fulfilled_quantity, 'unitPoints', l.unit_points,
          'payWith', l.pay_with, 'groupId', l.group_id, 'status', l.status,
          'units', (select jsonb_agg(jsonb_build_object(
                      'id', u.id, 'state', u.state,
                      'issue', case when i.unit_id is not null then jsonb_build_object(
                        'transactionNumber', i.transaction_number, 'keyNumber', i.key_number,
                        'upstreamRewardId', i.upstream_reward_id, 'paymentConfigId', i.payment_config_id,
                        'groupId', i.group_id, 'points', i.points, 'state', i.state, 'attempts', i.attempts,
                        'sentAt', i.sent_at, 'transactionId', i.transaction_id, 'lastError', i.last_error,
                        'revokeState', i.revoke_state, 'revokeReason', i.revoke_reason,
                        'revokeAttempts', i.revoke_attempts, 'revokeSentAt', i.revoke_sent_at,
                        'revokeBefore', i.revoke_before, 'revokeError', i.revoke_error) end) order by u.unit)
                    from order_units u left join unit_issues i on i.unit_id = u.id where u.line_id = l.id),
          'shipment', (select jsonb_build_object('status', s.status, 'carrier', s.carrier,
                              'trackingNumber', s.tracking_number, 'reportedAt', s.reported_at)
                       from shipments s where s.line_id = l.id)
        ) order by l.position) from order_lines l where l.order_id = o.id),
      'movements', (
        select coalesce(jsonb_agg(jsonb_build_object(
          'id', m.id, 'orderId', m.order_id, 'customerId', m.customer_id, 'kind', m.kind, 'number', m.number,
          'ledger', m.ledger, 'payWith', m.pay_with, 'groupId', m.group_id, 'unitId', m.unit_id, 'points', m.points, 'lineIds', m.line_ids, 'state', m.state, 'reason', m.reason,
          'reasonText', m.reason_text, 'reference', m.reference, 'attempts', m.attempts, 'sentAt', m.sent_at,
          'balanceBefore', m.balance_before, 'earnedBefore', m.earned_before, 'lastError', m.last_error, 'watchUntil', m.watch_until,
          'watchedAt', m.watched_at, 'requestedAt', m.requested_at, 'settledAt', m.settled_at
        ) order by m.requested_at, m.kind, m.number), '[]') from points_movements m where m.order_id = o.id)
    ) as "order" from orders o where ${condition}`;
  return rows.map(({ order }) => withDatesOf(order));
}

function withDatesOf({ lines, movements, ...order }: OrderAggregate): OrderAggregate {
  return {
    ...order,
    lines: lines.map((line) => ({
      ...line,
      units: line.units.map((unit) => ({
        ...unit,
        issue: unit.issue && withDates(unit.issue, "sentAt", "revokeSentAt"),
      })),
      shipment: line.shipment && withDates(line.shipment, "reportedAt"),
    })),
    movements: movements.map((movement) =>
      withDates(movement, "sentAt", "watchUntil", "watchedAt", "requestedAt", "settledAt"),
    ),
  };
}

/** Converts the moments in JSON text to dates. */
function withDates<T extends object, Key extends keyof T>(value: T, ...keys: Key[]): T {
  const dates = keys.map((key) => [key, value[key] === null ? null : new Date(value[key] as string)]);
  return { ...value, ...Object.fromEntries(dates) };
}

/** The aggregate after a change that was just written to one of its movements. */
export function withMovement(order: OrderAggregate, id: string, change: Partial<Movement>): OrderAggregate {
  return {
    ...order,
    movements: order.movements.map((movement) => (movement.id === id ? { ...movement, ...change } : movement)),
  };
}

export interface Found {
  line: AggregateLine;
  unit: AggregateUnit & { issue: Issue };
}

/** @throws Error for a unit of another order, or of our own rewards */
export function find({ order }: { order: OrderAggregate }, unitId: string): Found {
  for (const line of order.lines) {
    const unit = line.units.find(({ id }) => id === unitId);
    if (unit?.issue) return { line, unit: { ...unit, issue: unit.issue } };
  }
  throw new Error(`unit ${unitId} of order ${order.id} is not one of Capillary's`);
}

/** The unit is pending and no request for it was sent. */
export const isNotRequested = ({ state, issue }: AggregateUnit) =>
  state === "PENDING" && issue !== null && issue.state === "PENDING" && issue.sentAt === null;
