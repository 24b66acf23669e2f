import type { Db } from "../platform/db.ts";
import type { Comparison, FoundBreak, Period } from "./break.ts";

/**
 * Compares our records with each other: units with the codes of the pools, the stock with the remaining codes, and the
 * points of each order with its fulfilled units.
 */
export async function compareOwnRecords(db: Db, { from, to }: Period): Promise<Comparison> {
  const [missing, notOwed, stock, unbalanced, [counts]] = await Promise.all([
    db.$queryRaw<UnitRow[]>`
      select u.id as "unitId", o.id as "orderId", o.number as "orderNumber", o.customer_id as "customerId",
        l.reward_id as "rewardId", l.name, o.placed_at as since, null as "codeId"
      from orders o join order_lines l on l.order_id = o.id join order_units u on u.line_id = l.id
      where o.placed_at >= ${from} and o.placed_at < ${to} and u.state = 'FULFILLED'
        and l.source = 'BIGCITY' and l.kind = 'E_GIFT_VOUCHER'
        and not exists (select from voucher_codes c where c.unit_id = u.id)`,
    db.$queryRaw<UnitRow[]>`
      select u.id as "unitId", o.id as "orderId", o.number as "orderNumber", o.customer_id as "customerId",
        l.reward_id as "rewardId", l.name, coalesce(c.allocated_at, o.placed_at) as since, c.id as "codeId"
      from orders o join order_lines l on l.order_id = o.id join order_units u on u.line_id = l.id
        join voucher_codes c on c.unit_id = u.id
      where c.state = 'ALLOCATED' and u.state in ('FAILED', 'CANCELLED', 'REVERSED') and (
        o.placed_at >= ${from} and o.placed_at < ${to}
        or exists (select from points_movements m where m.order_id = o.id and m.settled_at >= ${from} and m.settled_at < ${to}))`,
    db.$queryRaw<{ rewardId: string; sku: string; stock: number; codes: number; since: Date }[]>`
      select r.id as "rewardId", r.sku, r.stock, r.updated_at as since, (
        select count(*)::int from voucher_codes c where c.reward_id = r.id and c.state = 'AVAILABLE') as codes
      from rewards r
      where r.source = 'BIGCITY' and r.kind = 'E_GIFT_VOUCHER' and r.stock is distinct from (
        select count(*)::int from voucher_codes c where c.reward_id = r.id and c.state = 'AVAILABLE')`,
    db.$queryRaw<
      {
        orderId: string;
        orderNumber: string;
        customerId: string;
        since: Date;
        taken: bigint;
        returned: bigint;
        given: bigint;
      }[]
    >`
      select * from (
        select o.id as "orderId", o.number as "orderNumber", o.customer_id as "customerId", o.placed_at as since, taken.points as taken,
          (select coalesce(sum(r.points), 0) from points_movements r
            where r.order_id = o.id and r.ledger = 'CLIENT' and r.kind = 'RETURNED' and r.state <> 'REFUSED')::bigint as returned,
          (select coalesce(sum(l.unit_points), 0) from order_lines l join order_units u on u.line_id = l.id
            where l.id = any(taken.line_ids) and u.state not in ('FAILED', 'CANCELLED', 'REVERSED'))::bigint as given
        from orders o join points_movements taken
          on taken.order_id = o.id and taken.ledger = 'CLIENT' and taken.kind = 'TAKEN' and taken.state = 'CONFIRMED'
        where o.status not in ('PENDING', 'PROCESSING') and (
          o.placed_at >= ${from} and o.placed_at < ${to}
          or exists (select from points_movements m where m.order_id = o.id and m.settled_at >= ${from} and m.settled_at < ${to}))
      ) orders where taken - returned <> given`,
    db.$queryRaw<{ orders: number; pools: number }[]>`
      select (select count(*)::int from orders where placed_at >= ${from} and placed_at < ${to}) as orders,
        (select count(*)::int from rewards where source = 'BIGCITY' and kind = 'E_GIFT_VOUCHER') as pools`,
  ]);
  const breaks: FoundBreak[] = [
    ...missing.map(
      ({ name, since, codeId: _, ...unit }): FoundBreak => ({
        class: "CODE_MISSING",
        key: unit.unitId,
        repair: "GIVE_CODE",
        since,
        ...unit,
        evidence: { ours: `a unit of ${name} is fulfilled`, theirs: "no code of the pool is allocated to it" },
      }),
    ),
    ...notOwed.map(
      ({ name, since, codeId, ...unit }): FoundBreak => ({
        class: "CODE_NOT_OWED",
        key: codeId ?? unit.unitId,
        repair: "VOID_CODE",
        since,
        ...unit,
        evidence: { ours: `a unit of ${name} is not fulfilled`, theirs: `code ${codeId} is still allocated to it` },
      }),
    ),
    ...stock.map(
      ({ rewardId, sku, stock, codes, since }): FoundBreak => ({
        class: "STOCK_DIFFERS",
        key: rewardId,
        repair: "RECOUNT_STOCK",
        since,
        rewardId,
        evidence: { ours: { sku, stock }, theirs: { available: codes } },
      }),
    ),
    ...unbalanced.map(
      ({ taken, returned, given, since, ...order }): FoundBreak => ({
        class: "ORDER_UNBALANCED",
        key: order.orderId,
        repair: taken - returned > given ? "SETTLE_ORDER" : "WRITE_OFF",
        since,
        points: Number(taken - returned - given),
        ...order,
        evidence: { ours: { taken: Number(taken), returned: Number(returned) }, theirs: { fulfilled: Number(given) } },
      }),
    ),
  ];
  return {
    breaks,
    compared: { orders: counts?.orders ?? 0, pools: counts?.pools ?? 0 },
    classes: ["CODE_MISSING", "CODE_NOT_OWED", "STOCK_DIFFERS", "ORDER_UNBALANCED"],
    skipped: [],
  };
}

interface UnitRow {
  unitId: string;
  orderId: string;
  orderNumber: string;
  customerId: string;
  rewardId: string;
  name: string;
  since: Date;
  codeId: string | null;
}
