import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { migrate, migrationNames, migrationsDir } from "../../src/platform/migrate.ts";
import { cloneDatabase } from "../support/gateway.ts";

let client: pg.Client;
const rows = async (text: string, values: unknown[] = []) => (await client.query(text, values)).rows;
const tables = async () =>
  (await rows("select tablename from pg_tables where schemaname = 'public' order by 1")).map((row) => row.tablename);

describe("the migrations", () => {
  let databaseUrl: string;
  /** An empty database of its own for each test. */
  beforeEach(async () => {
    const admin = new URL(inject("templateUrl"));
    admin.pathname = "/postgres";
    const name = `m_${randomUUID().replaceAll("-", "")}`;
    const creator = new pg.Client({ connectionString: admin.href });
    await creator.connect();
    await creator.query(`create database ${name}`);
    await creator.end();
    admin.pathname = `/${name}`;
    databaseUrl = admin.href;
    client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
  });
  afterEach(() => client.end());

  test("an empty database gets every migration, and the bookkeeping of Prisma's own command", async () => {
    const names = await migrationNames();
    expect(await migrate(databaseUrl)).toEqual(names);
    expect(await tables()).toEqual(
      expect.arrayContaining(["rewards", "carts", "orders", "points_movements", "audit_log"]),
    );

    const recorded = await rows("select * from _prisma_migrations order by migration_name");
    expect(recorded.map((row) => row.migration_name)).toEqual(names);
    for (const row of recorded) {
      const script = readFileSync(join(migrationsDir, row.migration_name, "migration.sql"));
      expect(row).toMatchObject({
        checksum: createHash("sha256").update(script).digest("hex"),
        finished_at: expect.any(Date),
        rolled_back_at: null,
        applied_steps_count: 1,
      });
    }
  });

  test("a second run does nothing", async () => {
    await migrate(databaseUrl);
    await client.query("insert into audit_log (at, actor, action, subject) values (now(), 'a', 'b', 'c')");
    expect(await migrate(databaseUrl)).toEqual([]);
    expect(await rows("select subject from audit_log")).toEqual([{ subject: "c" }]);
  });

  test("one of several simultaneous runs migrates, and the others wait for it", async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => migrate(databaseUrl)));
    expect(answers.filter((applied) => applied.length > 0)).toEqual([await migrationNames()]);
    expect(await rows("select count(*)::int as n from _prisma_migrations")).toEqual([
      { n: (await migrationNames()).length },
    ]);
  });

  test("a migration that was edited after it had been applied is refused", async () => {
    await migrate(databaseUrl);
    const [name] = await migrationNames();
    await client.query("update _prisma_migrations set checksum = $1 where migration_name = $2", ["0".repeat(64), name]);
    await expect(migrate(databaseUrl)).rejects.toThrow(`Migration ${name} was edited after it had been applied`);
  });

  test("a migration that another tool began and did not finish is refused", async () => {
    await migrate(databaseUrl);
    const [name] = await migrationNames();
    await client.query("update _prisma_migrations set finished_at = null where migration_name = $1", [name]);
    await expect(migrate(databaseUrl)).rejects.toThrow(
      `Migration ${name} was started by another process and never finished`,
    );
    await client.query("update _prisma_migrations set rolled_back_at = now()");
    await expect(migrate(databaseUrl)).rejects.toThrow("failed and was undone");
  });

  test("a migration that fails halfway is rolled back, and can be run again", async () => {
    const [name] = await migrationNames();
    // In the way of something late in the script, long after its first tables.
    await client.query(
      "create function points_movements_freeze() returns trigger language plpgsql as 'begin return new; end'",
    );
    await expect(migrate(databaseUrl)).rejects.toThrow(`Migration ${name} failed and was undone`);
    expect(await tables()).toEqual(["_prisma_migrations"]);
    expect(await rows("select typname from pg_type where typname = 'reward_kind'")).toEqual([]);
    expect(await rows("select * from _prisma_migrations")).toEqual([]);

    await client.query("drop function points_movements_freeze");
    expect(await migrate(databaseUrl)).toEqual(await migrationNames());
  });

  test("a migration that cannot be recorded is rolled back as well", async () => {
    await client.query(`create table _prisma_migrations (id text, checksum text, finished_at timestamptz, migration_name text,
      rolled_back_at timestamptz, applied_steps_count integer check (applied_steps_count = 0))`);
    await expect(migrate(databaseUrl)).rejects.toThrow("failed and was undone");
    expect(await tables()).toEqual(["_prisma_migrations"]);
  });

  test("a missing database is reported in the error", async () => {
    const nowhere = new URL(databaseUrl);
    nowhere.pathname = "/nowhere";
    await expect(migrate(nowhere.href)).rejects.toThrow('has no database "nowhere"');
  });

  test("the datamodel has no change without a migration", () => {
    const current = readFileSync(join(migrationsDir, "..", "schema.prisma"), "utf8");
    expect(readFileSync(join(migrationsDir, "schema.prisma"), "utf8")).toBe(current);
  });
});

