import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { CrashPoint } from "../../src/platform/crash-point.ts";
import { type MortalGateway, startMortalGateway } from "../support/gateway-process.ts";
import { orderPrepared, orderWhen, placeOrder, readOrder } from "../support/orders.ts";

let gateway: MortalGateway;
beforeAll(async () => {
  gateway = await startMortalGateway();
});
afterEach(() => gateway.sandbox.settings.reset());
afterAll(() => gateway[Symbol.asyncDispose]());

interface Answer {
  cancelOrder: { replayed: boolean; userErrors: { code: string }[] };
}

test.each<[CrashPoint, { replayed: boolean; atDeath: { cancelled: number; returns: number; ledger: number[] } }]>([
  ["cancel:before-commit", { replayed: false, atDeath: { cancelled: 0, returns: 0, ledger: [1_000, -500] } }],
  ["cancel:after-commit", { replayed: true, atDeath: { cancelled: 2, returns: 1, ledger: [1_000, -500] } }],
  ["return:marked", { replayed: true, atDeath: { cancelled: 2, returns: 1, ledger: [1_000, -500] } }],
  ["return:answered", { replayed: true, atDeath: { cancelled: 2, returns: 1, ledger: [1_000, -500, 300] } }],
  ["return:recorded", { replayed: true, atDeath: { cancelled: 2, returns: 1, ledger: [1_000, -500, 300] } }],
])("killed at %s, a cancelled line is refunded once, when the same request is sent again", async (point, expected) => {
  const customer = await gateway.customer({ balance: 1_000 });
  const [cup, lamp] = [
    await gateway.merchandise({ points: 150, stock: 5 }),
    await gateway.merchandise({ points: 200 }),
  ];
  const orderId = await placeOrder(customer, [cup.id, 2], lamp.id);
  const { lines } = await orderPrepared(customer, orderId);
  const lineId = lines.find(({ quantity }) => quantity === 2)?.id;
  const input = { orderId, lineIds: [lineId], idempotencyKey: randomUUID() };
  const cancel = () =>
    customer.send<Answer>(
      `mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { replayed userErrors { code } } }`,
      { input },
    );
  const onRecord = async () => {
    const [row] = await gateway.sql<{ cancelled: number; returns: number }>(
      `select (select count(*)::int from order_units u join order_lines l on l.id = u.line_id join orders o on o.id = l.order_id
         where o.customer_id = $1 and u.state = 'CANCELLED') as cancelled,
       (select count(*)::int from points_movements where customer_id = $1 and kind = 'RETURNED') as returns`,
      [customer.customerId],
    );
    return { ...row, ledger: gateway.ledgerOf(customer) };
  };

  await gateway.dieAt(point, cancel);
  expect(await onRecord()).toEqual(expected.atDeath);

  // A marked return that was not sent is sent again only where the ledger allows it; otherwise an operator decides.
  await gateway.restart({ CLIENT_REVERSE_REPEATABLE: "true" });
  const { data } = await cancel();
  expect(data?.cancelOrder).toEqual({ replayed: expected.replayed, userErrors: [] });
  await orderWhen(customer, orderId, ({ pointsState }) => pointsState === "PARTIALLY_RETURNED");
  expect(await readOrder(customer, orderId)).toMatchObject({ status: "PROCESSING", pointsState: "PARTIALLY_RETURNED" });
  expect(await onRecord()).toEqual({ cancelled: 2, returns: 1, ledger: [1_000, -500, 300] });
  const [{ stock } = {}] = await gateway.sql<{ stock: number }>("select stock from rewards where sku = $1", [cup.sku]);
  expect(stock).toBe(5);
});
