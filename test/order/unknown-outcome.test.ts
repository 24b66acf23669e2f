import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Fault, FaultScript } from "../../sandbox/faults.ts";
import { makeTestClock, SECOND } from "../support/clock.ts";
import { type Customer, type InProcessGateway, startTestGateway } from "../support/gateway.ts";
import { orderPrepared, orderSettled, orderWhen, placeOrder, placeWaitingOrder, readOrder } from "../support/orders.ts";

/** Two errors must never occur: taking points twice, or returning points that may not have been taken. */

const clock = makeTestClock(new Date().toISOString());
let gateway: InProcessGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ CLIENT_SETTLE_SECONDS: "0.05" }, { clock });
});
afterAll(() => gateway[Symbol.asyncDispose]());
afterEach(() => {
  gateway.sandbox.faults.clear();
  gateway.sandbox.faults.release();
});

const isAbout = ({ customerId }: Customer, sent: unknown) =>
  (sent as { customer_id: string }).customer_id === customerId;
/** The customer's deduction has ended at the ledger, whether or not its answer arrived. */
const redeemEnded = (customer: Customer) =>
  gateway.sandbox.calls.waitFor(
    ({ operation, outcome, body }) => operation === "redeem" && outcome !== "pending" && isAbout(customer, body),
  );
const resolve = (input: Record<string, unknown>) =>
  gateway.operator.send<{
    resolveOrder: { order: { id: string } | null; replayed: boolean; userErrors: { code: string }[] };
  }>(
    `mutation ($input: ResolveOrderInput!) { resolveOrder(input: $input) { order { id } replayed userErrors { code message } } }`,
    { input: { note: "looked it up with the ledger's owner", idempotencyKey: randomUUID(), ...input } },
  );

