import DataLoader from "dataloader";
import type { OrderedLoaders } from "../catalog/index.ts";
import type { Viewer } from "../domain/viewer.ts";
import type { Db } from "../platform/db.ts";
import type { Discrepancy, GivenVoucher, LineIssue, OrderEvent, OrderStore } from "./order.store.ts";
import type { Movement, Order, OrderLine, Shipment } from "./order.ts";
import type { OrderAggregate } from "./order-aggregate.ts";

export interface OrderLoaders extends OrderedLoaders {
  order: DataLoader<string, Order | null>;
  /** With all that decides what may happen to it now. */
  orderAggregate: DataLoader<string, OrderAggregate | null>;
  /** By award: the order that a prize was claimed with. */
  prizeOrder: DataLoader<string, Order | null>;
  /** All by order. */
  orderLines: DataLoader<string, OrderLine[]>;
  movements: DataLoader<string, Movement[]>;
  orderEvents: DataLoader<string, OrderEvent[]>;
  discrepancies: DataLoader<string, Discrepancy[]>;
  /** By line. */
  vouchers: DataLoader<string, GivenVoucher[]>;
  issues: DataLoader<string, LineIssue[]>;
  shipment: DataLoader<string, Shipment | null>;
}

export function orderLoaders(
  { db, orders }: { db: Db; orders: OrderStore },
  viewer: Viewer,
  options: { cache: boolean },
): OrderLoaders {
  /** Rows that belong to each key, in the order they came. */
  const grouped = <Row>(read: (keys: readonly string[]) => Promise<Row[]>, keyOf: (row: Row) => string) =>
    new DataLoader<string, Row[]>(async (keys) => {
      const groups = Map.groupBy(await read(keys), keyOf);
      return keys.map((key) => groups.get(key) ?? []);
    }, options);

  return {
    order: new DataLoader<string, Order | null>(async (ids) => {
      const found = new Map((await orders.byIds(ids)).map((order) => [order.id, order]));
      return ids.map((id) => found.get(id) ?? null);
    }, options),
    orderAggregate: new DataLoader<string, OrderAggregate | null>(async (ids) => {
      const found = new Map((await orders.aggregates(ids)).map((order) => [order.id, order]));
      return ids.map((id) => found.get(id) ?? null);
    }, options),
    prizeOrder: new DataLoader<string, Order | null>(async (awardIds) => {
      const found = new Map((await orders.byPrizes(awardIds)).map((order) => [order.awardId, order]));
      return awardIds.map((id) => found.get(id) ?? null);
    }, options),
    orderLines: grouped(orders.linesOf, (line) => line.orderId),
    movements: grouped(orders.movementsOf, (movement) => movement.orderId),
    orderEvents: grouped(orders.eventsOf, (event) => event.orderId),
    discrepancies: grouped(orders.discrepanciesOf, (discrepancy) => discrepancy.orderId),
    issues: grouped(orders.issuesOf, (issue) => issue.lineId),
    vouchers: grouped(orders.vouchersOf, (voucher) => voucher.lineId),
    shipment: new DataLoader<string, Shipment | null>(async (lineIds) => {
      const found = new Map((await orders.shipmentsOf(lineIds)).map((shipment) => [shipment.lineId, shipment]));
      return lineIds.map((id) => found.get(id) ?? null);
    }, options),
    heldGroupPoints: new DataLoader<string, number>(async (groupIds) => {
      const held = await orders.heldGroupPoints(groupIds);
      return groupIds.map((id) => held.get(id) ?? 0);
    }, options),
    redeemedUnits: new DataLoader<string, number>(async (rewardIds) => {
      if (viewer.kind !== "customer") return rewardIds.map(() => 0);
      const redeemed = await orders.redeemedUnits(db, viewer.customerId, rewardIds);
      return rewardIds.map((id) => redeemed.get(id) ?? 0);
    }, options),
  };
}
