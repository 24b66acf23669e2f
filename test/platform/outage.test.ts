import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type App, startApp } from "../../src/app.ts";
import { readConfig } from "../../src/config/config.ts";
import { type Customer, startTestGateway, type TestGateway, testEnvironment, until } from "../support/gateway.ts";
import { makeCaller } from "../support/graphql.ts";
import { type CapturedLog, captureLog } from "../support/log.ts";
import { addToCart, orderPrepared, orderSettled, placeOrder, readOrder, sendPlaceOrder } from "../support/orders.ts";
import { type OwnPostgres, startOwnPostgres } from "../support/own-postgres.ts";
import { postRaw } from "../support/raw-http.ts";

let postgres: OwnPostgres;
let gateway: TestGateway;
let written: CapturedLog;
beforeAll(async () => {
  [postgres, written] = await Promise.all([startOwnPostgres(), captureLog()]);
  gateway = await startTestGateway({ DATABASE_URL: postgres.url }, { log: written.log });
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await postgres?.[Symbol.asyncDispose]();
});

const readiness = async (url = gateway.url) => {
  const response = await fetch(`${url}/readyz`);
  return [response.status, ((await response.json()) as { status: string }).status];
};
const untilReadiness = (status: string, url?: string) => until(async () => (await readiness(url))[1] === status);
const ship = (orderId: string, lineId: string, status: string) =>
  gateway.operator.ok(
    `mutation ($input: UpdateShipmentInput!) { updateShipment(input: $input) { userErrors { code } } }`,
    { input: { orderId, lineId, status } },
  );
/** An order of merchandise with the warehouse, and a subscription that has received its events so far. */
async function followedOrder() {
  const customer = await gateway.customer({ balance: 1_000 });
  const id = await placeOrder(customer, (await gateway.merchandise({ points: 100 })).id);
  const order = await orderPrepared(customer, id);
  const client = customer.socket();
  const events = client.iterate<{ orderStatus: { seq: number; order: { status: string; lines: unknown[] } } }>({
    query: `subscription ($id: ID!) { orderStatus(orderId: $id, afterSeq: 0) { seq order { status lines { id } } } }`,
    variables: { id },
  });
  const seen: number[] = [];
  const next = async () => {
    const { done, value } = await events.next();
    if (done) return null;
    if (value.errors || !value.data) throw new Error(JSON.stringify(value.errors));
    seen.push(value.data.orderStatus.seq);
    return value.data.orderStatus;
  };
  while (seen.length < order.seq) await next();
  return { id, lineId: order.lines[0]?.id ?? "", seen, next, [Symbol.asyncDispose]: async () => client.dispose() };
}

const unavailable = (message: string) => [{ message, extensions: { code: "SERVICE_UNAVAILABLE", retryable: true } }];
const ANYTHING = "The service is not available right now. Try again in a moment.";
const CHANGES = "Changes are not possible right now. Try again in a moment.";

describe("while PostgreSQL is down", () => {
  test("readiness and errors report it; orders and subscriptions continue by themselves afterwards", async () => {
    await using followed = await followedOrder();
    const customer = await gateway.customer({ balance: 1_000 });
    const held = gateway.fault("redeem", { fault: "hold", commit: true });
    const underWay = await placeOrder(customer, (await gateway.voucher({ points: 200 })).id);
    await gateway.sandbox.faults.held(held);

    await postgres.kill();
    expect(await readiness()).toEqual([503, "the database does not answer"]);
    const inField = await postRaw(gateway.url, { query: "{ rewards { totalCount } }" });
    expect([inField.status, inField.json.errors]).toMatchObject([200, unavailable(ANYTHING)]);
    // The session may have been read a moment ago.
    const stranger = `mutation { requestOtp(input: { customerId: "CUST12345" }) { challengeId } }`;
    expect((await gateway.anonymous.send(stranger)).errors).toMatchObject(unavailable(ANYTHING));
    await until(async () => {
      const authorization = `Bearer ${customer.token}`;
      const { status, headers, json } = await postRaw(gateway.url, { query: "{ me { id } }" }, { authorization });
      if (status === 200) return false;
      expect([status, headers.get("retry-after"), json.errors]).toMatchObject([503, "1", unavailable(ANYTHING)]);
      return true;
    });
    const elsewhere = await fetch(`${gateway.url}/draws/none.jsonl`);
    expect([elsewhere.status, elsewhere.headers.get("retry-after")]).toEqual([503, "1"]);
    gateway.sandbox.faults.release({ id: held.id }); // an answer that cannot be recorded

    await postgres.start();
    await untilReadiness("ready");
    expect(await orderSettled(customer, underWay)).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200]);
    await ship(followed.id, followed.lineId, "SHIPPED");
    expect(await followed.next()).toMatchObject({ order: { status: "PROCESSING" } });
    await ship(followed.id, followed.lineId, "DELIVERED");
    while (await followed.next());
    const { history } = await readOrder(gateway.operator, followed.id);
    expect(followed.seen).toEqual(history.map(({ seq }) => seq));
  });
});

