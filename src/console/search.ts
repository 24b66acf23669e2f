import { readSearch } from "../catalog/index.ts";
import type { SearchMatch } from "../domain/generated/words.ts";
import { hasRole, type OperatorRole, seesCustomers } from "../domain/operator-roles.ts";
import { foldOrderNumber, type OrderNumberPart } from "../domain/order-number.ts";
import { MAX_COUNT } from "../graphql/connection.ts";
import { type Db, Prisma, planEachTime } from "../platform/db.ts";

export interface SearchHit {
  match: SearchMatch;
  text: string;
  detail: string;
  orderId: string | null;
  customerId: string | null;
  rewardId: string | null;
}

type Found = Omit<SearchHit, "match">;

const { sql } = Prisma;

interface Source {
  roles: readonly OperatorRole[];
  /** The objects up to the limit, or the statement that reads them; null if no object of this kind can match the text. */
  find(text: string, limit: number, db: Db): Prisma.Sql | null | Promise<Found[]>;
}

/** In the order of display. Each reads by an index, or a table with few rows. */
const sources: Record<SearchMatch, Source> = {
  ORDER_NUMBER: {
    roles: seesCustomers,
    find(text, limit) {
      const part = foldOrderNumber(text);
      return (
        part &&
        sql`
        select o.number as text, ${orderDetail} as detail, ${ofOrder} from orders o
        where ${isOrder(part)} order by o.placed_at desc limit ${limit}`
      );
    },
  },
  CUSTOMER_ID: {
    roles: seesCustomers,
    find: (text, limit) =>
      /^[\w.@-]{2,64}$/.test(text)
        ? sql`
          select c.customer_id as text,
            case when o.orders > ${MAX_COUNT} then ${`${MAX_COUNT}+`} else o.orders::text end || ' orders'
              || case when c.blocked_at is null then '' else ' · blocked' end as detail,
            null::uuid as "orderId", c.customer_id as "customerId", null::uuid as "rewardId"
          from (
            select customer_id, blocked_at from customers where customer_id like ${`${escapeLike(text)}%`}
            order by customer_id using ~<~ limit ${limit}) c
          cross join lateral (
            select count(*) as orders from (
              select from orders where customer_id = c.customer_id limit ${MAX_COUNT + 1}) as counted) o
          order by c.customer_id using ~<~`
        : null,
  },
  VOUCHER_ENDING: {
    roles: seesCustomers,
    find: (text, limit) =>
      text.length >= 2 && text.length <= 4
        ? sql`
          select v.masked_code as text, l.name || ' · order ' || o.number as detail, ${ofOrder}
          from voucher_codes v join order_units u on u.id = v.unit_id join order_lines l on l.id = u.line_id join orders o on o.id = l.order_id
          where v.state = 'ALLOCATED' and v.masked_code = any(${[`••••••••${text}`, `••••••••${text.toUpperCase()}`]})
          order by v.allocated_at desc limit ${limit}`
        : null,
  },
  UPSTREAM_REFERENCE: {
    roles: seesCustomers,
    find: (text, limit) => sql`
      (select i.transaction_id as text, 'Capillary''s transaction · order ' || o.number as detail, ${ofOrder}
        from unit_issues i join orders o on o.id = i.order_id where i.transaction_id = ${text} limit ${limit})
      union all
      (select w.credit_reference as text, 'Credit of ' || w.quantity || ' points to ' || w.customer_id as detail,
          null::uuid as "orderId", w.customer_id as "customerId", null::uuid as "rewardId"
        from reward_awards w where w.credit_reference = ${text} and w.customer_id is not null)`,
  },
  MESSAGE_TICKET: {
    roles: ["rewards", "support"],
    find: (text) => sql`
      select m.ticket_id as text, m.action || ' of ' || m.actor || ' · ' || to_char(m.received_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC' as detail,
        null::uuid as "orderId", (
          select w.customer_id from reward_decisions d join reward_awards w on w.decision_id = d.id
          where d.message_id = m.id and w.customer_id is not null limit 1) as "customerId", null::uuid as "rewardId"
      from reward_messages m where m.ticket_id = ${text}`,
  },
  REWARD: {
    roles: ["catalogue", "support", "orders"],
    async find(text, limit, db) {
      const read = (rewards: Prisma.Sql) =>
        db.$queryRaw<Found[]>(
          planEachTime(sql`
        select r.name as text, r.sku || ' · ' || r.points || ' points' || case when r.archived_at is null then '' else ' · archived' end as detail,
          null::uuid as "orderId", null::text as "customerId", r.id as "rewardId"
        from (${rewards}) as r order by r.archived_at is not null, r.popularity desc, r.id`),
        );
      const bySku = await read(sql`
        select * from rewards where upper(sku) like ${`${escapeLike(text.toUpperCase())}%`}
        order by upper(sku) using ~<~ limit ${limit}`);
      // Rewards by words, if no SKU has this prefix: an SKU's words are not a reward's words.
      if (bySku.length > 0) return bySku;
      const { wide } = (await readSearch(db, text)) ?? { wide: "" };
      const byWords = (archived: Prisma.Sql, most: number) =>
        read(sql`
        select * from rewards where archived_at is ${archived} and search @@ to_tsquery('simple', ${wide})
        order by popularity desc, id desc limit ${most}`);
      const shown = await byWords(sql`null`, limit);
      return shown.length === limit ? shown : [...shown, ...(await byWords(sql`not null`, limit - shown.length))];
    },
  },
};

const ofOrder = sql`o.id as "orderId", o.customer_id as "customerId", null::uuid as "rewardId"`;
const orderDetail = sql`initcap(replace(o.status::text, '_', ' ')) || ' · ' || o.total || ' points · ' || o.customer_id`;
const isOrder = ({ day, tail }: OrderNumberPart) =>
  day === null
    ? sql`substring(o.number from 12) like ${`${tail}%`}`
    : sql`substring(o.number from 12) like ${`${tail}%`} and o.number like ${`ORD-${day}-%`}`;
const escapeLike = (text: string) => text.replace(/[\\%_]/g, "\\$&");

/**
 * Finds objects that operators with these roles may see, by a quoted number, code or name; the most exact kinds first.
 */
export async function search(
  db: Db,
  roles: readonly OperatorRole[],
  text: string,
  limit: number,
): Promise<SearchHit[]> {
  const found = await Promise.all(
    Object.entries(sources).map(async ([match, { roles: wanted, find }]) => {
      const query = hasRole(roles, wanted) ? await find(text, limit, db) : null;
      const rows = Array.isArray(query) ? query : query ? await db.$queryRaw<Found[]>(planEachTime(query)) : [];
      return rows.map((row): SearchHit => ({ ...row, match: match as SearchMatch }));
    }),
  );
  return found.flat().slice(0, limit);
}
