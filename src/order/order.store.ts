import type { OrderStatus } from "../domain/generated/words.ts";
import { customerTopic, orderTopic } from "../domain/topics.ts";
import type { Clock } from "../platform/clock.ts";
import { columnsOf } from "../platform/columns.ts";
import { type Db, inTransaction, Prisma, plansOnce, type Tx } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import type {
  OrderLine as LineRow,
  PointsMovement as MovementRow,
  Order as OrderRow,
} from "../platform/generated/prisma/client.ts";
import type { Writes } from "../platform/jobs/job.ts";
import type { HeldDeduction } from "../wallet/index.ts";
import { eventMessage } from "./event-messages.ts";
import { type Movement, type Order, type OrderLine, type Shipment, toLine, toMovement, toOrder } from "./order.ts";
import { type OrderAggregate, readAggregate, readAggregates } from "./order-aggregate.ts";
import { makeOrderPages, type OrderPages, orderColumns } from "./order-pages.sql.ts";
import { assertMove, isFinal, isPrizeTaken } from "./order-status.ts";
import { type OrderEvent, type OrderUpdate, readOrderUpdate } from "./order-update.sql.ts";
import { hasOpenMovement, pointsStateOf } from "./points-state.ts";
import { heldDeductions, isHeldFromOwnWallet, redeemedUnits } from "./redeemed.sql.ts";

export type { OrderEvent, OrderUpdate };
/** A voucher of a line. The code stays encrypted. */
export type IssuedVoucherRow = Prisma.VoucherCodeGetPayload<object> & { lineId: string };

/** With the line of its unit, if the row names a unit. */
export type Discrepancy = Prisma.DiscrepancyGetPayload<object>;

/** The issue of one unit of a line. */
export type LineIssue = Prisma.UnitIssueGetPayload<object> & { lineId: string; unit: number };

/** An order under its row lock. All changes of an order go through it. */
export interface OrderChange extends Writes {
  readonly tx: Tx;
  /** The order when the lock was obtained. */
  readonly order: OrderAggregate;
  readonly now: Date;
  /** The order as it is now in this transaction. */
  read(): Promise<OrderAggregate>;
  /**
   * Changes the status, summarises the movements, and appends the event, if anything differs. `flush` writes the rows,
   * for all events of the transaction together.
   * @param current the order as it is now, if the caller knows it; else it is read
   * @returns the order after the change
   */
  appendEvent(
    step: { status?: OrderStatus; lineId?: string; message?: string },
    current?: OrderAggregate,
  ): Promise<OrderAggregate>;
  /**
   * Raises the customer's ledger version, because this transaction marks or settles a movement of the customer: earlier
   * balance readings are outdated. `flush` writes it.
   */
  bumpLedgerVersion(): void;
  /**
   * Adds a write to those that `flush` makes in one statement. Earlier statements of the transaction do not see it.
   * @param row the name of the row: a second write to the same row flushes the first
   */
  defer(row: string, write: Prisma.Sql): Promise<void>;
  /** The events that `appendEvent` appended; empty without events. */
  toUpdate(): OrderUpdate;
  /**
   * Executes the deferred writes, the events, and the ledger version in one statement. The end of the transaction
   * flushes automatically.
   */
  flush(): Promise<void>;
}

const lineColumns = columnsOf(Prisma.OrderLineScalarFieldEnum);
const movementColumns = columnsOf(Prisma.PointsMovementScalarFieldEnum);
const eventColumns = columnsOf(Prisma.OrderEventScalarFieldEnum, { without: ["tells"] });
const voucherColumns = columnsOf(Prisma.VoucherCodeScalarFieldEnum, { of: "voucher_codes" });
const shipmentColumns = columnsOf(Prisma.ShipmentScalarFieldEnum);