describe("the constraints of the tables", () => {
  beforeAll(async () => {
    client = new pg.Client({ connectionString: await cloneDatabase() });
    await client.connect();
  });
  afterAll(() => client.end());
  const reward = (columns: Record<string, unknown> = {}) => {
    const row: Record<string, unknown> = {
      id: randomUUID(),
      sku: randomUUID(),
      name: "n",
      description: "d",
      kind: "MERCHANDISE",
      points: 1,
      brand: "b",
      category: "c",
      image_url: "/x",
      ...columns,
    };
    const names = Object.keys(row);
    return client.query(
      `insert into rewards (${names.join(", ")}) values (${names.map((_, index) => `$${index + 1}`).join(", ")})`,
      Object.values(row),
    );
  };

  test.each<[string, Record<string, unknown>, string]>([
    ["a negative price", { points: -1 }, "rewards_points_range"],
    ["a price that JSON cannot carry", { points: "9007199254740992" }, "rewards_points_range"],
    ["stock below zero", { stock: -1 }, "rewards_stock_not_negative"],
    ["a limit of zero", { limit_per_customer: 0 }, "rewards_limit_positive"],
    ["an end before its beginning", { valid_from: "2027-01-02", valid_until: "2027-01-01" }, "rewards_dates_in_order"],
    ["no name at Capillary if it is Capillary's", { source: "CAPILLARY" }, "rewards_mirrored_known"],
    ["a name at Capillary if it is ours", { upstream_id: "1" }, "rewards_mirrored_known"],
    ["a group to pay for it if it is ours", { payable_with: "{INDIVIDUAL,GROUP}" }, "rewards_own_wallet"],
    ["vanished and stayed on offer", { vanished_at: "2027-01-01" }, "rewards_vanished_archived"],
    ["a voucher without a count", { kind: "E_GIFT_VOUCHER", stock: null }, "rewards_voucher_stock_counted"],
  ])("a reward cannot have %s", async (_, columns, constraint) => {
    await expect(reward(columns)).rejects.toThrow(constraint);
  });

  test("a Capillary reward is stored once", async () => {
    await reward({ source: "CAPILLARY", upstream_id: "1" });
    await reward({ source: "CAPILLARY", upstream_id: "2" });
    await expect(reward({ source: "CAPILLARY", upstream_id: "1" })).rejects.toThrow("rewards_source_upstream_id_key");
  });

  test("a customer has one open cart, and any number of ordered ones", async () => {
    const cart = (status: string) =>
      client.query("insert into carts (id, customer_id, status) values ($1, 'C', $2)", [randomUUID(), status]);
    await cart("OPEN");
    await cart("ORDERED");
    await cart("ORDERED");
    await expect(cart("OPEN")).rejects.toThrow("carts_one_open");
  });

  test("a cart has no line of quantity 0, and one line for a reward and a wallet", async () => {
    const [rewardId, cartId] = [randomUUID(), randomUUID()];
    await reward({ id: rewardId });
    await client.query("insert into carts (id, customer_id) values ($1, 'D')", [cartId]);
    const line = (quantity: number) =>
      client.query(
        "insert into cart_lines (id, cart_id, reward_id, quantity, seen_points) values ($1, $2, $3, $4, 1)",
        [randomUUID(), cartId, rewardId, quantity],
      );
    await expect(line(0)).rejects.toThrow("cart_lines_quantity_positive");
    await line(1);
    await expect(line(1)).rejects.toThrow("cart_lines_one_a_wallet");
  });

  test("a code is stored once in a reward's pool", async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    for (const id of [one, two]) await reward({ id, kind: "E_GIFT_VOUCHER", stock: 1 });
    const code = (rewardId: string) =>
      client.query(
        "insert into voucher_codes (id, reward_id, code, code_hash, masked_code) values ($1, $2, 'x', 'hash', 'm')",
        [randomUUID(), rewardId],
      );
    await code(one);
    await code(two);
    await expect(code(one)).rejects.toThrow("voucher_codes_pool_once");
  });
});
