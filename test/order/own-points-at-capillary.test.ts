import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callsOf, changeCart, mirroredReward, refusalFields, syncCatalog } from "../support/capillary.ts";
import { addLine, forFree, groupMember, issuable, issualsOf, orderCart } from "../support/capillary-orders.ts";
import { type Customer, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { addToCart, orderSettled } from "../support/orders.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ CAPILLARY_INDIVIDUAL_LEDGER: "capillary" });
  await syncCatalog(gateway);
});
afterAll(() => gateway[Symbol.asyncDispose]());

async function add(customer: Customer, rewardId: string, quantity = 1) {
  expect((await changeCart(customer, "addToCart", { rewardId, quantity })).userErrors).toEqual([]);
}
const dryRun = async (customer: Customer) =>
  (
    await customer.send<{ placeOrder: object }>(
      `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) {
        preview { funding { payWith points available remaining } } userErrors { ${refusalFields} } } }`,
      { input: { idempotencyKey: randomUUID(), dryRun: true } },
    )
  ).data?.placeOrder;

test("Capillary is asked once whether its rewards could be paid from own points; the funding stays one row", async () => {
  const customer = await gateway.customer({ customerId: "CUST12345" });
  const { id } = await gateway.voucher({ points: 10 });
  await add(customer, id);
  await add(customer, await mirroredReward(gateway, 15465), 5);
  await add(customer, await mirroredReward(gateway, 15480));
  const calls = await callsOf(gateway, async () => {
    expect(await dryRun(customer)).toMatchObject({
      userErrors: [],
      preview: { funding: [{ payWith: "INDIVIDUAL", points: 115, available: 3_500, remaining: 3_385 }] },
    });
  });
  expect(calls).toEqual({ get: 1, "user-reward": 2, isredeemable: 1 });
  const asked = gateway.sandbox.calls.since(0).findLast(({ operation }) => operation === "isredeemable");
  expect(asked?.query).toMatchObject({ external_id: "CUST12345", points: "105" });
  expect(JSON.stringify(asked?.query)).not.toContain("user_group2");
});

test("too few points at Capillary are a refusal", async () => {
  const customer = await gateway.customer({ customerId: "CUST67890" });
  await add(customer, await mirroredReward(gateway, 15470), 3);
  expect(await dryRun(customer)).toMatchObject({
    userErrors: [{ __typename: "NotRedeemable", code: "INSUFFICIENT_POINTS", upstreamCode: "818" }],
  });
  const query = "query ($id: ID!) { reward(id: $id) { redeemability { redeemable reasons } } }";
  const redeemability = async (number: number) =>
    (await customer.ok<{ reward: object }>(query, { id: await mirroredReward(gateway, number) })).reward;
  expect(await redeemability(15476)).toEqual({
    redeemability: { redeemable: false, reasons: ["INSUFFICIENT_POINTS"] },
  });
  expect(await redeemability(15470)).toEqual({ redeemability: { redeemable: true, reasons: [] } });
});

describe("where Capillary holds the customer's own points", () => {
  test("Capillary takes them with the reward, and the Client is not called for them", async () => {
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

  test("a reward with a price is not issued under the free payment option", async () => {
    const bait = await issuable(gateway, { points: 150, paymentConfigs: [forFree()] });
    const { reward } = await gateway.operator.ok<{ reward: object }>(
      "query ($id: ID) { reward(id: $id) { payableWith } }",
      { id: bait.id },
    );
    expect(reward).toEqual({ payableWith: [] });
  });

  test("a refusal takes no points at either side", async () => {
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