describe("a deduction whose answer is lost", () => {
  const taken: [string, Partial<FaultScript> & Pick<FaultScript, "fault">][] = [
    ["the connection drops after the commit", { fault: "commit-then-drop" }],
    ["a 500 follows the commit", { fault: "http-500", commit: true }],
    ["an HTML page follows the commit", { fault: "malformed", commit: true }],
    ["half an answer follows the commit", { fault: "malformed", commit: true, message: "half" }],
    ["the answer comes after the timeout", { fault: "hold", commit: true }],
    ["the effect comes after the timeout", { fault: "hold" }],
  ];
  test.each(taken)("is found to have happened when %s", async (_, script) => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 200 });
    const fault = gateway.fault("redeem", script);

    const id = await placeOrder(customer, reward.id);
    if (script.fault === "hold") await answerLate(fault, customer);
    const meanwhile = await orderWhen(customer, id, (event) => event.pointsState === "UNCERTAIN");
    const order = await orderSettled(customer, id);

    expect(["PENDING", "PROCESSING", "FULFILLED"]).toContain(meanwhile.status);
    expect(order).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
    expect(order.history.map((event) => `${event.status}/${event.pointsState}`)).toEqual([
      "PENDING/NOT_TAKEN",
      "PENDING/TAKING",
      "PENDING/UNCERTAIN",
      "PROCESSING/TAKEN",
      "FULFILLED/TAKEN",
    ]);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200]);
    expect(gateway.callsFor("redeem", order)).toHaveLength(1);
    expect(gateway.callsFor("reverse", order)).toHaveLength(0);
  });

  /** Lets the gateway stop waiting, and the call continue before the gateway reads the balance. */
  async function answerLate(call: Fault, customer: Customer) {
    const { faults } = gateway.sandbox;
    await faults.held(call);
    const look = gateway.fault("points", { fault: "hold" });
    gateway.endTimeouts("redeem");
    await faults.held(look);
    faults.release({ id: call.id });
    await redeemEnded(customer);
    faults.release({ id: look.id });
  }

  const notTaken: [string, Partial<FaultScript> & Pick<FaultScript, "fault">][] = [
    ["the connection drops before the commit", { fault: "drop-before" }],
    ["a 500 comes instead of a commit", { fault: "http-500" }],
    ["an HTML page comes instead of a commit", { fault: "malformed" }],
    ["the rate limit is hit", { fault: "rate-limit" }],
  ];
  test.each(notTaken)(
    "is found not to have happened when %s, and the order fails without another call",
    async (_, script) => {
      const customer = await gateway.customer({ balance: 1_000 });
      const reward = await gateway.voucher({ points: 200 });
      gateway.fault("redeem", script);

      const order = await orderSettled(customer, await placeOrder(customer, reward.id));

      expect(order).toMatchObject({ status: "FAILED", pointsState: "NOT_TAKEN" });
      expect(order.history.map((event) => `${event.status}/${event.pointsState}`)).toEqual([
        "PENDING/NOT_TAKEN",
        "PENDING/TAKING",
        "PENDING/UNCERTAIN",
        "FAILED/NOT_TAKEN",
      ]);
      expect(gateway.ledgerOf(customer)).toEqual([1_000]);
      expect(gateway.callsFor("redeem", order)).toHaveLength(1);
      expect(gateway.callsFor("reverse", order)).toHaveLength(0);
    },
  );

  test("keeps the customer's next order waiting, because the balance is the only evidence", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 200 });
    const call = gateway.fault("redeem", { fault: "hold", commit: true });
    const first = await placeOrder(customer, reward.id);
    await gateway.sandbox.faults.held(call);
    const look = gateway.fault("points", { fault: "hold" });
    gateway.sandbox.faults.release({ id: call.id, with: "drop" });
    await gateway.sandbox.faults.held(look);
    const second = await placeWaitingOrder(customer, reward.id);
    expect(gateway.callsFor("redeem", await readOrder(customer, second))).toEqual([]);
    gateway.sandbox.faults.release({ id: look.id });

    const [one, two] = [await orderSettled(customer, first), await orderSettled(customer, second)];

    expect([one.status, two.status]).toEqual(["FULFILLED", "FULFILLED"]);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200, -200]);
    const settledFirst = await gateway.sql<{ ok: boolean }>(
      `select first.settled_at <= second.sent_at as ok from points_movements first, points_movements second
       where first.reference = $1 and second.reference = $2`,
      [one.number, two.number],
    );
    expect(settledFirst).toEqual([{ ok: true }]);
  });

  test("is shown as being confirmed, with its points held", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 200 });
    const call = gateway.fault("redeem", { fault: "hold" });
    const id = await placeOrder(customer, reward.id);
    await gateway.sandbox.faults.held(call);
    const look = gateway.fault("points", { fault: "hold" });
    gateway.sandbox.faults.release({ id: call.id, with: "drop" });
    await gateway.sandbox.faults.held(look);
    const order = await readOrder(customer, id);
    expect(order).toMatchObject({ status: "PENDING", pointsState: "UNCERTAIN", settled: false, cancellable: false });
    const { me } = await customer.ok<{ me: { wallet: object } }>(`{ me { wallet { balance held available } } }`);
    expect(me.wallet).toEqual({ balance: 1_000, held: 200, available: 800 });
    const { data } = await customer.send<{ cancelOrder: { userErrors: { code: string }[] } }>(
      `mutation ($id: ID!) { cancelOrder(input: { orderId: $id, idempotencyKey: "cancel-once" }) { userErrors { code } } }`,
      { id },
    );
    expect(data?.cancelOrder.userErrors).toEqual([{ code: "NOT_CANCELLABLE" }]);
    gateway.sandbox.faults.release({ id: look.id });
    await orderSettled(customer, id);
  });
});

