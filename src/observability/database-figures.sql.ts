import type pg from "pg";
import type { Pool } from "../platform/direct-sql.ts";

/** Figures about orders, points, rewards and vouchers for Prometheus, from the database. Ages are in seconds. */
export interface DatabaseFigures {
  orders: { status: string; points_state: string; age: string; value: number }[];
  steps: { step: string; state: string; value: number; oldestSeconds: number }[];
  attention: { kind: string; value: number; oldestSeconds: number }[];
  jobs: { type: string; state: string; value: number; overdueSeconds: number }[];
  pools: { sku: string; codes: number }[];
  /** The number of pending messages of each webhook, at most `MAX_PENDING`. */
  webhooks: { webhook: string; active: boolean; value: number; oldestSeconds: number }[];
  /** Since the end of the last nightly reconciliation; null if there was none. */
  reconciledSeconds: number | null;
}

export interface FiguresReader {
  /** The figures, at most `everyMs` old. Concurrent callers share a statement. */
  read(): Promise<DatabaseFigures>;
  close(): Promise<void>;
}

/** The shortest interval between reads, independent of the number of scrapes. */
const EVERY_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 2_000;
/** The voucher pools with the fewest codes. */
const POOLS = 50;
/** A receiver that is down for days has many; a scrape does not count them all. */
const MAX_PENDING = 10_000;

/**
 * Each part reads an index of open rows, so that its cost is independent of the total number of rows. A step that moves
 * points of the points provider is a movement; at Capillary it is the issue or the revoke of a unit.
 */
const STATEMENT = `
  with open_orders as materialized (
    select id, status, points_state, extract(epoch from now() - placed_at)::float8 as age from orders
    where status in ('PENDING', 'PROCESSING')
  ), open_steps as (
    select case kind when 'TAKEN' then 'deduction' else 'return' end as step, state::text, coalesce(sent_at, requested_at) as since
    from points_movements where state in ('PENDING', 'UNCERTAIN', 'NEEDS_ATTENTION') and ledger = 'CLIENT'
    union all
    select 'issue', i.state::text, coalesce(i.sent_at, now() - o.age * interval '1 s')
    from open_orders o join unit_issues i on i.order_id = o.id join order_units u on u.id = i.unit_id
    where i.state in ('PENDING', 'UNCERTAIN', 'NEEDS_ATTENTION') and u.state = 'PENDING'
    union all
    select 'revoke', revoke_state::text, revoke_sent_at from unit_issues where revoke_state in ('PENDING', 'UNCERTAIN')
    union all
    select 'credit', 'PENDING', greatest(available_at, created_at) from reward_awards
    where state = 'PENDING' and customer_id is not null and unit = 'POINTS' and greatest(available_at, due_at) <= now()
    union all
    select 'credit', state::text, coalesce(sent_at, created_at) from reward_awards
    where state in ('UNCERTAIN', 'NEEDS_ATTENTION') and unit = 'POINTS'
  ), attention as (
    select 'order' as kind, placed_at as since from orders where points_state = 'NEEDS_ATTENTION'
    union all select 'discrepancy', found_at from discrepancies where resolved_at is null
    union all select 'award', created_at from reward_awards where state = 'NEEDS_ATTENTION'
    union all select 'quarantined_reward', received_at from quarantined_rewards where redriven_at is null
    union all select 'reconciliation_break', found_at from reconciliation_breaks where state in ('OPEN', 'REPAIRING')
  ), known_jobs as (
    select type, case when owner is not null and leased_until >= now() then 'running' when due_at <= now() then 'due'
      else 'paused' end as state, due_at from jobs
  )
  select (
    select coalesce(jsonb_agg(each), '[]') from (
      select status, points_state, case when age < 60 then 'under_1m' when age < 600 then 'under_10m'
        when age < 3600 then 'under_1h' when age < 86400 then 'under_1d' else 'older' end as age, count(*) as value
      from open_orders group by 1, 2, 3) each
  ) as orders, (
    select coalesce(jsonb_agg(each), '[]') from (
      select step, case state when 'UNCERTAIN' then 'unknown' else lower(state) end as state, count(*) as value,
        coalesce(extract(epoch from now() - min(since)), 0) as "oldestSeconds"
      from open_steps group by 1, 2) each
  ) as steps, (
    select coalesce(jsonb_agg(each), '[]') from (
      select kind, count(*) as value, extract(epoch from now() - min(since)) as "oldestSeconds" from attention group by 1) each
  ) as attention, (
    select coalesce(jsonb_agg(each), '[]') from (
      select type, state, count(*) as value, greatest(extract(epoch from now() - min(due_at)), 0) as "overdueSeconds"
      from known_jobs group by 1, 2) each
  ) as jobs, (
    select coalesce(jsonb_agg(each), '[]') from (
      select sku, stock as codes from rewards
      where kind = 'E_GIFT_VOUCHER' and source = 'BIGCITY' and active and archived_at is null and stock is not null
      order by stock, sku limit ${POOLS}) each
  ) as pools, (
    select coalesce(jsonb_agg(each), '[]') from (
      select name as webhook, active, waiting.value, coalesce(extract(epoch from now() - since), 0) as "oldestSeconds"
      from webhooks cross join lateral (
        select count(*) as value, min(created_at) as since from (
          select created_at from webhook_messages where webhook_id = webhooks.id and state = 'PENDING'
          order by seq limit ${MAX_PENDING}) pending) waiting) each
  ) as webhooks, (
    select extract(epoch from now() - finished_at)::float8 from reconciliation_runs
    where is_nightly and finished_at is not null order by requested_at desc limit 1
  ) as "reconciledSeconds"`;

/** Shown as 0 if absent, so that graphs have no gaps and alerts no unknown values. */
const STEPS = ["deduction", "return", "issue", "revoke", "credit"].flatMap((step) =>
  ["pending", "unknown", "needs_attention"].map((state) => ({ step, state, value: 0, oldestSeconds: 0 })),
);
const ATTENTION = ["order", "discrepancy", "award", "quarantined_reward", "reconciliation_break"].map((kind) => ({
  kind,
  value: 0,
  oldestSeconds: 0,
}));

/**
 * @param pool separate connections, so that a scrape does not wait for the pool that it reports about, nor that pool
 * for a scrape
 */
export function openDatabaseFigures(pool: Pool, everyMs = EVERY_MS): FiguresReader {
  let last: { at: number; figures: Promise<DatabaseFigures> } | undefined;

  async function readNow(): Promise<DatabaseFigures> {
    // Sent as a single message, so that it is one transaction behind a pooler as well.
    const results = (await pool.query(
      `begin read only; set local statement_timeout = ${STATEMENT_TIMEOUT_MS}; ${STATEMENT}; commit`,
    )) as unknown as pg.QueryResult<DatabaseFigures>[];
    const figures = results[2]?.rows[0];
    if (!figures) throw new Error("the database answered without figures");
    return {
      ...figures,
      steps: withZeros(STEPS, figures.steps, ({ step, state }) => `${step} ${state}`),
      attention: withZeros(ATTENTION, figures.attention, ({ kind }) => kind),
    };
  }

  return {
    read() {
      const now = performance.now();
      if (last === undefined || now - last.at >= everyMs) last = { at: now, figures: readNow() };
      return last.figures;
    },
    close: () => pool.end(),
  };
}

function withZeros<Row>(zeros: readonly Row[], rows: readonly Row[], keyOf: (row: Row) => string): Row[] {
  const found = new Set(rows.map(keyOf));
  return [...rows, ...zeros.filter((zero) => !found.has(keyOf(zero)))];
}