export interface OrderStore extends OrderPages {
  byIds(ids: readonly string[]): Promise<Order[]>;
  byNumbers(numbers: readonly string[]): Promise<Order[]>;
  byCarts(cartIds: readonly string[]): Promise<Order[]>;
  /** By award: the valid order of a claimed prize, else its newest failed or cancelled order. */
  byPrizes(awardIds: readonly string[]): Promise<Order[]>;
  linesByIds(ids: readonly string[]): Promise<OrderLine[]>;
  movementsByIds(ids: readonly string[]): Promise<Movement[]>;
  discrepanciesByIds(ids: readonly string[]): Promise<Discrepancy[]>;
  /** The fulfilled ones. */
  vouchersByIds(ids: readonly string[]): Promise<IssuedVoucherRow[]>;
  linesOf(orderIds: readonly string[]): Promise<OrderLine[]>;
  movementsOf(orderIds: readonly string[]): Promise<Movement[]>;
  eventsOf(orderIds: readonly string[]): Promise<OrderEvent[]>;
  vouchersOf(lineIds: readonly string[]): Promise<IssuedVoucherRow[]>;
  issuesOf(lineIds: readonly string[]): Promise<LineIssue[]>;
  shipmentsOf(lineIds: readonly string[]): Promise<Shipment[]>;
  discrepanciesOf(orderIds: readonly string[]): Promise<Discrepancy[]>;
  /** Reads an order's events after `seq`; with null only the last event. Null for an unknown order. */
  readUpdate(orderId: string, seq: number | null, limit: number): Promise<OrderUpdate | null>;
  /** The number of the newest event of each of these orders. */
  heads(orderIds: readonly string[]): Promise<Map<string, number>>;
  aggregate(orderId: string): Promise<OrderAggregate | null>;
  aggregates(orderIds: readonly string[]): Promise<OrderAggregate[]>;
  /** Runs `work` on the order under its lock. Null for an unknown order. */
  changing<T>(orderId: string, work: (change: OrderChange) => Promise<T>): Promise<T | null>;
  /** Notifies the subscribers of an order and of its customer. `changing` does so automatically. */
  notifyWatchers(order: { orderId: string; customerId: string }): void;
  /** Deductions from these customers' own wallets that are not yet confirmed. */
  heldDeductions(customerIds: readonly string[]): Promise<Map<string, HeldDeduction[]>>;
  /** By group: points that open orders of all customers are about to take. Groups without such points are absent. */
  heldGroupPoints(groupIds: readonly string[], tx?: Tx): Promise<Map<string, number>>;
  /** By group: all points ever taken, confirmed only. Groups without such points are absent. */
  takenFromGroups(groupIds: readonly string[], tx?: Tx): Promise<Map<string, number>>;
  /** By reward: units that a customer has redeemed or is about to redeem, without prizes. */
  redeemedUnits(tx: Tx, customerId: string, rewardIds: readonly string[]): Promise<Map<string, number>>;
}

export interface OrderStoreDeps {
  db: Db;
  bus: Bus;
  clock: Clock;
  /** Called after the commit of a status change. */
  onMove?: ((status: OrderStatus) => void) | undefined;
}

