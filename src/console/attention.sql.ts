import type { AttentionKind } from "../domain/generated/words.ts";
import type { OperatorRole } from "../domain/operator-roles.ts";
import { MAX_COUNT } from "../graphql/connection.ts";
import { type Db, Prisma } from "../platform/db.ts";
import type { LocalDate } from "../platform/time-zone.ts";

/** An item that waits for an operator. */
export interface AttentionItem {
  id: string;
  kind: AttentionKind;
  since: Date;
  summary: string;
  orderId: string | null;
  rewardId: string | null;
  customerId: string | null;
  /** The database id of the award, the quarantined message or the break. */
  subjectId: string | null;
  assignee: string | null;
}

export interface AttentionCount {
  kind: AttentionKind;
  count: number;
  oldestSince: Date | null;
}

/** The reference times for reading the queues. */
export interface AttentionTimes {
  now: Date;
  /** The current day in the programme's time zone. */
  today: LocalDate;
}

/** A queue whose items are read for the same times as its count. */
export type ReadQueue = AttentionCount & { times: AttentionTimes };

interface Queue {
  /** The roles that can resolve its items. */
  roles: readonly OperatorRole[];
  /**
   * Rows with the columns of `AttentionItem`, without `kind`. Each reads by a partial index, or a table with few rows.
   *
   * @param most the number of rows that the caller needs, for a queue that can be long
   */
  rows(times: AttentionTimes, most: number): Prisma.Sql;
}

const STUCK_MINUTES = 10;
const LATE_SHIPMENT_DAYS = 3;
const EXPIRING_DAYS = 14;

const { sql } = Prisma;
const ago = (now: Date, minutes: number) => new Date(now.getTime() - minutes * 60_000);
const assigneeOf = sql`(select a.assignee from operator_assignments a where a.order_id = o.id)`;
/** The columns of an item about the order `o`. */
const aboutOrder = sql`o.id as "orderId", null::uuid as "rewardId", o.customer_id as "customerId", null::text as "subjectId", ${assigneeOf} as assignee`;
const aboutReward = sql`null::uuid as "orderId", r.id as "rewardId", null::text as "customerId", null::text as "subjectId", null::text as assignee`;
const about = (customerId: Prisma.Sql, subjectId: Prisma.Sql, assignee = sql`null::text`) =>
  sql`null::uuid as "orderId", null::uuid as "rewardId", ${customerId} as "customerId", ${subjectId}::text as "subjectId", ${assignee} as assignee`;
const assigneeOfCustomer = (customerId: Prisma.Sql) =>
  sql`(select a.assignee from operator_assignments a where a.customer_id = ${customerId} and a.order_id is null)`;
const isOnOffer = (now: Date) =>
  sql`r.active and r.archived_at is null and (r.valid_from is null or r.valid_from <= ${now}) and (r.valid_until is null or r.valid_until > ${now})`;

