import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { orderPrepared, orderSettled, placeOrder, readOrder } from "../support/orders.ts";
import { idleInBackground, queriesOf } from "../support/sql-spy.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({}, idleInBackground);
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Told {
  seq: number;
  data: { orderId: string; orderNumber: string; orderSeq: number; status: string; previousStatus: string | null };
}
const toldTo = (customerId: string) =>
  gateway.sql<Told>(
    "select seq, data from member_events where customer_id = $1 and type = 'ORDER_STATUS_CHANGED' order by seq",
    [customerId],
  );

test("every event of an order is published to its customer, in the same order", async () => {
  const customer = await gateway.customer();
  const id = await placeOrder(customer, (await gateway.voucher()).id);
  await orderSettled(customer, id);
  const { history, number } = await readOrder(customer, id);
  const told = await toldTo(customer.customerId);
  expect(told.map(({ data }) => data)).toEqual(
    history.map(({ seq, status, previousStatus, pointsState }) => ({
      orderId: Buffer.from(id, "base64url").toString().replace("Order:", ""),
      orderNumber: number,
      orderSeq: seq,
      status,
      previousStatus,
      pointsState,
      lineId: null,
    })),
  );
});

test("publishing adds no query to an order", async () => {
  const customer = await gateway.customer();
  const reward = await gateway.voucher();
  const queries = await queriesOf(async () => {
    await orderSettled(customer, await placeOrder(customer, reward.id));
  }, /member_events|member_feeds|tell_member/);
  expect(queries).toEqual([]);
  expect(await toldTo(customer.customerId)).toHaveLength(4);
});

test("many concurrent orders of one customer publish without a gap and without a deadlock", async () => {
  const customer = await gateway.customer({ balance: 1_000_000 });
  const cup = await gateway.merchandise({ points: 10, stock: null });
  const ids: string[] = [];
  for (let order = 0; order < 12; order += 1) ids.push(await placeOrder(customer, cup.id));
  const deadlocks = async () =>
    (
      await gateway.sql<{ n: string }>("select deadlocks as n from pg_stat_database where datname = current_database()")
    )[0]?.n;
  const before = await deadlocks();
  const settled = await Promise.all(
    ids.map(async (id) => {
      await orderPrepared(customer, id); // while its points are being taken, the order cannot be cancelled
      const { data, errors } = await customer.send<{ cancelOrder: { userErrors: object[] } }>(
        "mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { userErrors { code } } }",
        { input: { orderId: id, idempotencyKey: `cancel-${id}` } },
      );
      expect(errors).toBeUndefined();
      expect(data?.cancelOrder.userErrors).toEqual([]);
      return orderSettled(customer, id);
    }),
  );
  expect(await deadlocks()).toBe(before);
  const told = await toldTo(customer.customerId);
  expect(told.map(({ seq }) => seq)).toEqual(told.map((_, index) => index + 1));
  expect(told).toHaveLength(settled.reduce((sum, { seq }) => sum + seq, 0));
  for (const { number, seq } of settled) {
    const own = told.filter(({ data }) => data.orderNumber === number).map(({ data }) => data.orderSeq);
    expect(own).toEqual(Array.from({ length: seq }, (_, index) => index + 1));
  }
});
