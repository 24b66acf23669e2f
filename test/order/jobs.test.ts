import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { addLine, forFree, forPoints, groupMember, issuable, orderCart } from "../support/capillary-orders.ts";
import { type InProcessGateway, startTestGateway } from "../support/gateway.ts";
import { addToCart, orderSettled, orderWhen, placeOrder } from "../support/orders.ts";
import { retriesOfTests } from "../support/retries.ts";

const uuidOf = (globalId: string) => Buffer.from(globalId, "base64url").toString().split(":")[1];
const jobsOf = (orderId: string) =>
  gateway.sql<{ id: string; owner: string | null }>("select id, owner from jobs where input ->> 'orderId' = $1", [
    uuidOf(orderId),
  ]);
const emptyPool = (reward: { id: string }) =>
  gateway.sql("update voucher_codes set state = 'EXPIRED' where reward_id = $1", [uuidOf(reward.id)]);

/** The jobs that process an order. Recorded state continues to be processed even when the job that wrote it is lost. */

const hour = 3_600_000;
const retries = retriesOfTests({ issue: { firstPauseMs: 1 } });
const pauseIssuesFor = (ms: number) => {
  for (const policy of [retries.issue, retries.unknownIssue, retries.revoke]) policy.firstPauseMs = ms;
};
let gateway: InProcessGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ CLIENT_SETTLE_SECONDS: "0.05" }, { pace: { retries, jobSlots: 8 } });
});
afterAll(() => gateway[Symbol.asyncDispose]());
afterEach(() => gateway.sandbox.faults.clear());

test("a confirmed deduction stays recorded though the step after it fails, and that step is done later", async () => {
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.voucher({ points: 300 });
  await gateway.sql(
    `
    create function broken() returns trigger language plpgsql as $$ begin raise exception 'the pool is broken'; end $$`,
    [],
  );
  await gateway.sql("create trigger broken before update on voucher_codes for each row execute function broken()", []);
  const id = await placeOrder(customer, reward.id);
  const order = await orderWhen(customer, id, ({ status }) => status === "PROCESSING");
  expect(order).toMatchObject({ status: "PROCESSING", pointsState: "TAKEN", pointsTrail: [{ state: "CONFIRMED" }] });

  await gateway.sql("drop trigger broken on voucher_codes", []);
  expect(await orderSettled(customer, id)).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
  expect(gateway.ledgerOf(customer)).toEqual([1_000, -300]);
  expect(await jobsOf(id)).toEqual([]);
});

test("an order that has ended leaves no jobs behind", async () => {
  const customer = await gateway.customer({ balance: 1_000 });
  const [voucher, thing] = [await gateway.voucher({ codes: 1, points: 100 }), await gateway.voucher({ points: 100 })];
  await addToCart(customer, voucher.id);
  await emptyPool(voucher);
  const order = await orderSettled(customer, await placeOrder(customer, thing.id));
  expect(order).toMatchObject({ status: "PARTIALLY_FULFILLED", pointsState: "PARTIALLY_RETURNED" });
  await gateway.until(async () => (await gateway.sql("select from jobs", [])).length === 0);
});

