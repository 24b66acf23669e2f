import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { orderSettled, placeOrder } from "../support/orders.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const ledgerOf = (customerId: string) => gateway.sandbox.client.ledger(customerId).map((entry) => entry.points);

describe("an order of vouchers", () => {
  test("takes the points once and gives a code for each unit", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 200 });

    const order = await orderSettled(customer, await placeOrder(customer, [reward.id, 3]));

    expect(order).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN", settled: true, total: 600 });
    expect(order.lines[0]).toMatchObject({ status: "FULFILLED", fulfilledQuantity: 3 });
    expect(new Set(order.lines[0]?.vouchers.map((voucher) => voucher.id)).size).toBe(3);
    expect(ledgerOf(customer.customerId)).toEqual([1_000, -600]);
    expect(
      order.history.map(({ seq, status, previousStatus, pointsState }) => [seq, previousStatus, status, pointsState]),
    ).toEqual([
      [1, null, "PENDING", "NOT_TAKEN"],
      [2, "PENDING", "PENDING", "TAKING"],
      [3, "PENDING", "PROCESSING", "TAKEN"],
      [4, "PROCESSING", "FULFILLED", "TAKEN"],
    ]);
  });
});
