import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { AWARDS_TO_CREDIT } from "../../../src/domain/topics.ts";
import { makeLocalBus } from "../../../src/platform/events.ts";
import { type InProcessGateway, startTestGateway } from "../../support/gateway.ts";
import { orderSettled, placeOrder, readOrder } from "../../support/orders.ts";
import { retriesOfTests } from "../../support/retries.ts";
import { awardsSettled, insertAwards, readAwards } from "../../support/rewards/awards.ts";

/** A balance is evidence of a lost deduction only while no call of ours changes it. */

let gateway: InProcessGateway;
const bus = makeLocalBus();
beforeAll(async () => {
  gateway = await startTestGateway(
    { UPSTREAM_TIMEOUT_MS: "60000" }, // calls are held while other calls run
    { pace: { creditPollMs: 50, retries: retriesOfTests({ credit: { firstPauseMs: 10 } }) }, openBus: async () => bus },
  );
});
afterAll(() => gateway[Symbol.asyncDispose]());
afterEach(() => {
  gateway.sandbox.faults.clear();
  gateway.sandbox.faults.release();
});

async function award(customerId: string, points: number): Promise<string> {
  const [id = ""] = await insertAwards(gateway, [{ customerId, points }]);
  bus.notify(AWARDS_TO_CREDIT);
  return id;
}
const seen = async (id: string) => (await readAwards(gateway, [id]))[0];
const callsOf = (customerId: string) =>
  gateway.sandbox.calls
    .since(0)
    .filter(({ body }) => (body as { customer_id?: string } | null)?.customer_id === customerId)
    .map(({ operation }) => operation)
    .filter((operation) => operation === "credit" || operation === "redeem");

/** Resolves after the worker has scanned all awards once more. */
async function anotherCredit(): Promise<void> {
  const { customerId } = await gateway.customer();
  expect(await awardsSettled(gateway, [await award(customerId, 1)])).toMatchObject([{ state: "CREDITED" }]);
}
/** Resolves after another customer's points have been taken. */
async function anotherDeduction(): Promise<void> {
  const customer = await gateway.customer();
  const reward = await gateway.voucher();
  expect(await orderSettled(customer, await placeOrder(customer, reward.id))).toMatchObject({ status: "FULFILLED" });
}
/** Keeps a call of this award in flight, however slow the machine is. */
const keepInFlight = (id: string) =>
  gateway.sql("update reward_awards set under_way_until = now() + interval '1 hour' where id = $1", [id]);

describe("while a deduction", () => {
  test("is in flight, its customer's award waits", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 200 });
    const call = gateway.fault("redeem", { fault: "hold" });
    const order = await placeOrder(customer, reward.id);
    await gateway.sandbox.faults.held(call);
    const id = await award(customer.customerId, 30);
    await anotherCredit();
    expect(await seen(id)).toMatchObject({ state: "PENDING", attempts: 0 });
    gateway.sandbox.faults.release();
    expect(await orderSettled(customer, order)).toMatchObject({ status: "FULFILLED" });
    expect(await awardsSettled(gateway, [id])).toMatchObject([{ state: "CREDITED", attempts: 1 }]);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200, 30]);
  });

  test.each([
    ["that happened", true, "FULFILLED", [1_000, -200, 200]],
    ["that did not", false, "FAILED", [1_000, 200]],
  ] as const)(
    "%s has an unknown outcome, an award of as many points does not hide it",
    async (_, commit, status, ledger) => {
      const customer = await gateway.customer({ balance: 1_000 });
      const reward = await gateway.voucher({ points: 200 });
      const call = gateway.fault("redeem", { fault: "hold", commit });
      const order = await placeOrder(customer, reward.id);
      await gateway.sandbox.faults.held(call);
      const look = gateway.fault("points", { fault: "hold" });
      gateway.sandbox.faults.release({ id: call.id, with: "drop" });
      await gateway.sandbox.faults.held(look);
      const id = await award(customer.customerId, 200);
      await anotherCredit();
      expect(await seen(id)).toMatchObject({ state: "PENDING", attempts: 0 });
      gateway.sandbox.faults.release({ id: look.id });
      expect(await orderSettled(customer, order)).toMatchObject({ status });
      expect(await awardsSettled(gateway, [id])).toMatchObject([{ state: "CREDITED", attempts: 1 }]);
      expect(gateway.ledgerOf(customer)).toEqual(ledger);
    },
  );
});

describe("while an award", () => {
  test("is in flight, its customer's deduction waits, and the balance after it decides the outcome", async () => {
    const customer = await gateway.customer({ balance: 100 });
    const reward = await gateway.voucher({ points: 80 });
    const call = gateway.fault("credit", { fault: "hold" });
    const id = await award(customer.customerId, 80);
    await gateway.sandbox.faults.held(call);
    await keepInFlight(id);
    const order = await placeOrder(customer, reward.id);
    await anotherDeduction();
    expect(callsOf(customer.customerId)).toEqual(["credit"]);
    gateway.fault("redeem", { fault: "commit-then-drop" });
    gateway.sandbox.faults.release();
    expect(await orderSettled(customer, order)).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
    expect(await seen(id)).toMatchObject({ state: "CREDITED" });
    expect(gateway.ledgerOf(customer)).toEqual([100, 80, -80]);
    expect(callsOf(customer.customerId)).toEqual(["credit", "redeem"]);
  });

  test("has an unknown outcome, the deduction waits until no call can take effect any more, and not longer", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 200 });
    gateway.fault("credit", { fault: "http-500" });
    const repetition = gateway.fault("credit", { fault: "hold" });
    const id = await award(customer.customerId, 30);
    await gateway.sandbox.faults.held(repetition);
    await keepInFlight(id);
    const order = await placeOrder(customer, reward.id);
    await anotherDeduction();
    expect(callsOf(customer.customerId)).toEqual(["credit", "credit"]);
    await gateway.sql("update reward_awards set under_way_until = now() where id = $1", [id]);
    expect(await orderSettled(customer, order)).toMatchObject({ status: "FULFILLED" });
    expect(await seen(id)).toMatchObject({ state: "UNCERTAIN" });
  });
});

test("a deduction inferred not to have happened is detected when it arrives, though an award hides it in the balance", async () => {
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.voucher({ points: 200 });
  const call = gateway.fault("redeem", { fault: "hold" });
  const order = await placeOrder(customer, reward.id);
  await gateway.sandbox.faults.held(call);
  gateway.endTimeouts("redeem");
  expect(await orderSettled(customer, order)).toMatchObject({ status: "FAILED", pointsState: "NOT_TAKEN" });
  await awardsSettled(gateway, [await award(customer.customerId, 200)]);
  gateway.sandbox.faults.release();
  await gateway.until(async () => gateway.ledgerOf(customer).length === 3);
  await gateway.until(async () => {
    await gateway.reconcile();
    return (await readOrder(customer, order)).pointsState === "NEEDS_ATTENTION";
  });
  expect(gateway.ledgerOf(customer)).toEqual([1_000, 200, -200]);
});
