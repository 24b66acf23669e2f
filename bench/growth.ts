import pg from "pg";
import { measureOrders } from "./orders.ts";
import type { World } from "./world.ts";

/** The database space of one voucher order, averaged over many orders. */
export interface Growth {
  orders: number;
  tables: { table: string; rows: number; bytes: number }[];
  /** Bytes of the write-ahead log. */
  walBytes: number;
  /** CPU, milliseconds. */
  gatewayMs: number;
  postgresMs: number;
}

/** Tables that grow with sign-ins and imports, before the orders are placed. */
const NOT_OF_ORDERS = new Set(["_prisma_migrations"]);
const SEALED_WITHIN_MS = 90_000;

/**
 * Places orders at one gateway and compares the tables before and after, each time without dead rows. It includes the
 * copies in the audit log, which follow up to 30 s later.
 */
export async function measureGrowth(world: World, orders: number): Promise<Growth> {
  const client = new pg.Client({ connectionString: world.env["DATABASE_URL"] });
  await client.connect();
  const wal = async () =>
    Number((await client.query("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as bytes")).rows[0]?.bytes);
  const look = async () => {
    await client.query("vacuum full");
    const { rows } = await client.query<{ table: string; bytes: string }>(
      `select relname as table, pg_total_relation_size(oid) as bytes from pg_class
       where relkind = 'r' and relnamespace = 'public'::regnamespace`,
    );
    const sizes = new Map<string, { rows: number; bytes: number }>();
    for (const { table, bytes } of rows) {
      if (NOT_OF_ORDERS.has(table)) continue;
      const counted = await client.query<{ count: string }>(`select count(*) from "${table}"`);
      sizes.set(table, { rows: Number(counted.rows[0]?.count), bytes: Number(bytes) });
    }
    return sizes;
  };
  /** Resolves once the later outcomes are copied into the audit log, and the log is sealed. */
  const sealed = async (since: Date) => {
    for (const end = Date.now() + SEALED_WITHIN_MS; Date.now() < end; await client.query("select pg_sleep(1)")) {
      const { rows } = await client.query<{ open: number }>(
        `select (select count(*) from points_movements m where m.settled_at >= $1
             and not exists (select from audit_log where source_key = 'movement:' || m.id || ':' || m.state))::int
           + (select count(*) from audit_log l where not exists (select from audit_seals s where s.audit_id = l.id))::int as open`,
        [since],
      );
      if (rows[0]?.open === 0) return;
    }
    throw new Error("the audit log was not sealed in time");
  };

  let startedAt = new Date();
  let before: Awaited<ReturnType<typeof look>> = new Map();
  let after: typeof before = new Map();
  let walBytes = 0;
  const { rows } = await measureOrders(world, {
    rounds: 1,
    ordersARound: orders,
    only: "one process",
    waitsForReports: false,
    watch: {
      async start() {
        await sealed(new Date());
        startedAt = new Date();
        before = await look();
        walBytes = await wal();
      },
      async stop() {
        await sealed(startedAt);
        walBytes = (await wal()) - walBytes;
        after = await look();
      },
    },
  });
  await client.end();
  const [row] = rows;
  if (!row || row.failed > 0) throw new Error(`orders failed: ${row?.problem}`);
  const tables = [...after].flatMap(([table, now]) => {
    const was = before.get(table) ?? { rows: 0, bytes: 0 };
    const grown = { rows: (now.rows - was.rows) / orders, bytes: (now.bytes - was.bytes) / orders };
    return grown.rows > 0 ? [{ table, ...grown }] : [];
  });
  return {
    orders,
    tables: tables.sort((a, b) => b.bytes - a.bytes),
    walBytes: walBytes / orders,
    gatewayMs: row.each.gatewayMs,
    postgresMs: row.each.postgresMs,
  };
}

const DAY_SECONDS = 86_400;
const GB = 1e9;
/** The share of a machine's cores that work on orders at full planned load. */
const BUSY = 0.6;

/** The figures, and the derived sizes of an installation, as text. */
export function growthInWords({ orders, tables, walBytes, gatewayMs, postgresMs }: Growth): string {
  const rowsEach = tables.reduce((sum, { rows }) => sum + rows, 0);
  const bytesEach = tables.reduce((sum, { bytes }) => sum + bytes, 0);
  const lines = [
    `An order of a voucher leaves ${rowsEach.toFixed(1)} rows of ${(bytesEach / 1_000).toFixed(1)} kB with their indexes (${orders} orders):`,
    ...tables.map(
      ({ table, rows, bytes }) =>
        `  ${table.padEnd(24)}${rows.toFixed(2).padStart(7)} rows${(bytes / 1_000).toFixed(2).padStart(8)} kB`,
    ),
    `It writes ${(walBytes / 1_000).toFixed(1)} kB of write-ahead log, and takes ${gatewayMs.toFixed(1)} ms of CPU in the gateway and ` +
      `${postgresMs.toFixed(1)} ms in PostgreSQL.`,
    `A core of gateways places ${(1_000 / gatewayMs).toFixed(0)} orders a second, a core of PostgreSQL ${(1_000 / postgresMs).toFixed(0)}.`,
    "",
    `orders/s all day   orders/day   table GB/day   WAL GB/day   GB/year   gateway cores   PostgreSQL cores (at ${BUSY * 100} % busy)`,
  ];
  for (const perSecond of [1, 10, 50, 100, 500]) {
    const aDay = perSecond * DAY_SECONDS;
    const cells = [
      String(perSecond).padStart(16),
      (aDay / 1e6).toFixed(2).padStart(11).concat("M"),
      ((aDay * bytesEach) / GB).toFixed(1).padStart(14),
      ((aDay * walBytes) / GB).toFixed(1).padStart(12),
      ((aDay * 365 * bytesEach) / GB).toFixed(0).padStart(9),
      ((perSecond * gatewayMs) / 1_000 / BUSY).toFixed(1).padStart(15),
      ((perSecond * postgresMs) / 1_000 / BUSY).toFixed(1).padStart(18),
    ];
    lines.push(cells.join(" "));
  }
  return lines.join("\n");
}
