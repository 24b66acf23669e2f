import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FaultScript } from "../../sandbox/faults.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { orderPrepared, orderSettled, placeOrder } from "../support/orders.ts";

/** With CLIENT_REDEEM_REPEATABLE and CLIENT_REVERSE_REPEATABLE, a call without an answer is repeated. */

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ CLIENT_REDEEM_REPEATABLE: "true", CLIENT_REVERSE_REPEATABLE: "true" });
});
afterAll(() => gateway[Symbol.asyncDispose]());

describe("a deduction whose answer is lost, where the ledger is idempotent", () => {
  test.each<FaultScript["fault"]>(["commit-then-drop", "drop-before", "http-500", "rate-limit"])(
    "is sent again under the same order number after %s, and taken once",
    async (kind) => {
      gateway.sandbox.settings.change({ repeat: "accept" });
      const customer = await gateway.customer({ balance: 1_000 });
      const reward = await gateway.voucher({ points: 200 });
      gateway.fault("redeem", { fault: kind });

      const order = await orderSettled(customer, await placeOrder(customer, reward.id));

      expect(order).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
      expect(order.pointsTrail).toMatchObject([{ state: "CONFIRMED", attempts: 2 }]);
      expect(gateway.ledgerOf(customer)).toEqual([1_000, -200]);
      const [first, second, ...more] = gateway.callsFor("redeem", order);
      expect(more).toEqual([]);
      expect(second?.body).toEqual(first?.body);
    },
  );

  test("is decided by the balance when every repetition is lost as well", async () => {
    gateway.sandbox.settings.change({ repeat: "accept" });
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 200 });
    gateway.fault("redeem", { fault: "commit-then-drop", times: 5 });
    const order = await orderSettled(customer, await placeOrder(customer, reward.id));
    expect(order).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200]);
  });
});

describe("a deduction whose repetition the ledger refuses", () => {
  test("is not recorded as refused: the first call may have happened", async () => {
    gateway.sandbox.settings.change({ repeat: "refuse" });
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 200 });
    gateway.fault("redeem", { fault: "commit-then-drop" });
    const order = await orderSettled(customer, await placeOrder(customer, reward.id));
    expect(order).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200]);
  });
});

describe("a return of points whose answer is lost", () => {
  test.each<FaultScript["fault"]>(["commit-then-drop", "drop-before", "http-500"])(
    "is sent again after %s, and credited once",
    async (kind) => {
      gateway.sandbox.settings.change({ repeat: "accept" });
      const customer = await gateway.customer({ balance: 1_000 });
      const reward = await gateway.merchandise({ points: 200 });
      const id = await placeOrder(customer, reward.id);
      await orderPrepared(customer, id);
      gateway.fault("reverse", { fault: kind });

      await customer.ok(
        `mutation ($id: ID!) { cancelOrder(input: { orderId: $id, idempotencyKey: "cancel-once" }) { userErrors { code } } }`,
        { id },
      );
      const order = await orderSettled(customer, id);

      expect(order).toMatchObject({ status: "CANCELLED", pointsState: "RETURNED" });
      expect(gateway.ledgerOf(customer)).toEqual([1_000, -200, 200]);
      const [first, second] = gateway.callsFor("reverse", order);
      expect(second?.body).toEqual(first?.body);
    },
  );
});