export function makeOrderStore({ db, bus, clock, onMove }: OrderStoreDeps): OrderStore {
  const notifyWatchers = ({ orderId, customerId }: { orderId: string; customerId: string }, update?: OrderUpdate) => {
    bus.notify(orderTopic(orderId), update);
    bus.notify(customerTopic(customerId));
  };
  const inIds = (ids: readonly string[]) => ({ in: [...ids] });

  const vouchers = (which: Prisma.Sql) => db.$queryRaw<IssuedVoucherRow[]>`
    select ${voucherColumns}, order_units.line_id as "lineId"
    from order_units join voucher_codes on unit_id = order_units.id
    where ${which} and voucher_codes.state = 'ALLOCATED' order by order_units.unit`;

  async function discrepancies(which: Prisma.DiscrepancyWhereInput): Promise<Discrepancy[]> {
    const rows = await db.discrepancy.findMany({ where: which, orderBy: { foundAt: "asc" } });
    const unitIds = rows.flatMap(({ unitId }) => unitId ?? []);
    const units = unitIds.length > 0 ? await db.orderUnit.findMany({ where: { id: inIds(unitIds) } }) : [];
    const lineOfUnit = (unitId: string | null) => units.find(({ id }) => id === unitId)?.lineId ?? null;
    return rows.map((row) => ({ ...row, lineId: row.lineId ?? lineOfUnit(row.unitId) }));
  }

  return {
    ...makeOrderPages(db),
    async byIds(ids) {
      const rows = await db.$queryRaw<OrderRow[]>`
        select ${orderColumns} from orders where id = any(${[...ids]}::uuid[])`;
      return rows.map(toOrder);
    },
    async byNumbers(numbers) {
      const rows = await db.$queryRaw<OrderRow[]>`
        select ${orderColumns} from orders where number = any(${[...numbers]}::text[])`;
      return rows.map(toOrder);
    },

    async byCarts(cartIds) {
      const rows = await db.$queryRaw<OrderRow[]>`
        select ${orderColumns} from orders where cart_id = any(${[...cartIds]}::uuid[])`;
      return rows.map(toOrder);
    },

    async byPrizes(awardIds) {
      const rows = await db.order.findMany({ where: { awardId: inIds(awardIds) }, orderBy: { placedAt: "desc" } });
      const ofEach = Map.groupBy(rows, ({ awardId }) => awardId);
      return [...ofEach.values()].flatMap((same) => same.find(isPrizeTaken) ?? same[0] ?? []).map(toOrder);
    },

    async linesByIds(ids) {
      const rows = await db.$queryRaw<LineRow[]>`
        select ${lineColumns} from order_lines where id = any(${[...ids]}::uuid[])`;
      return rows.map(toLine);
    },
    async movementsByIds(ids) {
      const rows = await db.$queryRaw<MovementRow[]>`
        select ${movementColumns} from points_movements where id = any(${[...ids]}::uuid[])`;
      return rows.map(toMovement);
    },
    discrepanciesByIds: (ids) => discrepancies({ id: inIds(ids) }),
    vouchersByIds: (ids) => vouchers(Prisma.sql`voucher_codes.id = any(${[...ids]}::uuid[])`),

    async linesOf(orderIds) {
      const rows = await db.$queryRaw<LineRow[]>`
        select ${lineColumns} from order_lines where order_id = any(${[...orderIds]}::uuid[]) order by position`;
      return rows.map(toLine);
    },
    async movementsOf(orderIds) {
      const rows = await db.$queryRaw<MovementRow[]>`
        select ${movementColumns} from points_movements where order_id = any(${[...orderIds]}::uuid[])
        order by requested_at, kind, number`;
      return rows.map(toMovement);
    },
    eventsOf: (orderIds) => db.$queryRaw<OrderEvent[]>`
      select ${eventColumns} from order_events where order_id = any(${[...orderIds]}::uuid[]) order by seq`,

    vouchersOf: (lineIds) => vouchers(Prisma.sql`order_units.line_id = any(${[...lineIds]}::uuid[])`),
    async issuesOf(lineIds) {
      const rows = await db.unitIssue.findMany({
        where: { unit: { lineId: inIds(lineIds) } },
        include: { unit: { select: { lineId: true, unit: true } } },
      });
      return rows
        .map(({ unit: { lineId, unit }, ...issue }) => ({ ...issue, lineId, unit }))
        .sort((a, b) => a.unit - b.unit);
    },
    shipmentsOf: (lineIds) => db.$queryRaw<Shipment[]>`
      select ${shipmentColumns} from shipments where line_id = any(${[...lineIds]}::uuid[])`,
    discrepanciesOf: (orderIds) => discrepancies({ orderId: inIds(orderIds) }),

    readUpdate: (orderId, seq, limit) => readOrderUpdate(db, orderId, seq, limit),
    async heads(orderIds) {
      const rows = await db.$queryRaw<{ id: string; seq: number }[]>`
        select id, seq from orders where id = any(${[...orderIds]}::uuid[])`;
      return new Map(rows.map(({ id, seq }) => [id, seq]));
    },
    aggregate: (orderId) => readAggregate(db, orderId),
    aggregates: (orderIds) => readAggregates(db, orderIds),

    async changing(orderId, work) {
      const answer = await inTransaction({ db, lane: `order ${orderId}`, mustRun: true }, async (tx) => {
        const [locked] = await tx.$queryRaw<{ id: string }[]>`
          with plans as materialized (select ${plansOnce})
          select id from orders, plans where id = ${orderId}::uuid for update of orders`;
        const order = locked && (await readAggregate(tx, orderId));
        if (!order) return null;
        const now = clock.now();
        const change = openChange(tx, order, now);
        const value = await work(change);
        await change.flush();
        return { value, update: change.toUpdate() };
      });
      if (!answer) return null;
      const { update } = answer;
      for (const event of update.events) if (event.status !== event.previousStatus) onMove?.(event.status);
      notifyWatchers({ orderId, customerId: update.customerId }, update);
      return answer.value;
    },
    notifyWatchers,

    async heldDeductions(customerIds) {
      const rows = await db.$queryRaw<{ customerId: string; deductions: HeldDeduction[] }[]>`
        select customer_id as "customerId", ${heldDeductions} as deductions from points_movements
        where customer_id = any(${[...customerIds]}) and ${isHeldFromOwnWallet} group by customer_id`;
      return new Map(rows.map((row) => [row.customerId, row.deductions]));
    },

    async heldGroupPoints(groupIds, tx = db) {
      if (groupIds.length === 0) return new Map();
      const rows = await tx.$queryRaw<{ groupId: string; points: bigint }[]>`
        select group_id as "groupId", sum(points)::bigint as points from points_movements
        where group_id = any(${[...groupIds]}) and kind = 'TAKEN' and pay_with = 'GROUP'
          and state in ('PENDING', 'UNCERTAIN', 'NEEDS_ATTENTION')
        group by group_id`;
      return new Map(rows.map((row) => [row.groupId, Number(row.points)]));
    },

    async takenFromGroups(groupIds, tx = db) {
      if (groupIds.length === 0) return new Map();
      const rows = await tx.$queryRaw<{ groupId: string; points: bigint }[]>`
        select group_id as "groupId", sum(points)::bigint as points from points_movements
        where group_id = any(${[...groupIds]}) and kind = 'TAKEN' and state = 'CONFIRMED' group by group_id`;
      return new Map(rows.map((row) => [row.groupId, Number(row.points)]));
    },

    async redeemedUnits(tx, customerId, rewardIds) {
      if (rewardIds.length === 0) return new Map();
      const rows = await tx.$queryRaw<{ rewardId: string; units: number }[]>`
        select reward_id as "rewardId", units
        from (${redeemedUnits(customerId, Prisma.sql`l.reward_id = any(${[...rewardIds]}::uuid[])`)}) redeemed`;
      return new Map(rows.map((row) => [row.rewardId, row.units]));
    },
  };
}

