import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { makeTestClock, SECOND } from "../support/clock.ts";
import { type Customer, type InProcessGateway, startTestGateway } from "../support/gateway.ts";
import { addToCart, orderPrepared, orderSettled, orderWhen, placeOrder, readOrder } from "../support/orders.ts";
import { type RepeatingProxy, startRepeatingProxy } from "../support/repeating-proxy.ts";

/** The balance before and after a call outweighs the answer, and outweighs an unknown outcome. */

const REDEEM = "/api/v1/orders/redeem";
const REVERSE = "/api/v1/orders/reverse";
const clock = makeTestClock(new Date().toISOString());
let proxy: RepeatingProxy;
let gateway: InProcessGateway;
beforeAll(async () => {
  proxy = await startRepeatingProxy();
  gateway = await startTestGateway({ CLIENT_SETTLE_SECONDS: "0.05", CLIENT_API_URL: proxy.url }, { clock });
  proxy.forwardTo(gateway.sandbox.url);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
});
afterEach(() => {
  for (const path of [REDEEM, REVERSE]) proxy.repeat(path, 1);
  gateway.sandbox.settings.change({ repeat: "refuse" });
  gateway.sandbox.faults.clear();
  gateway.sandbox.faults.release();
});

const discrepanciesOf = async (orderId: string) => {
  const { order } = await gateway.operator.ok<{ order: { discrepancies: { message: string }[] } }>(
    `query ($id: ID!) { order(id: $id) { discrepancies { message } } }`,
    { id: orderId },
  );
  return order.discrepancies.map(({ message }) => message);
};
const cartOf = async (customer: Customer) => {
  const { me } = await customer.ok<{ me: { cart: { lines: { quantity: number; reward: { id: string } }[] } } }>(
    "{ me { cart { lines { quantity reward { id } } } } }",
  );
  return me.cart.lines.map(({ quantity, reward }) => [reward.id, quantity]);
};
async function cancel(customer: Customer, id: string): Promise<void> {
  await customer.ok(
    `mutation ($id: ID!) { cancelOrder(input: { orderId: $id, idempotencyKey: "cancel-once" }) { userErrors { code } } }`,
    { id },
  );
}

/** Makes the ledger refuse the order's deduction from now on: another customer has used its number. */
async function haveRefused(customer: Customer, id: string): Promise<void> {
  const { number } = await readOrder(customer, id);
  const other = await gateway.customer({ balance: 1 });
  await gateway.callLedger(REDEEM, {
    order_id: number,
    customer_id: other.customerId,
    points_consumed: 1,
    transaction_date: clock.now().toISOString(),
  });
}

describe("a lost answer while another channel grants exactly as many points", () => {
  test.each([
    ["a deduction that happened is found to have happened", true, "FULFILLED", "TAKEN", [1_000, 200, -200]],
    ["one that did not is found not to have happened", false, "FAILED", "NOT_TAKEN", [1_000, 200]],
  ] as const)("%s", async (_, commit, status, pointsState, ledger) => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 200 });
    const call = gateway.fault("redeem", { fault: "hold", commit });
    const id = await placeOrder(customer, reward.id);
    await gateway.sandbox.faults.held(call);
    gateway.sandbox.client.credit(customer.customerId, 200);
    gateway.sandbox.faults.release({ id: call.id, with: "drop" });
    const order = await orderSettled(customer, id);
    expect(order).toMatchObject({ status, pointsState });
    expect(gateway.ledgerOf(customer).toSorted((a, b) => b - a)).toEqual(ledger);
  });

  test.each([
    ["a return that happened is confirmed", true, "RETURNED", [1_000, 200, 200, -200]],
    ["a lost return is escalated, and not mistaken for the grant", false, "NEEDS_ATTENTION", [1_000, 200, -200]],
  ] as const)("%s", async (_, commit, pointsState, ledger) => {
    const customer = await gateway.customer({ balance: 1_000 });
    const id = await placeOrder(customer, (await gateway.merchandise({ points: 200 })).id);
    await orderPrepared(customer, id);
    const call = gateway.fault("reverse", { fault: "hold", commit });
    await cancel(customer, id);
    await gateway.sandbox.faults.held(call);
    gateway.sandbox.client.credit(customer.customerId, 200);
    gateway.sandbox.faults.release({ id: call.id, with: "drop" });
    await orderWhen(customer, id, (event) => event.pointsState === pointsState);
    expect(gateway.ledgerOf(customer).toSorted((a, b) => b - a)).toEqual(ledger);
  });
});