describe("work in flight without a job gets a new job:", () => {
  /** Stops the gateway while no work runs for an hour, deletes its jobs, and starts it with short retry pauses. */
  async function forgetJobs(orderId: string) {
    await gateway.restart({}, async () => {
      expect(await jobsOf(orderId)).toMatchObject([{ owner: null }]);
      await gateway.sql("delete from jobs where input ->> 'orderId' = $1", [uuidOf(orderId)]);
      pauseIssuesFor(1);
    });
  }
  const patient = async () => {
    pauseIssuesFor(hour);
    await gateway.restart({ CLIENT_SETTLE_SECONDS: "3600" });
  };

  test.each([
    ["a deduction with a lost answer", "commit-then-drop", "FULFILLED", [1_000, -300]],
    ["a deduction that never arrived", "drop-before", "FAILED", [1_000]],
  ] as const)("%s", async (_, fault, status, ledger) => {
    await patient();
    const customer = await gateway.customer({ balance: 1_000 });
    gateway.fault("redeem", { fault });
    const id = await placeOrder(customer, (await gateway.voucher({ points: 300 })).id);
    await orderWhen(customer, id, ({ pointsState }) => pointsState === "UNCERTAIN");
    await forgetJobs(id);
    expect(await orderSettled(customer, id)).toMatchObject({ status });
    expect(gateway.ledgerOf(customer)).toEqual(ledger);
  });

  test("a return with an unknown outcome", async () => {
    await patient();
    const customer = await gateway.customer({ balance: 1_000 });
    gateway.fault("reverse", { fault: "commit-then-drop" });
    const reward = await gateway.voucher({ codes: 1, points: 300 });
    await addToCart(customer, reward.id);
    await emptyPool(reward);
    const id = await orderCart(customer);
    await orderWhen(customer, id, ({ pointsState }) => pointsState === "UNCERTAIN");
    await forgetJobs(id);
    expect(await orderSettled(customer, id)).toMatchObject({ status: "FAILED", pointsState: "RETURNED" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -300, 300]);
  });

  test("a unit that Capillary may have issued", async () => {
    await patient();
    const customer = await groupMember(gateway);
    const reward = await issuable(gateway, { paymentConfigs: [forPoints(100), forFree()] });
    await addLine(customer, reward, { groupWalletId: customer.groupWalletId });
    gateway.sandbox.faults.add({ upstream: "capillary", operation: "issue", fault: "commit-then-drop" });
    const id = await orderCart(customer);
    await orderWhen(customer, id, ({ pointsState }) => pointsState === "UNCERTAIN");
    await forgetJobs(id);
    expect(await orderSettled(customer, id)).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
  });

  test("but not while a process of the version before is alive", async () => {
    await patient();
    const customer = await gateway.customer({ balance: 1_000 });
    gateway.fault("redeem", { fault: "commit-then-drop" });
    const id = await placeOrder(customer, (await gateway.voucher({ points: 300 })).id);
    await orderWhen(customer, id, ({ pointsState }) => pointsState === "UNCERTAIN");
    await gateway.sql("insert into saga_executors values ('an old one', now() + interval '1 hour')", []);
    await forgetJobs(id);
    await gateway.reconcile();
    expect(await jobsOf(id)).toEqual([]);
    await gateway.sql("delete from saga_executors", []);
    await gateway.reconcile();
    expect(await orderSettled(customer, id)).toMatchObject({ status: "FULFILLED" });
  });
});

test("a customer's movement with an unknown outcome, and many orders waiting for it, delay no other customer", async () => {
  const waiting = 12; // more than the process runs at once
  await gateway.restart({ CLIENT_SETTLE_SECONDS: "3600" });
  const busy = await gateway.customer({ balance: 100_000 });
  const reward = await gateway.voucher({ points: 100, codes: waiting + 2 });
  gateway.fault("redeem", { fault: "commit-then-drop" });
  const first = await placeOrder(busy, reward.id);
  await orderWhen(busy, first, ({ pointsState }) => pointsState === "UNCERTAIN");
  const ids: string[] = [];
  for (let count = 0; count < waiting; count += 1) ids.push(await placeOrder(busy, reward.id));

  const other = await gateway.customer({ balance: 1_000 });
  const order = await orderSettled(other, await placeOrder(other, reward.id));
  expect(order).toMatchObject({ status: "FULFILLED" });

  await gateway.restart({ CLIENT_SETTLE_SECONDS: "0.05" });
  await gateway.sql("update jobs set due_at = now()", []); // its next check was due in an hour
  for (const id of [first, ...ids]) expect(await orderSettled(busy, id)).toMatchObject({ status: "FULFILLED" });
  expect(gateway.ledgerOf(busy)).toHaveLength(waiting + 2);
});
