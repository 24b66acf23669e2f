import DataLoader from "dataloader";
import type { OrderedLoaders } from "../catalog/index.ts";
import type { Viewer } from "../domain/viewer.ts";
import type { Db } from "../platform/db.ts";
import type { Discrepancy, IssuedVoucherRow, LineIssue, OrderEvent, OrderStore } from "./order.store.ts";
import type { Movement, Order, OrderLine, Shipment } from "./order.ts";
import type { OrderAggregate } from "./order-aggregate.ts";
import type { ReturnRequest, ReturnRequests } from "./return-requests.ts";
import type { ReversalRequest, ReversalRequests } from "./reversal-requests.ts";

export interface OrderLoaders extends OrderedLoaders {
  order: DataLoader<string, Order | null>;
  orderByNumber: DataLoader<string, Order | null>;
  /** The order with all rows that decide about its next steps. */
  orderAggregate: DataLoader<string, OrderAggregate | null>;
  /** By award: the order of a claimed prize. */
  prizeOrder: DataLoader<string, Order | null>;
  orderLine: DataLoader<string, OrderLine | null>;
  movement: DataLoader<string, Movement | null>;
  discrepancy: DataLoader<string, Discrepancy | null>;
  voucher: DataLoader<string, IssuedVoucherRow | null>;
  /** By order. */
  orderLines: DataLoader<string, OrderLine[]>;
  movements: DataLoader<string, Movement[]>;
  orderEvents: DataLoader<string, OrderEvent[]>;
  discrepancies: DataLoader<string, Discrepancy[]>;
  reversalRequests: DataLoader<string, ReversalRequest[]>;
  /** By line. */
  vouchers: DataLoader<string, IssuedVoucherRow[]>;
  issues: DataLoader<string, LineIssue[]>;
  returnRequest: DataLoader<string, ReturnRequest | null>;
  shipment: DataLoader<string, Shipment | null>;
}

export function orderLoaders(
  {
    db,
    orders,
    reversalRequests,
    returnRequests,
  }: {
    db: Db;
    orders: OrderStore;
    reversalRequests: Pick<ReversalRequests, "ofOrders">;
    returnRequests: ReturnRequests;
  },
  viewer: Viewer,
  options: { cache: boolean },
): OrderLoaders {
  /** Groups rows by key; keeps their sequence. */
  const grouped = <Row>(read: (keys: readonly string[]) => Promise<Row[]>, keyOf: (row: Row) => string) =>
    new DataLoader<string, Row[]>(async (keys) => {
      const groups = Map.groupBy(await read(keys), keyOf);
      return keys.map((key) => groups.get(key) ?? []);
    }, options);

  /** Maps each key to its row or null. */
  const single = <Row>(read: (keys: readonly string[]) => Promise<Row[]>, keyOf: (row: Row) => string | null) =>
    new DataLoader<string, Row | null>(async (keys) => {
      const found = new Map((await read(keys)).map((row) => [keyOf(row), row]));
      return keys.map((key) => found.get(key) ?? null);
    }, options);
  const idOf = ({ id }: { id: string }) => id;

  return {
    order: single(orders.byIds, idOf),
    orderByNumber: single(orders.byNumbers, ({ number }) => number),
    orderAggregate: single(orders.aggregates, idOf),
    prizeOrder: single(orders.byPrizes, ({ awardId }) => awardId),
    orderLine: single(orders.linesByIds, idOf),
    movement: single(orders.movementsByIds, idOf),
    discrepancy: single(orders.discrepanciesByIds, idOf),
    voucher: single(orders.vouchersByIds, idOf),
    orderLines: grouped(orders.linesOf, (line) => line.orderId),
    movements: grouped(orders.movementsOf, (movement) => movement.orderId),
    orderEvents: grouped(orders.eventsOf, (event) => event.orderId),
    reversalRequests: grouped(reversalRequests.ofOrders, ({ orderId }) => orderId),
    discrepancies: grouped(orders.discrepanciesOf, (discrepancy) => discrepancy.orderId),
    issues: grouped(orders.issuesOf, (issue) => issue.lineId),
    returnRequest: single(returnRequests.of, ({ lineId }) => lineId),
    vouchers: grouped(orders.vouchersOf, (voucher) => voucher.lineId),
    shipment: single<Shipment>(orders.shipmentsOf, ({ lineId }) => lineId),
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
