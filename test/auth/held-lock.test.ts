import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { uuidOf } from "../../src/graphql/global-id.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { orderSettled, placeOrder } from "../support/orders.ts";
import { requestOtp } from "../support/sign-in.ts";

let gateway: TestGateway;
let holder: pg.Client;
beforeAll(async () => {
  gateway = await startTestGateway({ DATABASE_POOL_SIZE: "8", TRUST_PROXY: "127.0.0.1" });
  holder = new pg.Client({ connectionString: gateway.databaseUrl });
  await holder.connect();
});
afterAll(async () => {
  await holder.end();
  await gateway[Symbol.asyncDispose]();
});

const isServed = async () => {
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  expect((await gateway.anonymous.send("{ rewards { totalCount } }")).errors).toBeUndefined();
};
/** How many of the gateway's connections wait for a lock. */
const waiting = async () => {
  const [row] = await gateway.sql<{ count: number }>(
    "select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  );
  return row?.count ?? 0;
};

test("many requests for one customer's password while its lock is held use one connection", async () => {
  await holder.query("begin");
  await holder.query("select pg_advisory_xact_lock(hashtext('otp.customer'), hashtext('C-held'))");
  const asking = Array.from({ length: 20 }, (_, nth) =>
    requestOtp(gateway, "C-held", { "x-forwarded-for": `10.6.0.${nth}` }),
  );
  await gateway.until(async () => (await waiting()) === 1);
  await isServed();
  expect((await requestOtp(gateway, "C-other", { "x-forwarded-for": "10.6.1.1" })).userErrors).toEqual([]);

  // A request is served and five wait; the others are refused at once.
  await holder.query("commit");
  const answers = await Promise.all(asking);
  const throttled = answers.filter(({ userErrors }) => userErrors[0]?.code === "OTP_THROTTLED");
  expect(throttled.length).toBeGreaterThanOrEqual(14);
});

test("many simultaneous cart changes of one customer use one connection", async () => {
  const customer = await gateway.customer();
  const reward = await gateway.voucher({ points: 10 });
  await placeOrder(customer, reward.id);
  const add = `mutation { addToCart(input: { rewardId: "${reward.id}" }) { userErrors { code } } }`;
  await customer.ok(add);
  await holder.query("begin");
  await holder.query("select from carts where customer_id = $1 and status = 'OPEN' for update", [customer.customerId]);
  const adding = Array.from({ length: 12 }, () => customer.send(add));
  await gateway.until(async () => (await waiting()) === 1);
  await isServed();
  await holder.query("commit");
  for (const { errors } of await Promise.all(adding)) expect(errors).toBeUndefined();
});

test("many simultaneous order placements and cancellations of one customer use two connections", async () => {
  const customer = await gateway.customer();
  const reward = await gateway.voucher({ points: 10 });
  const earlier = await placeOrder(customer, reward.id);
  await orderSettled(customer, earlier); // its job locks the same two rows, in another sequence
  await customer.ok(`mutation { addToCart(input: { rewardId: "${reward.id}" }) { userErrors { code } } }`);
  await holder.query("begin");
  await holder.query("select from customers where customer_id = $1 for update", [customer.customerId]);
  await holder.query("select from orders where id = $1 for update", [uuidOf("Order", earlier)]);
  const place = `mutation ($key: String!) { placeOrder(input: { idempotencyKey: $key }) { order { id } userErrors { code } } }`;
  const cancel = `mutation ($id: ID!, $key: String!) {
    cancelOrder(input: { orderId: $id, idempotencyKey: $key }) { userErrors { code } }
  }`;
  const keys = Array.from({ length: 10 }, () => randomUUID());
  const asking = keys.flatMap((key) => [customer.send(place, { key }), customer.send(cancel, { key, id: earlier })]);
  await gateway.until(async () => (await waiting()) === 2);
  await isServed();
  await holder.query("commit");
  for (const { errors } of await Promise.all(asking)) expect(errors).toBeUndefined();
});