describe("a call that a proxy repeats", () => {
  test("is a deduction that happened, though the second answer is a refusal", async () => {
    proxy.repeat(REDEEM, 2);
    const customer = await gateway.customer({ balance: 1_000 });
    const order = await orderSettled(customer, await placeOrder(customer, (await gateway.voucher({ points: 100 })).id));
    expect(order).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -100]);
    expect(await discrepanciesOf(order.id)).toEqual([]);
  });

  test("is escalated to an operator, where a balance that is too small may explain the refusal", async () => {
    proxy.repeat(REDEEM, 2);
    const customer = await gateway.customer({ balance: 150 });
    const id = await placeOrder(customer, (await gateway.voucher({ points: 100 })).id);
    await orderWhen(customer, id, (event) => event.pointsState === "NEEDS_ATTENTION");
    expect(await discrepanciesOf(id)).toEqual([expect.stringContaining("Duplicate order_id")]);
  });

  test("is reported, where the ledger has taken the points twice", async () => {
    gateway.sandbox.settings.change({ repeat: "double" });
    proxy.repeat(REDEEM, 2);
    const customer = await gateway.customer({ balance: 1_000 });
    const order = await orderSettled(customer, await placeOrder(customer, (await gateway.voucher({ points: 100 })).id));
    expect(order).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -100, -100]);
    expect(await discrepanciesOf(order.id)).toEqual([expect.stringContaining("took the points twice")]);
  });

  test("is a return that was credited, though the second answer is a refusal", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const id = await placeOrder(customer, (await gateway.merchandise({ points: 200 })).id);
    await orderPrepared(customer, id);
    proxy.repeat(REVERSE, 2);
    await cancel(customer, id);
    const order = await orderSettled(customer, id);
    expect(order).toMatchObject({ status: "CANCELLED", pointsState: "RETURNED" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200, 200]);
    expect(await discrepanciesOf(order.id)).toEqual([]);
  });
});

describe("a refusal", () => {
  test("is accepted when the wallet is unchanged, and monitored: a deduction that arrives late is reported", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    gateway.fault("redeem", { fault: "refuse" });
    const id = await placeOrder(customer, (await gateway.voucher({ points: 100 })).id);
    expect(await orderSettled(customer, id)).toMatchObject({ status: "FAILED", pointsState: "NOT_TAKEN" });

    await gateway.spendElsewhere(customer.customerId, 100);
    clock.advance(SECOND);
    await gateway.reconcile();
    expect(await readOrder(customer, id)).toMatchObject({ pointsState: "NEEDS_ATTENTION" });
  });

  test("has an unknown outcome until the wallet can be read", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const call = gateway.fault("redeem", { fault: "hold" });
    const id = await placeOrder(customer, (await gateway.voucher({ points: 100 })).id);
    await gateway.sandbox.faults.held(call);
    gateway.fault("points", { fault: "refuse" });
    await haveRefused(customer, id);
    gateway.sandbox.faults.release({ id: call.id });
    await orderWhen(customer, id, (event) => event.pointsState === "UNCERTAIN");
    expect(await orderSettled(customer, id)).toMatchObject({ status: "FAILED", pointsState: "NOT_TAKEN" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000]);
  });
});

test("a confirmation that the balance does not show is checked again, and then reported", async () => {
  const customer = await gateway.customer({ balance: 1_000 });
  const call = gateway.fault("redeem", { fault: "hold", commit: true });
  const id = await placeOrder(customer, (await gateway.voucher({ points: 100 })).id);
  await gateway.sandbox.faults.held(call);
  // The points come back before the answer, as if they had never been taken.
  const { number } = await readOrder(customer, id);
  const { customerId } = customer;
  await gateway.callLedger(REVERSE, {
    order_id: number,
    customer_id: customerId,
    points_reversed: 100,
    reason: "elsewhere",
  });
  gateway.sandbox.faults.release({ id: call.id });
  expect(await orderSettled(customer, id)).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
  expect(await discrepanciesOf(id)).toEqual([]);

  clock.advance(SECOND);
  await gateway.reconcile();
  expect(await discrepanciesOf(id)).toEqual([expect.stringContaining("does not show it")]);
});

describe("an order that fails and was not charged", () => {
  test("puts its lines back into the cart, beside lines that were added since", async () => {
    const customer = await gateway.customer({ balance: 5_000 });
    const [first, second, third] = [
      await gateway.voucher({ points: 100 }),
      await gateway.voucher({ points: 200 }),
      await gateway.voucher({ points: 300 }),
    ];
    const call = gateway.fault("redeem", { fault: "hold" });
    const id = await placeOrder(customer, [first.id, 2], [second.id, 3]);
    await gateway.sandbox.faults.held(call);
    expect(await cartOf(customer)).toEqual([]);
    await addToCart(customer, third.id, 1);
    await addToCart(customer, second.id, 1);
    await haveRefused(customer, id);
    gateway.sandbox.faults.release({ id: call.id });
    expect(await orderSettled(customer, id)).toMatchObject({ status: "FAILED", pointsState: "NOT_TAKEN" });
    expect(await cartOf(customer)).toEqual([
      [third.id, 1],
      [second.id, 3],
      [first.id, 2],
    ]);
  });

  test("restores the cart after a lost answer too, but not after a charge that was returned", async () => {
    const customer = await gateway.customer({ balance: 5_000 });
    const reward = await gateway.voucher({ points: 100 });
    gateway.fault("redeem", { fault: "drop-before" });
    await orderSettled(customer, await placeOrder(customer, reward.id));
    expect(await cartOf(customer)).toEqual([[reward.id, 1]]);
    await customer.ok("mutation { clearCart { cart { id } } }");

    const parcel = await gateway.merchandise({ points: 100 });
    const id = await placeOrder(customer, parcel.id);
    const { lines } = await orderPrepared(customer, id);
    await gateway.operator.ok(
      `mutation ($input: UpdateShipmentInput!) { updateShipment(input: $input) { userErrors { code } } }`,
      { input: { orderId: id, lineId: lines[0]?.id, status: "REJECTED" } },
    );
    expect(await orderSettled(customer, id)).toMatchObject({ status: "FAILED", pointsState: "RETURNED" });
    expect(await cartOf(customer)).toEqual([]);
  });
});
