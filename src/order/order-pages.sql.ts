import type { OrderStatus, PointsState } from "../domain/generated/words.ts";
import type { PageBounds } from "../graphql/connection.ts";
import { countRows, isAmong } from "../graphql/row-pages.sql.ts";
import { columnsOf } from "../platform/columns.ts";
import { type Db, Prisma, planEachTime } from "../platform/db.ts";
import { type Order, toOrder } from "./order.ts";

/** Filters a list of orders. Absent and null fields do not filter. */
export interface OrderFilter {
  /** Whether the order has an open discrepancy. */
  openDiscrepancies?: boolean | null | undefined;
  pointsStates?: readonly PointsState[] | null | undefined;
  statuses?: readonly OrderStatus[] | null | undefined;
  placedFrom?: Date | null | undefined;
  /** Exclusive. */
  placedBefore?: Date | null | undefined;
  rewardId?: string | null | undefined;
  customerId?: string | null | undefined;
  /** The operator assigned to the order. */
  assignee?: string | null | undefined;
}

export interface OrderQuery {
  customerId?: string;
  filter?: OrderFilter;
}

export type OrderCursor = readonly [placedAt: string, id: string];

export const orderColumns = columnsOf(Prisma.OrderScalarFieldEnum, { without: ["clientToken"] });
export type OrderRow = Parameters<typeof toOrder>[0];

export interface OrderPages {
  /** The newest first. */
  page(query: OrderQuery, page: PageBounds<OrderCursor>): Promise<Order[]>;
  /** Counts up to `MAX_COUNT + 1`. */
  count(query: OrderQuery): Promise<number>;
}

export function makeOrderPages(db: Db): OrderPages {
  return {
    async page(query, { limit, after, before, backwards }) {
      const conditions = conditionsOf(query, await isOfRareReward(db, query));
      const { orders, at, id } = listOf(query);
      const within = ([placedAt, orderId]: OrderCursor, than: Prisma.Sql) =>
        conditions.push(Prisma.sql`(${at}, ${id}) ${than} (${placedAt}::timestamptz, ${orderId}::uuid)`);
      if (after) within(after, Prisma.sql`<`);
      if (before) within(before, Prisma.sql`>`);
      const direction = backwards ? Prisma.sql`asc` : Prisma.sql`desc`;
      const inOrder = Prisma.sql`order by ${at} ${direction}, ${id} ${direction} limit ${limit}`;
      // Many orders may be looked at before a page of a reward's orders is found, so only their ids are read.
      const statement =
        query.filter?.rewardId == null
          ? Prisma.sql`select ${orderColumns} from ${orders} where ${allOf(conditions)} ${inOrder}`
          : Prisma.sql`
        select ${orderColumns} from orders
        where orders.id = any(array(select orders.id from ${orders} where ${allOf(conditions)} ${inOrder}))
        order by placed_at ${direction}, orders.id ${direction}`;
      return (await db.$queryRaw<OrderRow[]>(planned(query, statement))).map(toOrder);
    },

    async count(query) {
      const { rewardId, assignee } = query.filter ?? {};
      const isOnlyBy = (field: keyof OrderFilter) =>
        query.customerId === undefined && Object.keys(given(query)).every((name) => name === field);
      if (rewardId && isOnlyBy("rewardId"))
        return countRows(db, Prisma.sql`order_lines where reward_id = ${rewardId}::uuid group by order_id`);
      if (assignee && isOnlyBy("assignee"))
        return countRows(db, Prisma.sql`operator_assignments where assignee = ${assignee} and order_id is not null`);
      const conditions = conditionsOf(query, await isOfRareReward(db, query));
      return countRows(db, Prisma.sql`${listOf(query).orders} where ${allOf(conditions)}`);
    },
  };
}

/**
 * The rows of a list and their sort key. The orders of an assignee are read in the order of the assignments' index,
 * instead of reading all of them and sorting.
 */
function listOf({ filter }: OrderQuery) {
  if (filter?.assignee == null)
    return { orders: Prisma.sql`orders`, at: Prisma.sql`placed_at`, id: Prisma.sql`orders.id` };
  const orders = Prisma.sql`(
    select order_placed_at, order_id as assigned_order from operator_assignments
    where assignee = ${filter.assignee} and order_id is not null) as assigned
    join orders on orders.id = assigned_order`;
  return { orders, at: Prisma.sql`order_placed_at`, id: Prisma.sql`assigned_order` };
}

/** The unfiltered lists have one good plan each. A filtered list is planned for its values. */
const planned = (query: OrderQuery, statement: Prisma.Sql): Prisma.Sql =>
  Object.keys(given(query)).length > 0 ? planEachTime(statement) : statement;

/** The fields by which the list is filtered. */
const given = ({ filter }: OrderQuery) =>
  Object.fromEntries(Object.entries(filter ?? {}).filter(([, value]) => value != null));

/**
 * Up to this many lines of a reward, its orders are found by those lines and then sorted. A more frequent reward is
 * found soon enough by scanning the list of all orders.
 */
const FEW_LINES = 5_000;

async function isOfRareReward(db: Db, { filter }: OrderQuery): Promise<boolean> {
  if (!filter?.rewardId) return false;
  const [row] = await db.$queryRaw<{ lines: number }[]>`
    select count(*)::int as lines from (
      select from order_lines where reward_id = ${filter.rewardId}::uuid limit ${FEW_LINES + 1}) as counted`;
  return (row?.lines ?? 0) <= FEW_LINES;
}

/** The planner cannot estimate the position of a reward's orders in the list, so the query fixes the strategy. */
const ofReward = (rewardId: string, isRare: boolean): Prisma.Sql =>
  isRare
    ? Prisma.sql`orders.id = any(array(select order_id from order_lines where reward_id = ${rewardId}::uuid))`
    : Prisma.sql`exists (select from order_lines where order_id = orders.id and reward_id = ${rewardId}::uuid offset 0)`;

const allOf = (conditions: readonly Prisma.Sql[]) => Prisma.join([Prisma.sql`true`, ...conditions], " and ");

/** @param isRare whether few orders contain the filtered reward */
function conditionsOf(query: OrderQuery, isRare: boolean): Prisma.Sql[] {
  const { customerId, filter } = query;
  const { at } = listOf(query);
  return [
    ...(customerId === undefined ? [] : [Prisma.sql`customer_id = ${customerId}`]),
    ...(filter?.statuses ? [isAmong("status", "order_status", filter.statuses)] : []),
    ...(filter?.pointsStates ? [isAmong("points_state", "points_state", filter.pointsStates)] : []),
    ...(filter?.openDiscrepancies == null
      ? []
      : [
          Prisma.sql`${filter.openDiscrepancies ? Prisma.sql`exists` : Prisma.sql`not exists`} (
            select from discrepancies where order_id = orders.id and resolved_at is null)`,
        ]),
    ...(filter?.placedFrom ? [Prisma.sql`${at} >= ${filter.placedFrom}`] : []),
    ...(filter?.placedBefore ? [Prisma.sql`${at} < ${filter.placedBefore}`] : []),
    ...(filter?.rewardId ? [ofReward(filter.rewardId, isRare)] : []),
    ...(filter?.customerId == null ? [] : [Prisma.sql`customer_id = ${filter.customerId}`]),
  ];
}