describe("a deduction that evidence cannot settle", () => {
  /** An order whose call continues, and then loses its answer, after `meanwhile`. */
  async function lostOrder({ commit }: { commit: boolean }, meanwhile: (customerId: string) => Promise<unknown>) {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 200 });
    const call = gateway.fault("redeem", { fault: "hold", commit });
    const id = await placeOrder(customer, reward.id);
    await gateway.sandbox.faults.held(call);
    await meanwhile(customer.customerId);
    gateway.sandbox.faults.release({ id: call.id, with: "drop" });
    const order = await orderWhen(customer, id, (event) => event.pointsState === "NEEDS_ATTENTION");
    return { customer, order };
  }
  /** The points were spent in another system during the wait: the balance is no evidence. */
  const unclearOrder = (script: { commit: boolean }) =>
    lostOrder(script, (customerId) => gateway.spendElsewhere(customerId, 50));

  test("waits for an operator, who sees the order and the known facts", async () => {
    const { order } = await unclearOrder({ commit: true });
    expect(order).toMatchObject({ status: "PENDING", pointsState: "NEEDS_ATTENTION", settled: false });
    const { orders } = await gateway.operator.ok<{
      orders: { nodes: { id: string; discrepancies: { message: string; resolvedAt: null }[] }[] };
    }>(
      `{ orders(first: 100, filter: { pointsStates: [NEEDS_ATTENTION] }) { nodes { id discrepancies { message resolvedAt } } } }`,
    );
    const seen = orders.nodes.find((node) => node.id === order.id);
    expect(seen?.discrepancies).toEqual([
      { message: expect.stringContaining("the balance does not tell"), resolvedAt: null },
    ]);
  });

  test("is fulfilled when the operator finds that it happened", async () => {
    const { customer, order } = await unclearOrder({ commit: true });
    await resolve({ orderId: order.id, outcome: "HAPPENED" });
    expect(await orderSettled(customer, order.id)).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200, -50]);
  });

  test("fails when the operator finds that it did not happen, and no points are returned", async () => {
    const { customer, order } = await unclearOrder({ commit: false });
    await resolve({ orderId: order.id, outcome: "DID_NOT_HAPPEN" });
    expect(await orderSettled(customer, order.id)).toMatchObject({ status: "FAILED", pointsState: "NOT_TAKEN" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -50]);
  });

  test("is resolved once: a repeated request is a replay, and another request is refused", async () => {
    const { order } = await unclearOrder({ commit: false });
    const input = { orderId: order.id, outcome: "DID_NOT_HAPPEN", idempotencyKey: randomUUID() };
    expect((await resolve(input)).data?.resolveOrder).toMatchObject({ replayed: false, userErrors: [] });
    expect((await resolve(input)).data?.resolveOrder).toMatchObject({ replayed: true, userErrors: [] });
    const again = await resolve({ ...input, idempotencyKey: randomUUID() });
    expect(again.data?.resolveOrder.userErrors).toMatchObject([{ code: "NOTHING_TO_RESOLVE" }]);
    const changed = await resolve({ ...input, outcome: "HAPPENED" });
    expect(changed.data?.resolveOrder.userErrors).toMatchObject([{ code: "IDEMPOTENCY_KEY_REUSED" }]);
  });

  test("is also a deduction whose balance cannot be read at all", async () => {
    const { customer, order } = await lostOrder({ commit: true }, async () =>
      gateway.fault("points", { fault: "refuse", times: 5 }),
    );
    expect(gateway.sandbox.faults.list()).toEqual([]);
    expect(order.status).toBe("PENDING");
    await resolve({ orderId: order.id, outcome: "HAPPENED" });
    expect(await orderSettled(customer, order.id)).toMatchObject({ status: "FULFILLED" });
  });
});