const queues: Record<AttentionKind, Queue> = {
  OUTCOME_UNKNOWN: {
    roles: ["orders", "support"],
    rows: () => sql`
      select o.id::text as id,
        coalesce((select min(m.sent_at) from points_movements m where m.order_id = o.id and m.state = 'NEEDS_ATTENTION'), o.placed_at) as since,
        'Order ' || o.number || ': the outcome of ' || coalesce((
          select string_agg(case m.kind when 'TAKEN' then 'taking ' else 'returning ' end || m.points || ' points', ', ' order by m.requested_at)
          from points_movements m where m.order_id = o.id and m.state = 'NEEDS_ATTENTION'), 'issuing a reward') || ' is not known.' as summary,
        ${aboutOrder}
      from orders o where o.points_state = 'NEEDS_ATTENTION'`,
  },
  DISCREPANCY: {
    roles: ["orders", "support"],
    rows: () => sql`
      select d.id::text as id, d.found_at as since, 'Order ' || o.number || ': ' || d.message as summary, ${aboutOrder}
      from discrepancies d join orders o on o.id = d.order_id
      where d.resolved_at is null and o.points_state <> 'NEEDS_ATTENTION'`,
  },
  ORDER_STUCK: {
    roles: ["orders", "support"],
    rows: ({ now }) => sql`
      select o.id::text as id, o.placed_at as since,
        'Order ' || o.number || ': taking ' || o.total || ' points has not been confirmed.' as summary, ${aboutOrder}
      from orders o
      where o.status in ('PENDING', 'PROCESSING') and o.points_state in ('TAKING', 'UNCERTAIN')
        and o.placed_at < ${ago(now, STUCK_MINUTES)}`,
  },
  RETURN_PENDING: {
    roles: ["orders", "support"],
    rows: ({ now }) => sql`
      select m.id::text as id, m.requested_at as since,
        'Order ' || o.number || ': ' || m.points || ' points have not been returned.' as summary, ${aboutOrder}
      from jobs j join points_movements m on m.id = (j.input->>'movementId')::uuid join orders o on o.id = m.order_id
      where j.type = 'return-points' and m.state in ('PENDING', 'UNCERTAIN') and m.requested_at < ${ago(now, STUCK_MINUTES)}`,
  },
  RETURN_REQUESTED: {
    roles: ["orders"],
    rows: () => sql`
      select q.id::text as id, q.requested_at as since,
        'Order ' || o.number || ': a return of ' || l.name || ' is asked for (' || lower(replace(q.reason, '_', ' ')) || ').' as summary, ${aboutOrder}
      from return_requests q join order_lines l on l.id = q.line_id join orders o on o.id = q.order_id where q.state = 'OPEN'`,
  },
  SHIPMENT_LATE: {
    roles: ["orders", "support"],
    rows: ({ now }) => sql`
      select l.id::text as id, o.placed_at as since,
        'Order ' || o.number || ': the warehouse has not handed over ' || l.name || '.' as summary, ${aboutOrder}
      from orders o join order_lines l on l.order_id = o.id join shipments s on s.line_id = l.id
      where o.status in ('PENDING', 'PROCESSING') and s.status = 'PREPARING'
        and o.placed_at < ${ago(now, LATE_SHIPMENT_DAYS * 24 * 60)}`,
  },
  REVERSAL_TO_APPROVE: {
    roles: ["orders"],
    rows: ({ now }) => sql`
      select q.id::text as id, q.requested_at as since,
        'Order ' || o.number || ': ' || q.requested_by || case when q.cancels then ' requests to cancel, and to return ' else ' requests to reverse ' end || q.points || ' points.' as summary, ${aboutOrder}
      from reversal_requests q join orders o on o.id = q.order_id
      where q.state = 'OPEN' and q.expires_at > ${now}`,
  },
  AWARD_UNSETTLED: {
    roles: ["support"],
    rows: () => sql`
      select w.id::text as id, w.created_at as since,
        'Crediting ' || w.quantity || ' points' || coalesce(' to ' || w.customer_id, '') || ': ' || coalesce(w.last_error, 'the outcome is not known') || '.' as summary,
        ${about(sql`w.customer_id`, sql`w.id`, assigneeOfCustomer(sql`w.customer_id`))}
      from reward_awards w where w.state = 'NEEDS_ATTENTION'`,
  },
  MESSAGE_QUARANTINED: {
    roles: ["rewards", "support"],
    rows: () => sql`
      select q.id::text as id, q.received_at as since,
        'Message' || coalesce(' ' || q.ticket_id, '') || ' of ' || q.actor || ' was refused: '
          || coalesce(q.problems->0->>'message', 'see its problems') as summary,
        ${about(sql`null::text`, sql`q.id`)}
      from quarantined_rewards q where q.redriven_at is null`,
  },
  RECONCILIATION_BREAK: {
    roles: ["support"],
    rows: () => sql`
      select b.id::text as id, b.since as since,
        initcap(replace(b.class::text, '_', ' ')) || coalesce(' · order ' || b.order_number, '') || '.' as summary,
        ${about(sql`b.customer_id`, sql`b.id`)}
      from reconciliation_breaks b where b.state = 'OPEN'`,
  },
  CATALOGUE_SYNC_FAILED: {
    roles: ["catalogue", "support"],
    rows: () => sql`
      select c.source::text as id, coalesce(c.succeeded_at, c.ran_at) as since,
        'The catalogue of Capillary could not be read: ' || c.problem as summary, ${about(sql`null::text`, sql`null`)}
      from catalog_syncs c where c.problem is not null`,
  },
  POOL_LOW: {
    roles: ["catalogue", "support"],
    rows: ({ now }, most) => sql`
      select r.id::text as id, r.stock_low_since as since,
        r.name || case r.stock when 0 then ' has no codes left.' when 1 then ' has 1 code left.' else ' has ' || r.stock || ' codes left.' end as summary,
        ${aboutReward}
      from rewards r
      where r.source = 'BIGCITY' and r.kind = 'E_GIFT_VOUCHER' and r.stock_low_since is not null and ${isOnOffer(now)}
      order by r.stock_low_since, r.id limit ${most}`,
  },
  VOUCHERS_EXPIRING: {
    roles: ["catalogue", "support"],
    // Each step reads the first code of the next reward or day, by the index; a count of groups would read every code.
    rows({ now, today }, most) {
      const next = (after: Prisma.Sql) => sql`
        select valid_until, reward_id from voucher_codes
        where state = 'AVAILABLE' and valid_until <= ${today}::date + ${EXPIRING_DAYS}::int and ${after}
        order by valid_until, reward_id limit 1`;
      const codes = sql`
        select count(*) from (
          select from voucher_codes where state = 'AVAILABLE' and valid_until = v.valid_until and reward_id = r.id
          limit ${MAX_COUNT + 1}) as counted`;
      return sql`
        select v.valid_until || '/' || r.id as id, ${now}::timestamptz as since,
          (select case codes when 1 then '1 code of ' when ${MAX_COUNT + 1} then ${`more than ${MAX_COUNT.toLocaleString("en")} codes of `} else codes || ' codes of ' end
            from (${codes}) as n (codes)) || (select name from rewards where id = r.id)
            || case v.valid_until - ${today}::date when 0 then ' end today.' when 1 then ' end tomorrow.' else ' end in ' || (v.valid_until - ${today}::date) || ' days.' end as summary,
          ${aboutReward}
        from (
          with recursive found as (
            (${next(sql`valid_until >= ${today}::date`)})
            union all
            select following.* from found cross join lateral (
              ${next(sql`(valid_until, reward_id) > (found.valid_until, found.reward_id)`)}) following
          )
          select valid_until, reward_id from found limit ${most}) v
        cross join lateral (select v.reward_id as id) r`;
    },
  },
};

