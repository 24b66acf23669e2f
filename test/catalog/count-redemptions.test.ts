import { randomUUID } from "node:crypto";
import pg from "pg";
import { expect, test } from "vitest";
import { countRedemptions } from "../../src/catalog/count-redemptions.ts";
import { openDb } from "../../src/platform/db.ts";
import { cloneDatabase, startTestGateway } from "../support/gateway.ts";
import { orderPrepared, placeOrder } from "../support/orders.ts";

test("redeemed units count for a reward's popularity, each once", async () => {
  await using gateway = await startTestGateway();
  const customer = await gateway.customer({ balance: 5_000 });
  const [codes, parcels, other] = [
    await gateway.voucher({ points: 10, codes: 2 }),
    await gateway.merchandise({ points: 10, stock: 5 }),
    await gateway.voucher({ points: 10 }),
  ];
  await orderPrepared(customer, await placeOrder(customer, [codes.id, 2], [parcels.id, 3]));
  const popularity = () =>
    gateway.sql("select popularity from rewards where sku = any($1) order by array_position($1, sku)", [
      [codes.sku, parcels.sku, other.sku],
    ]);
  await Promise.all([gateway.reconcile(), gateway.reconcile()]);
  await gateway.reconcile();
  expect(await popularity()).toEqual([{ popularity: 2 }, { popularity: 3 }, { popularity: 0 }]);
});

test("each reward is locked separately, which cannot deadlock with an order of several rewards", async () => {
  const url = await cloneDatabase();
  const db = openDb(url, 2);
  const order = new pg.Client({ connectionString: url });
  await order.connect();
  const ids = Array.from({ length: 6 }, () => randomUUID());
  for (const id of ids) {
    await order.query(
      `insert into rewards (id, sku, name, description, kind, points, brand, category, image_url)
       values ($1::uuid, $1::text, 'Reward', '', 'MERCHANDISE', 10, 'Brand', 'Category', '/none.svg')`,
      [id],
    );
    await order.query("insert into redemptions_to_count (reward_id, units) values ($1, 2)", [id]);
  }
  await order.query("begin");
  await order.query("select from rewards where id = $1 for no key update", [ids[0]]);
  const counted = countRedemptions(db);
  const isWaiting = async () =>
    (
      await db.$queryRaw<
        unknown[]
      >`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    ).length;
  await expect.poll(isWaiting).toBe(1);
  // The transaction that waits for one reward holds none of the others.
  await order.query("select from rewards where id = any($1) for no key update nowait", [ids]);
  await order.query("commit");
  await counted;
  expect((await order.query("select distinct popularity from rewards")).rows).toEqual([{ popularity: 2 }]);
  await order.end();
  await db.$disconnect();
});
