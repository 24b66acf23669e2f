import type pg from "pg";
import { makeVoucherVault } from "../../src/catalog/index.ts";
import { makeCipher } from "../../src/platform/cipher.ts";

/** The size of a database that years of orders have left; every other table grows with the orders. */
export interface GrownSize {
  rewards: number;
  orders: number;
  /** The gateway's VOUCHER_SECRET, with which it tries to open a code when it starts. */
  voucherSecret: string;
}

/** A customer who placed a hundredth of all orders. */
export const FREQUENT_CUSTOMER = "GROWN-1";
/** The orders are spread evenly over this period. */
export const GROWN_YEARS = 3;
export const GROWN_BRANDS = 500;
export const GROWN_CATEGORIES = 40;

/** Tables that grow with orders, rewards, messages and operators' work; sequential scans of them become slower. */
export const growingTables: ReadonlySet<string> = new Set([
  ...["rewards", "voucher_codes", "carts", "orders", "order_lines", "order_units", "order_events", "points_movements"],
  ...["unit_issues", "shipments", "shipment_reports", "discrepancies", "audit_log", "audit_seals", "ledger_entries"],
  ...["reward_messages", "reward_decisions", "reward_awards", "reward_members", "member_events", "draw_tickets"],
  ...["quarantined_rewards", "reconciliation_breaks", "webhook_messages", "operator_notes", "operator_assignments"],
  ...["customers", "sessions", "idempotency_keys", "check_ins", "wishes", "saved_addresses", "reward_words"],
]);

/**
 * Fills an empty database with one statement for each table, as its tables' owner. Triggers and foreign keys do not run: the rows are consistent by
 * construction. 1,000,000 orders with 100,000 rewards take some minutes.
 */