describe("while the database is read-only", () => {
  /** Sends one mutation of each kind, none of which may have an effect. */
  async function refusals(): Promise<void> {
    const reward = "UmV3YXJkOjAwMDAwMDAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMA";
    const customer = customerBefore;
    const senders: [typeof gateway.operator, string][] = [
      [customer, `mutation { clearCart { userErrors { code } } }`],
      [customer, `mutation { placeOrder(input: { idempotencyKey: "read-only-1" }) { order { id } } }`],
      [customer, `mutation { signOut { userErrors { code } } }`],
      [gateway.anonymous, `mutation { requestOtp(input: { customerId: "CUST12345" }) { challengeId } }`],
      [
        gateway.operator,
        `mutation { adjustStock(input: { rewardId: "${reward}", change: { by: 1 } }) { userErrors { code } } }`,
      ],
    ];
    for (const [sender, mutation] of senders) {
      const { errors } = await sender.send(mutation);
      expect([mutation, errors]).toMatchObject([mutation, unavailable(CHANGES)]);
    }
  }
  let customerBefore: Customer;
  let customerWithoutCart: Customer;
  let orderBefore: string;
  beforeAll(async () => {
    [customerBefore, customerWithoutCart] = [await gateway.customer({ balance: 1_000 }), await gateway.customer()];
    const customer = customerBefore;
    const [voucher, lamp] = await Promise.all([gateway.voucher({ points: 50 }), gateway.merchandise({ points: 100 })]);
    orderBefore = await placeOrder(customer, voucher.id);
    await orderSettled(customer, orderBefore);
    await addToCart(customer, lamp.id);
  });

  async function reads(): Promise<void> {
    const customer = customerBefore;
    const read = await customer.ok(
      `query ($id: ID!) { me { wallet { balance available } cart { total lines { quantity } problems { code } } orders { nodes { status } } }
         order(id: $id) { status history { seq } } rewards { totalCount } }`,
      { id: orderBefore },
    );
    expect(read).toMatchObject({ me: { cart: { total: 100 } }, order: { status: "FULFILLED" } });
    // A customer without a cart.
    await customerWithoutCart.ok("{ me { cart { total } } }");
    await gateway.operator.ok("{ orders { totalCount } }"); // its use cannot be in the audit log, so it is in the log
    expect(written.text()).toContain("An operator's use is not in the audit log");
  }
  test("as a standby, errors name it, reads work, mutations are retryable, and no restart is needed", async () => {
    await using followed = await followedOrder();
    const customer = customerBefore;
    const held = gateway.fault("redeem", { fault: "hold", commit: true });
    const waiting = await gateway.customer({ balance: 500 });
    const underWay = await placeOrder(waiting, (await gateway.voucher({ points: 200 })).id);
    await gateway.sandbox.faults.held(held);

    await postgres.stopAtOnce();
    await postgres.start({ asStandby: true });
    await untilReadiness("the database is read-only: the server is a standby");
    expect((await readiness())[0]).toBe(503);
    await reads();
    await refusals();
    gateway.sandbox.faults.release({ id: held.id }); // an answer that cannot be recorded

    const settings = testEnvironment(postgres.url, gateway.sandbox.url);
    const second: App = await startApp(readConfig({ ...settings, SEED: "sample" }), { log: written.log });
    try {
      expect(await readiness(second.url)).toEqual([503, "the database is read-only: the server is a standby"]);
      const there = makeCaller(() => second.url, customer.token);
      expect(await readOrder(there, orderBefore)).toMatchObject({ status: "FULFILLED" });

      await postgres.sql("select pg_promote()");
      await untilReadiness("ready");
      await untilReadiness("ready", second.url);
      expect(await orderSettled(waiting, underWay)).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
      expect(gateway.ledgerOf(waiting)).toEqual([500, -200]);
      const { data } = await sendPlaceOrder(there);
      expect(await orderPrepared(there, data?.placeOrder.order?.id ?? "")).toMatchObject({ total: 100 });
      await ship(followed.id, followed.lineId, "SHIPPED");
      expect(await followed.next()).toMatchObject({ order: { status: "PROCESSING" } });
    } finally {
      await second.stop();
    }
  });

  test("by default_transaction_read_only, the gateway does the same", async () => {
    await addToCart(customerBefore, (await gateway.merchandise({ points: 100 })).id);
    await postgres.sql("alter system set default_transaction_read_only = on");
    await postgres.sql("select pg_reload_conf()");
    await untilReadiness("the database is read-only: default_transaction_read_only is on");
    await reads();
    await refusals();
    await postgres.sql("alter system reset default_transaction_read_only");
    await postgres.sql("select pg_reload_conf()");
    await untilReadiness("ready");
    const customer = customerBefore;
    const { data } = await sendPlaceOrder(customer);
    await orderPrepared(customer, data?.placeOrder.order?.id ?? "");
  });
});
