import { expect, test } from "vitest";
import { openDb } from "../../src/platform/db.ts";
import { makeExclusive } from "../../src/platform/exclusive.ts";
import { detectPooling } from "../../src/platform/postgres/pooling.ts";
import { cloneDatabase, makeTestGateway, type TestGateway } from "../support/gateway.ts";
import { startGatewayProcess } from "../support/gateway-process.ts";
import { makeCaller } from "../support/graphql.ts";
import { orderPrepared, orderSettled, placeOrder, readOrder } from "../support/orders.ts";
import { startPgBouncer } from "../support/pgbouncer.ts";

/** Two processes behind the pooler: one serves the customer, at the other the order is followed. */
async function ordersThrough(databaseUrl: string, env: Record<string, string>): Promise<void> {
  let other = "";
  await using gateway: TestGateway = await makeTestGateway(
    async (settings) => {
      const through = { ...settings, ...env };
      const processes = await Promise.all([startGatewayProcess(through), startGatewayProcess(through)]);
      other = processes[1].url;
      const stop = async () => void (await Promise.all(processes.map((each) => each.stop())));
      return { url: processes[0].url, stop };
    },
    { DATABASE_URL: databaseUrl },
  );
  const [voucher, lamp] = await Promise.all([
    gateway.voucher({ points: 10, codes: 12 }),
    gateway.merchandise({ points: 5 }),
  ]);
  // Enough at once for statements to meet server connections that have not seen them.
  const placed = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const customer = await gateway.customer({ balance: 1_000 });
      const elsewhere = makeCaller(() => other, customer.token);
      const id = await placeOrder(customer, voucher.id, lamp.id);
      await orderPrepared(elsewhere, id);
      return { customer, elsewhere, id };
    }),
  );
  const [first] = placed;
  if (!first) throw new Error("nothing was placed");
  const { customer, elsewhere, id } = first;
  const followed = orderSettled(elsewhere, id);
  const line = (await readOrder(customer, id)).lines.find(({ shipment }) => shipment);
  for (const status of ["SHIPPED", "DELIVERED"]) {
    await gateway.operator.ok(
      `mutation ($input: UpdateShipmentInput!) { updateShipment(input: $input) { userErrors { code } } }`,
      { input: { orderId: id, lineId: line?.id, status } },
    );
  }
  expect(await followed).toMatchObject({ status: "FULFILLED" });
  for (const { customer } of placed) {
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -15]);
  }
  expect(await gateway.sql("select id from orders where points_state <> 'TAKEN'")).toEqual([]);
  expect((await fetch(`${other}/readyz`)).status).toBe(200);
}

test("without a pooler, sessions and prepared statements persist", async () => {
  expect(await detectPooling(await cloneDatabase())).toEqual({ keepsSessions: true, keepsStatements: true });
});

test("orders go through PgBouncer in session mode", { tags: "pgbouncer" }, async () => {
  const direct = await cloneDatabase();
  await using pooler = await startPgBouncer(direct, "session");
  expect(await detectPooling(pooler.url)).toEqual({ keepsSessions: true, keepsStatements: true });
  // In session mode each connection of the processes takes one of the pooler.
  await ordersThrough(direct, { DATABASE_URL: pooler.url, DATABASE_POOL_SIZE: "6" });
});

test("orders go through PgBouncer in transaction mode, with and without a direct connection beside it", {
  tags: "pgbouncer",
}, async () => {
  const direct = await cloneDatabase();
  await using pooler = await startPgBouncer(direct, "transaction");
  expect((await detectPooling(pooler.url)).keepsSessions).toBe(false);
  await ordersThrough(direct, { DATABASE_URL: pooler.url, DATABASE_LISTEN_URL: direct });
  await ordersThrough(direct, { DATABASE_URL: pooler.url });
});

test("behind PgBouncer in transaction mode, a lock belongs to one process, and statements are found", {
  tags: "pgbouncer",
}, async () => {
  await using pooler = await startPgBouncer(await cloneDatabase(), "transaction");
  const [one, other] = [makeExclusive(pooler.url), makeExclusive(pooler.url)];
  const held = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const first = one.run(
    "test",
    () => {
      held.resolve();
      return release.promise;
    },
    { waitMs: 10_000 },
  );
  await held.promise;
  expect(await other.run("test", async () => "ran", { waitMs: 1 })).toBeNull();
  expect(await one.run("another", async () => "ran", { waitMs: 1 })).toBeNull(); // one connection a process
  release.resolve();
  await first;
  expect(await other.run("test", async () => "ran", { waitMs: 10_000 })).toBe("ran");

  const db = openDb(pooler.url, 4, await detectPooling(pooler.url));
  const sums = Array.from({ length: 40 }, (_, n) =>
    db.$transaction(async (tx) => {
      const [row] = await tx.$queryRaw<{ sum: number }[]>`select ${n}::int + 1 as sum from pg_sleep(0.005)`;
      return row?.sum;
    }),
  );
  expect(await Promise.all(sums)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
  await db.$disconnect();
});