export async function growDatabase(client: pg.Client, { rewards, orders, voucherSecret }: GrownSize): Promise<void> {
  const customers = Math.max(10, Math.floor(orders / 20));
  const words = (n: string) =>
    `(array['Coffee','Voucher','Travel','Garden','Kitchen','Sound','Winter','Sport'])[1 + ${n} % 8]`;
  await client.query("set session_replication_role = replica");
  await client.query("set maintenance_work_mem = '512MB'");
  // Indexes are made at the end, which takes less time than an entry for each row.
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `select quote_ident(relname) as name, pg_get_indexdef(oid) as definition from pg_class join pg_index on indexrelid = oid
     where relnamespace = 'public'::regnamespace and not indisunique order by relname`,
  );
  for (const { name } of indexes) await client.query(`drop index ${name}`);
  // Each field of an order is computed once.
  await client.query(`
    create function pg_temp.id(kind int, n bigint) returns uuid language sql immutable as
      $$ select ('01900000-0000-7000-8' || lpad(to_hex(kind), 3, '0') || '-' || lpad(to_hex(n), 12, '0'))::uuid $$;
    create temp table o as
      select n, placed, 'ORD-' || to_char(placed at time zone 'UTC', 'YYMMDD') || '-' || upper(lpad(to_hex(n * 2654435761 % 1099511627776), 10, '0')) as number,
        case when n % 100 = 0 then '${FREQUENT_CUSTOMER}' else 'GROWN-' || (2 + n * 7919 % ${customers}) end as customer,
        pg_temp.id(1, case when n % 20 = 0 then 1 else 1 + n * 6151 % ${rewards} end) as reward,
        pg_temp.id(2, n) as cart, pg_temp.id(3, n) as id, pg_temp.id(4, n) as line, pg_temp.id(5, n) as unit, pg_temp.id(6, n) as movement
      from (select n, date_trunc('second', now()) - (${orders} - n) * make_interval(secs => ${GROWN_YEARS * 365 * 86_400}.0 / ${orders}) as placed
        from generate_series(1, ${orders}::bigint) n) as numbered;
    create unique index on o (n);
    analyze o`);
  const fill = (table: string, columns: string, select: string, count: number) =>
    client.query(`insert into ${table} (${columns}) select ${select} from generate_series(1, ${count}) n`);
  /** A row for each order. */
  const fillOrders = (table: string, columns: string, select: string, where = "true") =>
    client.query(`insert into ${table} (${columns}) select ${select} from o where ${where} order by n`);

  await fill("customers", "customer_id", "'GROWN-' || n", customers + 1);
  // A tenth is unavailable; a hundredth is sold out; every brand has some, and one word is in all names.
  await fill(
    "rewards",
    "id, sku, name, description, kind, source, points, brand, category, image_url, valid_until, stock, active, archived_at, popularity, created_at, updated_at, stock_low_since",
    `pg_temp.id(1, n), 'GROWN-' || n, ${words("n")} || ' gift ' || n, 'Thing ' || md5(n::text) || ' for ' || ${words("n / 8")},
     'E_GIFT_VOUCHER', 'BIGCITY', 100 + n * 31 % 9000, 'Brand ' || n % ${GROWN_BRANDS}, 'Category ' || n % ${GROWN_CATEGORIES}, '/assets/none.svg',
     case when n % 50 = 0 then now() + n % 300 * interval '1 day' end, case when n % 100 = 0 then 0 when n % 101 = 0 then 5 else 500 end, n % 10 <> 7,
     case when n % 30 = 0 then now() end, n * 7907 % 100000, now() - n * interval '10 minutes', now(), case when n % 100 = 0 or n % 101 = 0 then now() - n % 90 * interval '1 day' end`,
    rewards,
  );
  await client.query(`insert into reward_words (word)
    select distinct lexeme from rewards, unnest(search) where length(lexeme) between 3 and 40 on conflict do nothing`);
  await fillOrders("carts", "id, customer_id, status, created_at", "cart, customer, 'ORDERED', placed");
  // Most are fulfilled; some are in progress, and none is PARTIALLY_FULFILLED.
  await fillOrders(
    "orders",
    "id, number, customer_id, cart_id, status, points_state, seq, total, placed_at",
    `id, number, customer, cart,
     (case when n > ${orders} - 40 then 'PENDING' when n % 200 = 3 then 'FAILED' when n % 100 = 5 then 'REVERSED' else 'FULFILLED' end)::order_status,
     (case when n > ${orders} - 40 then 'TAKING' when n % 20000 = 9 then 'NEEDS_ATTENTION' when n % 100 = 5 then 'RETURNED' else 'TAKEN' end)::points_state,
     2, 100 + n % 900, placed`,
  );
  await fillOrders(
    "order_lines",
    "id, order_id, position, reward_id, name, kind, source, quantity, fulfilled_quantity, unit_points, pay_with, status",
    "line, id, 1, reward, 'Gift ' || n, 'E_GIFT_VOUCHER', 'BIGCITY', 1, 1, 100 + n % 900, 'INDIVIDUAL', 'FULFILLED'",
  );
  await fillOrders("order_units", "id, line_id, unit, state", "unit, line, 1, 'FULFILLED'");
  // Jobs of the orders in progress that are not due, so that a gateway leaves the orders as they are.
  await fillOrders(
    "jobs",
    "id, type, input, due_at",
    "'place:' || id, 'place-order', '{}', now() + interval '1 year'",
    `n > ${orders} - 40`,
  );
  const eventColumns = "order_id, seq, status, previous_status, points_state, at";
  await fillOrders("order_events", eventColumns, "id, 1, 'PENDING', null, 'NOT_TAKEN', placed");
  await fillOrders("order_events", eventColumns, "id, 2, 'FULFILLED', 'PENDING', 'TAKEN', placed");
  await fillOrders(
    "points_movements",
    "id, order_id, customer_id, kind, number, pay_with, points, line_ids, state, reference, requested_at, settled_at",
    `movement, id, customer, 'TAKEN', 1, 'INDIVIDUAL', 100 + n % 900, array[line],
     (case when n > ${orders} - 40 then 'PENDING' when n % 20000 = 9 then 'NEEDS_ATTENTION' else 'CONFIRMED' end)::movement_state,
     number, placed, case when n > ${orders} - 40 or n % 20000 = 9 then null else placed end`,
  );
  await fillOrders(
    "points_movements",
    "id, order_id, customer_id, kind, number, pay_with, points, line_ids, state, reason, reference, requested_at, settled_at",
    "pg_temp.id(7, n), id, customer, 'RETURNED', 1, 'INDIVIDUAL', 100 + n % 900, array[line], 'CONFIRMED', 'CANCELLATION', number || '/R1', placed, placed",
    "n % 100 = 5",
  );
  await sealCode(client, voucherSecret);
  await fillOrders(
    "voucher_codes",
    "id, reward_id, code, code_hash, masked_code, state, unit_id, customer_id, allocated_at, created_at, valid_until",
    `pg_temp.id(8, n), reward, '\\x00', sha256(n::text::bytea), '••••••••' || upper(right(md5(n::text), 4)), 'ALLOCATED', unit, customer, placed, placed,
     (placed + interval '1 year')::date`,
  );
  await fill(
    "voucher_codes",
    "id, reward_id, code, code_hash, masked_code, state, created_at, valid_until",
    `pg_temp.id(9, n), pg_temp.id(1, 1 + n % ${rewards}), '\\x00', sha256(('a' || n)::bytea), '••••••••' || upper(right(md5('a' || n), 4)), 'AVAILABLE',
     now(), (now() + (1 + n % 700) * interval '1 day')::date`,
    Math.floor(orders / 2),
  );
  await fillOrders(
    "discrepancies",
    "id, order_id, movement_id, message, found_at",
    "pg_temp.id(10, n), id, movement, 'The ledger has no such entry.', placed",
    "n % 20000 = 10",
  );
  await fillOrders(
    "operator_assignments",
    "id, customer_id, order_id, order_placed_at, assignee, assigned_by, assigned_at",
    "pg_temp.id(11, n), customer, id, placed, case when n % 20 = 3 then 'ana' else 'ben' end, 'lead', now()",
    "n % 200 = 3",
  );
  await growAround(client, fillOrders, fill);
  for (const { definition } of indexes) await client.query(definition);
  await client.query("set session_replication_role = default");
  await client.query("vacuum analyze");
}

