import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { makeLocalBus } from "../../../src/platform/events.ts";
import { AWARDS_TO_CREDIT } from "../../../src/reward-processor/credit/topic.ts";
import { startTestGateway, type TestGateway } from "../../support/gateway.ts";
import { orderSettled, orderWhen, placeOrder, readOrder } from "../../support/orders.ts";
import { awardsSettled, insertAwards, readAwards } from "../support/awards.ts";

vi.setConfig({ testTimeout: 120_000 });

/** A balance is evidence of a lost deduction only while nothing of ours changes it. */

let gateway: TestGateway;
const bus = makeLocalBus();
beforeAll(async () => {
  gateway = await startTestGateway(
    { UPSTREAM_TIMEOUT_MS: "600", CLIENT_SETTLE_SECONDS: "0.4" },
    { creditPollMs: 200, reconcileEveryMs: 100, openBus: async () => bus },
  );
});
afterAll(() => gateway[Symbol.asyncDispose]());

async function award(customerId: string, points: number): Promise<string> {
  const [id = ""] = await insertAwards(gateway, [{ customerId, points }]);
  bus.ring(AWARDS_TO_CREDIT);
  return id;
}
const stateOf = async (id: string) => (await readAwards(gateway, [id]))[0]?.state;
const callsOf = (customerId: string) =>
  gateway.sandbox.calls
    .since(0)
    .filter(({ body }) => (body as { customer_id?: string } | null)?.customer_id === customerId)
    .map(({ operation }) => operation)
    .filter((operation) => operation === "credit" || operation === "redeem");

describe("while a deduction", () => {
  test("is under way, its customer's award waits", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 200 });
    gateway.fault("redeem", { fault: "delay", delayMs: 400 });
    const order = await placeOrder(customer, reward.id);
    await gateway.sandbox.calls.waitFor(
      ({ operation, outcome, body }) =>
        operation === "redeem" &&
        outcome === "pending" &&
        (body as { customer_id: string }).customer_id === customer.customerId,
    );
    const id = await award(customer.customerId, 30);
    await delay(200);
    expect(await readAwards(gateway, [id])).toMatchObject([{ state: "PENDING", attempts: 0 }]);
    expect(await orderSettled(customer, order)).toMatchObject({ status: "FULFILLED" });
    expect(await awardsSettled(gateway, [id])).toMatchObject([{ state: "CREDITED", attempts: 1 }]);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200, 30]);
  });

  test.each([
    ["that happened", { fault: "commit-then-drop" }, "FULFILLED", [1_000, -200, 200]],
    ["that did not", { fault: "drop-before" }, "FAILED", [1_000, 200]],
  ] as const)("%s is in doubt, an award of as many points does not hide it", async (_, script, status, ledger) => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 200 });
    gateway.fault("redeem", script);
    const order = await placeOrder(customer, reward.id);
    await orderWhen(customer, order, ({ pointsState }) => pointsState === "UNCERTAIN");
    const id = await award(customer.customerId, 200);
    expect(await orderSettled(customer, order)).toMatchObject({ status });
    expect(await awardsSettled(gateway, [id])).toMatchObject([{ state: "CREDITED", attempts: 1 }]);
    expect(gateway.ledgerOf(customer)).toEqual(ledger);
  });
});

describe("while an award", () => {
  test("is under way, its customer's deduction waits, and is judged by the balance after it", async () => {
    const customer = await gateway.customer({ balance: 100 });
    const reward = await gateway.voucher({ points: 80 });
    gateway.fault("credit", { fault: "delay", delayMs: 400 });
    const id = await award(customer.customerId, 80);
    await gateway.until(async () => callsOf(customer.customerId).length === 1);
    gateway.fault("redeem", { fault: "commit-then-drop" });
    const order = await placeOrder(customer, reward.id);
    expect(await orderSettled(customer, order)).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
    expect(await stateOf(id)).toBe("CREDITED");
    expect(gateway.ledgerOf(customer)).toEqual([100, 80, -80]);
    expect(callsOf(customer.customerId)).toEqual(["credit", "redeem"]);
  });

  test("is in doubt, the deduction waits until no call can take effect any more, and not for longer", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 200 });
    gateway.fault("credit", { fault: "http-500", times: 7 });
    const id = await award(customer.customerId, 30);
    await gateway.until(async () => callsOf(customer.customerId).length > 2);
    const order = await placeOrder(customer, reward.id);
    expect(await orderSettled(customer, order)).toMatchObject({ status: "FULFILLED" });
    expect(await stateOf(id)).toBe("UNCERTAIN");
    gateway.sandbox.faults.clear();
  });
});

test("a deduction believed not to have happened is seen when it does, though an award has made up for it", async () => {
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.voucher({ points: 200 });
  gateway.fault("redeem", { fault: "delay", delayMs: 2_500 });
  const order = await placeOrder(customer, reward.id);
  expect(await orderSettled(customer, order)).toMatchObject({ status: "FAILED", pointsState: "NOT_TAKEN" });
  // The older the conclusion, the rarer the looks: the next comes when both have happened.
  await gateway.sql(
    "update points_movements set settled_at = settled_at - interval '3 seconds' where customer_id = $1",
    [customer.customerId],
  );
  await awardsSettled(gateway, [await award(customer.customerId, 200)]);
  await gateway.until(async () => (await readOrder(customer, order)).pointsState === "NEEDS_ATTENTION");
  expect(gateway.ledgerOf(customer)).toEqual([1_000, 200, -200]);
});