export const attentionKinds = Object.keys(queues) as AttentionKind[];
export const rolesOfAttention = (kind: AttentionKind): readonly OperatorRole[] => queues[kind].roles;

/** The size of each of these queues, and the time of its oldest item. */
export async function readAttentionCounts(
  db: Db,
  kinds: readonly AttentionKind[],
  times: AttentionTimes,
): Promise<AttentionCount[]> {
  if (kinds.length === 0) return [];
  const counts = kinds.map(
    (kind) =>
      sql`select ${kind}::text as kind, count(*)::int as count, min(since) as "oldestSince" from (${queues[kind].rows(times, MAX_COUNT + 1)}) as item`,
  );
  const rows = await db.$queryRaw<AttentionCount[]>(Prisma.join(counts, " union all "));
  return kinds.map((kind) => rows.find((row) => row.kind === kind) ?? { kind, count: 0, oldestSince: null });
}

/** The first items of a queue, the oldest first. */
export async function readAttentionItems(
  db: Db,
  kind: AttentionKind,
  limit: number,
  times: AttentionTimes,
): Promise<AttentionItem[]> {
  const rows = await db.$queryRaw<Omit<AttentionItem, "kind">[]>`
    select * from (${queues[kind].rows(times, limit)}) as item order by since, id limit ${limit}`;
  return rows.map((row) => ({ ...row, kind }));
}