/** Stores the first code, which the gateway opens at its start: the others have no content. */
async function sealCode(client: pg.Client, voucherSecret: string): Promise<void> {
  const vault = makeVoucherVault(makeCipher(voucherSecret, "voucher"));
  const { rows } = await client.query<{ id: string }>("select id from rewards order by id limit 1");
  const { id, rewardId, code, codeHash, maskedCode } = vault.seal({
    rewardId: rows[0]?.id ?? "",
    code: "CODE-OF-THE-SEED",
  });
  await client.query(
    `insert into voucher_codes (id, reward_id, code, code_hash, masked_code, state, created_at) values ($1, $2, $3, $4, $5, 'AVAILABLE', now())`,
    [id, rewardId, code, codeHash, maskedCode],
  );
}

const EXPLANATION = `jsonb_build_object('rule', '{"id":"grown","version":1,"name":"Purchases","campaign":"grown"}'::jsonb, 'unit', 'POINTS',
  'facts', jsonb_build_object('action', 'transactionpromo', 'at', placed, 'localDate', placed::date, 'memberSince', null),
  'steps', '[]'::jsonb, 'awards', '[]'::jsonb, 'skip', null)`;

type Fill = (table: string, columns: string, select: string, count: number) => Promise<unknown>;
type FillOrders = (table: string, columns: string, select: string, where?: string) => Promise<unknown>;