describe("a deduction inferred not to have happened", () => {
  test("that arrives late is reported, and returned after an operator confirms it", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 200 });
    const call = gateway.fault("redeem", { fault: "hold" });
    const id = await placeOrder(customer, reward.id);
    await gateway.sandbox.faults.held(call);
    gateway.endTimeouts("redeem");
    expect(await orderSettled(customer, id)).toMatchObject({ status: "FAILED", pointsState: "NOT_TAKEN" });

    gateway.sandbox.faults.release({ id: call.id });
    await redeemEnded(customer);
    clock.advance(SECOND);
    await gateway.reconcile();
    expect(await readOrder(customer, id)).toMatchObject({ pointsState: "NEEDS_ATTENTION" });
    await resolve({ orderId: id, outcome: "HAPPENED" });

    const order = await orderWhen(customer, id, (event) => event.pointsState === "RETURNED");
    expect(order.status).toBe("FAILED");
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200, 200]);
  });

  test("is monitored without an alarm while the customer spends and earns in other systems", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 200 });
    gateway.fault("redeem", { fault: "drop-before" });
    const id = await placeOrder(customer, reward.id);
    await orderSettled(customer, id);
    const looks = () =>
      gateway.sandbox.calls.since(0).filter((call) => call.operation === "points" && isAbout(customer, call.query))
        .length;
    async function lookOnce(after: number) {
      const before = looks();
      clock.advance(after);
      await gateway.reconcile();
      expect(looks()).toBe(before + 1);
      expect((await readOrder(customer, id)).pointsState).toBe("NOT_TAKEN");
    }
    await gateway.spendElsewhere(customer.customerId, 30);
    await lookOnce(SECOND);
    // As many points as the order was to take, but by another order of ours.
    clock.advance(SECOND);
    const other = await orderSettled(customer, await placeOrder(customer, reward.id));
    expect(other.status).toBe("FULFILLED");
    await lookOnce(2 * SECOND);
    await lookOnce(4 * SECOND);
  });
});

describe("a return of points whose answer is lost", () => {
  /** An order whose only reward sells out while its points are taken. */
  async function failingOrder(script: Partial<FaultScript> & Pick<FaultScript, "fault">) {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.merchandise({ points: 200, stock: 1 });
    const id = await placeOrder(customer, reward.id);
    const order = await orderPrepared(customer, id);
    gateway.fault("reverse", script);
    await gateway.operator.ok(
      `mutation ($input: UpdateShipmentInput!) { updateShipment(input: $input) { userErrors { code } } }`,
      { input: { orderId: id, lineId: order.lines[0]?.id, status: "REJECTED" } },
    );
    return { customer, id };
  }

  test.each<[string, Partial<FaultScript> & Pick<FaultScript, "fault">]>([
    ["the connection drops after the commit", { fault: "commit-then-drop" }],
    ["a 500 follows the commit", { fault: "http-500", commit: true }],
  ])("is found to have been credited when %s", async (_, script) => {
    const { customer, id } = await failingOrder(script);
    const order = await orderSettled(customer, id);
    expect(order).toMatchObject({ status: "FAILED", pointsState: "RETURNED" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200, 200]);
    expect(gateway.callsFor("reverse", order)).toHaveLength(1);
  });

  test.each<[string, Partial<FaultScript> & Pick<FaultScript, "fault">]>([
    ["the connection drops before the commit", { fault: "drop-before" }],
    ["the ledger refuses it", { fault: "refuse" }],
  ])("is not sent again automatically when %s, but by an operator under the next number", async (_, script) => {
    const { customer, id } = await failingOrder(script);
    const stuck = await orderWhen(customer, id, (event) => event.pointsState === "NEEDS_ATTENTION");
    expect(gateway.callsFor("reverse", stuck)).toHaveLength(1);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200]);

    await resolve({ orderId: id, outcome: "DID_NOT_HAPPEN" });
    const order = await orderWhen(customer, id, (event) => event.pointsState === "RETURNED");
    expect(order.pointsTrail.map((movement) => [movement.upstreamReference, movement.state])).toEqual([
      [order.number, "CONFIRMED"],
      [`${order.number}/R1`, "REFUSED"],
      [`${order.number}/R2`, "CONFIRMED"],
    ]);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200, 200]);
  });
});