/** Runs `work` on an existing order under its lock. @throws Error for an unknown order */
export async function changeOrder<T>(
  orders: Pick<OrderStore, "changing">,
  orderId: string,
  work: (change: OrderChange) => Promise<T>,
): Promise<T> {
  const answer = await orders.changing(orderId, async (change) => ({ value: await work(change) }));
  if (!answer) throw new Error(`there is no order ${orderId}`);
  return answer.value;
}

/** Collects the writes of one transaction. A trigger appends the events to the customer's feed. */
function openChange(tx: Tx, order: OrderAggregate, now: Date): OrderChange {
  const { id: orderId, customerId } = order;
  const deferred = new Map<string, Prisma.Sql>();
  const appended: OrderEvent[] = [];
  let pending: OrderEvent[] = [];
  let seq = order.seq;
  let isSettled = isFinal(order.status) && !hasOpenMovement(order.movements);
  let keepsToken = true;

  async function read(): Promise<OrderAggregate> {
    await flush();
    const order = await readAggregate(tx, orderId);
    if (!order) throw new Error(`there is no order ${orderId}`);
    return order;
  }

  async function defer(row: string, write: Prisma.Sql): Promise<void> {
    if (deferred.has(row)) await flush();
    deferred.set(row, write);
  }

  async function flush(): Promise<void> {
    const writes = [...deferred.values()].map((write, nth) => Prisma.sql`${Prisma.raw(`write_${nth}`)} as (${write})`);
    deferred.clear();
    writes.push(...eventWrites());
    if (writes.length > 0) await tx.$executeRaw`with ${Prisma.join(writes)} select`;
  }

  /**
   * The inserted events fire two triggers (`docs/invariants.md`): at the commit the customer's feed gets each event as
   * ORDER_STATUS_CHANGED, and FULFILLED sets the award of a claimed prize to CREDITED.
   */
  function eventWrites(): Prisma.Sql[] {
    const events = pending.map((event, index) => ({ ...event, nth: index + 1 }));
    const last = pending.at(-1);
    pending = [];
    if (!last) return [];
    return [
      Prisma.sql`changed_order as (
        update orders set status = ${last.status}::order_status, points_state = ${last.pointsState}::points_state,
          seq = seq + ${events.length}, client_token = case when ${keepsToken} then client_token end
        where id = ${orderId}::uuid returning seq)`,
      Prisma.sql`new_events as (
        insert into order_events (order_id, seq, status, previous_status, points_state, line_id, message, at, tells)
        select ${orderId}::uuid, changed_order.seq - ${events.length} + event.nth, event.status, event."previousStatus",
          event."pointsState", event."lineId", event.message, ${now}, case event.nth when ${events.length} then event.nth else 0 end
        from changed_order, jsonb_to_recordset(${JSON.stringify(events)}::jsonb) as event (nth int, status order_status,
          "previousStatus" order_status, "pointsState" points_state, "lineId" uuid, message text)
        order by event.nth)`,
    ];
  }

  return {
    tx,
    order,
    now,
    toUpdate: () => ({ customerId, seq, isSettled, events: appended }),
    read,
    defer,
    flush,
    bumpLedgerVersion() {
      deferred.set(
        "ledger version",
        Prisma.sql`update customers set ledger_version = ledger_version + 1 where customer_id = ${customerId}`,
      );
    },
    async appendEvent({ status, lineId, message }, current) {
      const order = current ?? (await read());
      const issues = order.lines.flatMap((line) => line.units.flatMap(({ issue }) => issue ?? []));
      const pointsState = pointsStateOf(order.movements, issues);
      const next = status ?? order.status;
      if (next !== order.status) assertMove(order.status, next);
      isSettled = isFinal(next) && !hasOpenMovement(order.movements);
      const isFirst = order.seq === 0;
      const isNewEvent = isFirst || next !== order.status || pointsState !== order.pointsState || message !== undefined;
      if (!isNewEvent) return order;
      keepsToken = !isSettled || order.movements.some((movement) => movement.watchUntil !== null);
      seq += 1;
      const event: OrderEvent = {
        orderId,
        seq,
        status: next,
        previousStatus: isFirst ? null : order.status,
        pointsState,
        lineId: lineId ?? null,
        message: message ?? eventMessage(next, pointsState),
        at: now,
      };
      pending.push(event);
      appended.push(event);
      return { ...order, status: next, pointsState, seq };
    },
  };
}
