import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { expect, test } from "vitest";
import { verifyAudit } from "../../src/audit/verify-audit.ts";
import { openDb } from "../../src/platform/db.ts";
import { migrate, migrationNames, migrationsDir } from "../../src/platform/migrate.ts";
import { sign } from "../../src/platform/webhook-signature.ts";
import { cloneDatabase, startTestGateway, WEBHOOK_SECRET } from "../support/gateway.ts";
import { makeCaller } from "../support/graphql.ts";
import { orderWhen } from "../support/orders.ts";
import { link, post as send } from "../support/rewards/rewards.ts";
import { refresh } from "../support/sign-in.ts";

const file = (name: string) => new URL(name, import.meta.url);
/** The customer, orders and tokens in `0.1.0.sql`. */
const old = JSON.parse(readFileSync(file("0.1.0.json"), "utf8")) as {
  at: string;
  customerId: string;
  refreshToken: string;
  lineId: string;
  parcelId: string;
  parcelNumber: string;
};
const LAST_MIGRATION = "0025_operator_keys";

/** A database of 0.1.0: its migrations, and the rows that its programs wrote. */
async function oldDatabase(): Promise<string> {
  const url = await cloneDatabase();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("drop schema public cascade; create schema public");
  await client.query(`create table _prisma_migrations (
    id varchar(36) primary key, checksum varchar(64) not null, finished_at timestamptz, migration_name varchar(255) not null,
    logs text, rolled_back_at timestamptz, started_at timestamptz not null default now(), applied_steps_count integer not null default 0)`);
  for (const name of await migrationNames()) {
    if (name > LAST_MIGRATION) continue;
    const script = await readFile(join(migrationsDir, name, "migration.sql"), "utf8");
    await client.query(script);
    await client.query(
      `insert into _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       values (gen_random_uuid()::text, encode(sha256(convert_to($1, 'UTF8')), 'hex'), $2, now(), 1)`,
      [script, name],
    );
  }
  // The rows are as its triggers have left them.
  await client.query("set session_replication_role = replica");
  await client.query(await readFile(file("0.1.0.sql"), "utf8"));
  await client.end();
  return url;
}

test("a database of 0.1.0 continues with this version: sessions, vouchers, orders in flight, members and draws", async () => {
  const url = await oldDatabase();
  const applied = await migrate(url);
  expect(applied.length).toBeGreaterThan(0);
  expect(applied.every((name) => name > LAST_MIGRATION)).toBe(true);

  // Sessions end after two weeks: the clock shows the day on which the rows were written.
  const startedAt = Date.now();
  const clock = { now: () => new Date(Date.parse(old.at) + Date.now() - startedAt) };
  await using gateway = await startTestGateway({ DATABASE_URL: url }, { clock });
  gateway.sandbox.client.addCustomer({ customer_id: old.customerId, balance: 700, mobile: "98XXXXXX45" });

  const { session, userErrors } = await refresh(gateway, old.refreshToken);
  expect(userErrors).toEqual([]);
  const customer = makeCaller(() => gateway.url, session?.accessToken);
  const { revealVoucher } = await customer.ok<{ revealVoucher: { vouchers: { code: string; pin: string }[] } }>(
    "mutation ($id: ID!) { revealVoucher(input: { orderLineId: $id }) { vouchers { code pin } userErrors { code } } }",
    { id: old.lineId },
  );
  expect(revealVoucher.vouchers).toEqual([
    { code: expect.stringMatching(/^OLD-CODE-[123]$/), pin: expect.stringMatching(/^(\d)\1{3}$/) },
  ]);

  const report = JSON.stringify({
    id: "report-after-the-upgrade",
    type: "shipment.updated",
    occurredAt: clock.now().toISOString(),
    data: { orderNumber: old.parcelNumber, line: 1, status: "DELIVERED" },
  });
  const answer = await fetch(`${gateway.url}/webhooks/fulfilment`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-tessera-signature": sign(report, WEBHOOK_SECRET, clock.now()) },
    body: report,
  });
  expect(answer.status).toBe(200);
  await orderWhen(customer, old.parcelId, ({ status }) => status === "FULFILLED");

  // The national id is recognised: no second member.
  await link(gateway, { customerId: old.customerId, nik: "3171234509870005" });
  expect(await gateway.sql("select count(*)::int as count from member_identities where kind = 'NIK'")).toEqual([
    { count: 1 },
  ]);
  const { body } = await send(gateway, {
    Action: "luckydraw",
    Data: { id: 4711, trxId: "after-the-upgrade", transaction: [{ date: "2026-11-22T11:22:06", amount: 150 }] },
  });
  expect(body.code).toBe(200);
  const { orders } = await gateway.operator.ok<{ orders: { totalCount: number } }>("{ orders { totalCount } }");
  expect(orders.totalCount).toBe(2);

  await gateway.reconcile();
  const db = openDb(url, 2);
  expect(await verifyAudit(db)).toMatchObject({ holds: true, problems: [] });
  await db.$disconnect();
});
