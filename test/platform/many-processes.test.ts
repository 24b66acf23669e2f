import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { migrationNames } from "../../src/platform/migrate.ts";
import { OPERATOR_TOKEN, testEnvironment } from "../support/gateway.ts";
import { type GatewayProcess, startGatewayProcess } from "../support/gateway-process.ts";
import { makeCaller } from "../support/graphql.ts";

const POOL_SIZE = 5;
/** For LISTEN, and for the lock of the catalogue's mirror. */
const BESIDE_THE_POOL = 3;
const names = ["one", "two", "three"];

let sandbox: Sandbox;
let client: pg.Client;
let processes: GatewayProcess[];
beforeAll(async () => {
  const url = new URL(inject("templateUrl"));
  url.pathname = "/postgres";
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  const name = `p_${randomUUID().replaceAll("-", "")}`;
  await admin.query(`create database ${name}`);
  await admin.end();
  url.pathname = `/${name}`;
  client = new pg.Client({ connectionString: url.href });
  [sandbox] = await Promise.all([startSandbox(), client.connect()]);
  processes = await Promise.all(
    names.map((application) => {
      const own = new URL(url);
      own.searchParams.set("application_name", application);
      const settings = testEnvironment(own.href, sandbox.url);
      return startGatewayProcess({ ...settings, SEED: "sample", DATABASE_POOL_SIZE: String(POOL_SIZE) });
    }),
  );
});
afterAll(async () => {
  await Promise.all(processes?.map((each) => each.stop()) ?? []);
  await sandbox?.stop();
  await client?.end();
});

test("three processes start on an empty database: one migrates it, one seeds it, and all become ready", async () => {
  for (const { url } of processes) {
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const { rewards } = await makeCaller(() => url).ok<{ rewards: { totalCount: number } }>(
      "{ rewards { totalCount } }",
    );
    expect(rewards.totalCount).toBeGreaterThan(0);
  }
  const migrations = await client.query("select migration_name from _prisma_migrations order by 1");
  expect(migrations.rows.map((row) => row.migration_name)).toEqual(await migrationNames());
  const twice = await client.query("select sku from rewards where source = 'BIGCITY' group by sku having count(*) > 1");
  expect(twice.rows).toEqual([]);
});

test("under load a process opens its pool, and beside it one connection to listen, one for locks and one for /readyz", async () => {
  let isOver = false;
  const most = new Map<string, number>();
  const counting = (async () => {
    while (!isOver) {
      const { rows } = await client.query<{ name: string; count: number }>(
        `select application_name as name, count(*)::int as count from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() group by 1`,
      );
      for (const { name, count } of rows) most.set(name, Math.max(count, most.get(name) ?? 0));
    }
  })();
  await Promise.all(
    processes.flatMap(({ url }) => {
      const operator = makeCaller(() => url, OPERATOR_TOKEN);
      // Each waits for a lock; a process requests one at a time.
      const syncs = Array.from({ length: 5 }, () => operator.send("mutation { syncCatalog { added } }"));
      const reads = Array.from({ length: 60 }, () => operator.ok("{ rewards(first: 50) { nodes { id } totalCount } }"));
      return [...syncs, ...reads];
    }),
  );
  isOver = true;
  await counting;
  expect([...most.keys()].sort()).toEqual([...names].sort());
  for (const count of most.values()) {
    expect(count).toBeGreaterThanOrEqual(POOL_SIZE);
    expect(count).toBeLessThanOrEqual(POOL_SIZE + BESIDE_THE_POOL);
  }
});
