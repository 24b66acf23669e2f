import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addLine, forFree, groupMember, issuable, issualsOf, orderCart } from "../support/capillary-orders.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { addToCart, orderSettled } from "../support/orders.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ CAPILLARY_INDIVIDUAL_LEDGER: "capillary" });
});
afterAll(() => gateway[Symbol.asyncDispose]());

describe("where the customer's own points are Capillary's", () => {
  test("it takes them with the reward, and the Client is not called for them", async () => {
    const customer = await groupMember(gateway);
    gateway.sandbox.capillary.setBalance({ customer: customer.customerId, points: 500 });
    const treat = await issuable(gateway, { points: 150 });
    await addToCart(customer, (await gateway.voucher({ points: 200 })).id);
    await addLine(customer, treat, { quantity: 2 });

    const order = await orderSettled(customer, await orderCart(customer));

    expect(order).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200]);
    expect(gateway.sandbox.capillary.balance(customer.customerId)).toBe(200);
    expect(order.pointsTrail.map(({ points, state }) => [points, state])).toEqual([
      [200, "CONFIRMED"],
      [150, "CONFIRMED"],
      [150, "CONFIRMED"],
    ]);
  });

  test("nothing is given for nothing that has a price", async () => {
    const bait = await issuable(gateway, { points: 150, paymentConfigs: [forFree()] });
    const { reward } = await gateway.operator.ok<{ reward: object }>(
      "query ($id: ID) { reward(id: $id) { payableWith } }",
      { id: bait.id },
    );
    expect(reward).toEqual({ payableWith: [] });
  });

  test("a refusal took nothing anywhere", async () => {
    const customer = await groupMember(gateway);
    gateway.sandbox.capillary.setBalance({ customer: customer.customerId, points: 500 });
    await addLine(customer, await issuable(gateway, { points: 150 }));
    gateway.sandbox.faults.add({ upstream: "capillary", operation: "issue", fault: "refuse", code: 12005 });
    const order = await orderSettled(customer, await orderCart(customer));
    expect(order).toMatchObject({ status: "FAILED", pointsState: "NOT_TAKEN" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000]);
    expect(issualsOf(gateway, customer)).toEqual([]);
  });
});
