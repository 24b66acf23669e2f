import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { openDb } from "../../src/platform/db.ts";
import { makeSweep } from "../../src/program/retention.ts";
import { DAY, makeTestClock } from "../support/clock.ts";
import { type Customer, startTestGateway } from "../support/gateway.ts";
import { orderSettled, placeOrder, readOrder } from "../support/orders.ts";

const days = {
  challenges: 1,
  sessions: 1,
  idempotencyKeys: 1,
  deliveries: 1,
  addresses: 1,
  messages: 1,
  quarantine: 1,
  ledgerEntries: 1,
};

test("an order of ten years ago is shown whole after every sweep, and is reversed once, for its points", async () => {
  const clock = makeTestClock();
  await using gateway = await startTestGateway({}, { clock });
  const customerId = `C-${randomUUID()}`;
  const then = await gateway.customer({ customerId, balance: 1_000 });
  const reward = await gateway.voucher({ points: 100, limitPerCustomer: 2 });
  const id = await placeOrder(then, [reward.id, 2]);
  const placed = await orderSettled(then, id);
  expect(placed).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });

  clock.advance(10 * 365 * DAY);
  const db = openDb(gateway.databaseUrl, 2);
  await makeSweep({ db, clock, days })();
  await db.$disconnect();
  expect(await gateway.sql("select from cart_lines")).toEqual([]); // it has swept
  await gateway.reconcile();

  const now: Customer = await gateway.customer({ customerId });
  expect(await readOrder(now, id)).toEqual(placed);
  const { me } = await now.ok<{ me: Record<"orders" | "vouchers", { nodes: object[] }> }>(
    "{ me { orders(first: 5) { nodes { id } } vouchers(first: 5) { nodes { id } } } }",
  );
  expect(me.orders.nodes).toEqual([{ id }]);
  expect(me.vouchers.nodes).toHaveLength(2);

  const reverse = async () => {
    const { reverseOrder } = await gateway.operator
      .send<{ reverseOrder: { userErrors: { code: string }[] } }>(
        "mutation ($input: ReverseOrderInput!) { reverseOrder(input: $input) { userErrors { code } } }",
        { input: { orderId: id, reason: "VENDOR_REJECTION", idempotencyKey: randomUUID() } },
      )
      .then(({ data }) => data as { reverseOrder: { userErrors: { code: string }[] } });
    return reverseOrder.userErrors.map(({ code }) => code);
  };
  expect(await reverse()).toEqual([]);
  expect(await orderSettled(now, id)).toMatchObject({ pointsState: "RETURNED" });
  expect(await reverse()).not.toEqual([]);
  await gateway.reconcile();
  expect(gateway.ledgerOf(now)).toEqual([1_000, -200, 200]);
  expect(await gateway.operator.ok("{ orders(filter: { openDiscrepancies: true }) { nodes { id } } }")).toEqual({
    orders: { nodes: [] },
  });
});
