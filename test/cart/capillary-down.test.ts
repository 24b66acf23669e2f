import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { changeCart, mirroredReward, newGroup, readCart, syncCatalog } from "../support/capillary.ts";
import { type Customer, type InProcessGateway, startTestGateway } from "../support/gateway.ts";
import { sendPlaceOrder } from "../support/orders.ts";

let gateway: InProcessGateway;
let customer: Customer;
let popcorn: string;
let byFamily: object;
beforeAll(async () => {
  gateway = await startTestGateway();
  await syncCatalog(gateway);
  popcorn = await mirroredReward(gateway, 15465);
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(async () => {
  gateway.sandbox.faults.clear();
  gateway.closeCircuits();
  customer = await gateway.customer();
  gateway.sandbox.capillary.addCustomer({ externalId: customer.customerId });
  byFamily = { payWith: "GROUP", groupWalletId: newGroup(gateway, { members: [customer], points: 500 }) };
});

const add = (input: object, wanted?: string) => changeCart(customer, "addToCart", input, wanted);
const breakDown = (operation = "*") =>
  gateway.sandbox.faults.add({ upstream: "capillary", operation, fault: "http-500", times: 100 });
const placed = async () =>
  (
    await gateway.sql<{ orders: number }>("select count(*)::int as orders from orders where customer_id = $1", [
      customer.customerId,
    ])
  )[0]?.orders;

test("a cart of own points is unaffected, and can be ordered", async () => {
  breakDown();
  const { id } = await gateway.voucher();
  await add({ rewardId: id });
  expect(await readCart(customer)).toMatchObject({ funding: [{ points: 100 }], problems: [], readyToOrder: true });
  const { data } = await sendPlaceOrder(customer);
  expect(data?.placeOrder).toMatchObject({ order: {}, userErrors: [] });
});

test("a group's balance is unknown, and its lines cannot be ordered: no points are taken, no order is made", async () => {
  const { id } = await gateway.voucher();
  await add({ rewardId: id });
  await add({ rewardId: popcorn, ...byFamily });
  breakDown();
  const cart = await readCart(customer, "funding { payWith available shortBy } problems { code } readyToOrder");
  expect(cart).toEqual({
    funding: [
      { payWith: "INDIVIDUAL", available: 10_000, shortBy: null },
      { payWith: "GROUP", available: null, shortBy: null },
    ],
    problems: [{ code: "UPSTREAM_UNAVAILABLE" }, { code: "WALLET_UNAVAILABLE" }],
    readyToOrder: false,
  });
  const { data } = await sendPlaceOrder(customer);
  expect(data?.placeOrder).toMatchObject({
    order: null,
    userErrors: [{ code: "UPSTREAM_UNAVAILABLE" }, { code: "UPSTREAM_UNAVAILABLE" }],
  });
  expect(await placed()).toBe(0);
  expect(gateway.ledgerOf(customer)).toEqual([10_000]);
});

test.each(["get", "customers", "user-reward", "isredeemable"])(
  "no order is made without the answer of %s",
  async (operation) => {
    await add({ rewardId: popcorn, ...byFamily });
    breakDown(operation);
    const { data } = await sendPlaceOrder(customer);
    expect(data?.placeOrder.order).toBeNull();
    expect(new Set(data?.placeOrder.userErrors.map(({ code }) => code))).toEqual(new Set(["UPSTREAM_UNAVAILABLE"]));
    expect(await placed()).toBe(0);
  },
);

test("a refused order does not consume its idempotency key", async () => {
  await add({ rewardId: await mirroredReward(gateway, 15470) });
  const idempotencyKey = randomUUID();
  gateway.sandbox.faults.add({ upstream: "capillary", operation: "user-reward", fault: "http-500" });
  const first = await sendPlaceOrder(customer, { idempotencyKey });
  expect(first.data?.placeOrder.userErrors).toMatchObject([{ code: "UPSTREAM_UNAVAILABLE" }]);
  const second = await sendPlaceOrder(customer, { idempotencyKey });
  expect(second.data?.placeOrder).toMatchObject({ order: {}, replayed: false });
});

test("a group is not accepted, because the customer might not be a member", async () => {
  breakDown();
  expect(await add({ rewardId: popcorn, ...byFamily }, "lines { id }")).toMatchObject({
    cart: { lines: [] },
    userErrors: [{ code: "UPSTREAM_UNAVAILABLE", field: ["input", "groupWalletId"] }],
  });
});

test("a reward for own points goes into the cart, and is checked when it is ordered", async () => {
  const rewardId = await mirroredReward(gateway, 15470);
  breakDown();
  expect(await add({ rewardId }, "lines { quantity } problems { code }")).toMatchObject({
    cart: { lines: [{ quantity: 1 }], problems: [{ code: "UPSTREAM_UNAVAILABLE" }] },
    userErrors: [],
  });
});

test("a quantity can still be reduced, and a line removed", async () => {
  const { cart } = await add({ rewardId: popcorn, quantity: 5, ...byFamily });
  breakDown();
  const lineId = cart?.lines[0]?.id;
  const less = await changeCart(customer, "updateCartLine", { lineId, quantity: 2 }, "lines { quantity }");
  expect(less).toMatchObject({ cart: { lines: [{ quantity: 2 }] }, userErrors: [] });
  const none = await changeCart(customer, "removeCartLine", { lineId }, "lines { quantity }");
  expect(none).toMatchObject({ cart: { lines: [] }, userErrors: [] });
});