/** The tables around orders: the audit log, what members earned, the ledger's statement, breaks and deliveries. */
async function growAround(client: pg.Client, fillOrders: FillOrders, fill: Fill): Promise<void> {
  await fillOrders(
    "audit_log",
    "at, actor, action, subject, details",
    `placed, case when n % 100 = 0 then 'ana' else customer end,
     (array['voucher.reveal','session.start','order.cancel','movement.confirmed'])[1 + n % 4], number, '{}'`,
  );
  await fillOrders(
    "reward_members",
    "id, customer_id, created_at",
    "pg_temp.id(12, n / 20), 'GROWN-' || n / 20, now()",
    "n % 20 = 0",
  );
  await client.query(`insert into reward_rules (rule_id, version, action, definition, created_by, created_at)
    values ('grown', 1, 'transactionpromo', '{}', 'ana', now())`);
  await fillOrders(
    "reward_messages",
    "id, ticket_id, ticket_given, digest, source, actor, action, payload, normalisations, answer, received_at",
    "pg_temp.id(13, n), 'T-' || n, true, md5(n::text), 'HTTP', 'shop', 'transactionpromo', '{}', '[]', '{}', placed",
    "n % 2 = 0",
  );
  await fillOrders(
    "reward_decisions",
    "id, message_id, line, rule_id, rule_version, outcome, explanation, at",
    `pg_temp.id(14, n), pg_temp.id(13, n), 0, 'grown', 1, 'AWARD', ${EXPLANATION}, placed`,
    "n % 2 = 0",
  );
  await fillOrders(
    "reward_awards",
    "id, effect_key, decision_id, member_id, customer_id, role, unit, quantity, available_at, state, ledger, credit_reference, sent_at, created_at, settled_at",
    `pg_temp.id(15, n), 'transactionpromo/rule:grown/' || n, pg_temp.id(14, n), pg_temp.id(12, 1), customer, 'MEMBER', 'POINTS', 10, placed,
     (case n % 10000 when 2 then 'NEEDS_ATTENTION' when 4 then 'REFUSED' else 'CREDITED' end)::award_state, 'CLIENT', 'CR-' || n, placed,
     placed, case n % 10000 when 2 then null else placed end`,
    "n % 2 = 0",
  );
  await fillOrders(
    "ledger_entries",
    "entry_id, at, customer_id, type, order_id, points, imported_at",
    "'E-' || n, placed, customer, 'REDEEM', case when n % 10 = 0 then 'ELSEWHERE-' || n else number end, 100 + n % 900, now()",
  );
  await fill(
    "reconciliation_runs",
    '"id", "from", "to", actor, requested_at, started_at, finished_at',
    "pg_temp.id(16, n), now() - n * interval '1 day', now() - (n - 1) * interval '1 day', 'system', now() - n * interval '1 day', now(), now()",
    1_000,
  );
  await fillOrders(
    "reconciliation_breaks",
    "id, class, key, state, repair, run_id, customer_id, order_number, evidence, since, found_at, last_seen_at, resolved_at",
    `pg_temp.id(17, n), 'ENTRY_NOT_IN_BOOKS', 'k' || n, (case n % 20000 when 0 then 'OPEN' else 'EXPLAINED' end)::break_state, 'RETURN_POINTS',
     pg_temp.id(16, 1 + n % 1000), customer, number, '{}', placed, now(), now(), case n % 20000 when 0 then null else now() end`,
    "n % 20 = 0",
  );
  await fillOrders(
    "quarantined_rewards",
    "id, fingerprint, source, actor, ticket_id, payload, problems, received_at, last_received_at, redriven_at, redriven_by, message_id",
    `pg_temp.id(18, n), md5(n::text), 'HTTP', 'shop', 'Q-' || n, '{}', '[]', placed, now(), case when n % 2000 > 0 then now() end,
     case when n % 2000 > 0 then 'ana' end, case when n % 2000 > 0 then pg_temp.id(13, n) end`,
    "n % 20 = 0",
  );
  await client.query(`insert into webhooks (id, name, url, types, stock_low_at, active, secret, created_at, created_by)
    values (pg_temp.id(19, 1), 'grown', 'https://example.com/', '{}', 10, false, '\\x00', now(), 'ana')`);
  await fillOrders(
    "webhook_messages",
    "id, webhook_id, type, subject, customer_id, data, at, state, due_at, delivered_at, created_at",
    `pg_temp.id(20, n), pg_temp.id(19, 1), 'order.status_changed', 'order:' || number, customer, '{}', placed,
     (case n % 5000 when 1 then 'FAILED' else 'DELIVERED' end)::webhook_message_state, now(), case n % 5000 when 1 then null else now() end, now()`,
  );
}
