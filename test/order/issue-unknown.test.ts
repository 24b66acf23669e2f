import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { FaultScript } from "../../sandbox/faults.ts";
import { addLine, type GroupMember, groupMember, issuable, issualsOf, orderCart } from "../support/capillary-orders.ts";
import { type InProcessGateway, startTestGateway } from "../support/gateway.ts";
import { addToCart, orderSettled, orderWhen } from "../support/orders.ts";
import { retriesOfTests } from "../support/retries.ts";

/** Two outcomes must never occur: two rewards for one unit, or a charge without a reward. */

let gateway: InProcessGateway;
beforeAll(async () => {
  gateway = await startTestGateway({}, { pace: { retries: retriesOfTests({ issue: { tries: 3, firstPauseMs: 5 } }) } });
});
afterAll(() => gateway[Symbol.asyncDispose]());
afterEach(() => {
  gateway.sandbox.faults.clear();
  gateway.sandbox.faults.release();
  gateway.closeCircuits();
});

const fault = (operation: string, script: Omit<FaultScript, "upstream" | "operation">) =>
  gateway.sandbox.faults.add({ upstream: "capillary", operation, ...script });
const groupBalance = ({ groupId }: GroupMember) => gateway.sandbox.capillary.groupBalance(groupId);
const issued = (customer: GroupMember) => issualsOf(gateway, customer).filter(({ state }) => state === "ISSUED");
const issueKeys = (customer: GroupMember) =>
  gateway.sandbox.calls
    .since(0)
    .map(({ operation, body }) => ({ operation, ...(body as { externalId?: string; requestId?: string }) }))
    .filter(({ operation, externalId }) => operation === "issue" && externalId === customer.customerId)
    .map(({ requestId }) => requestId?.replace(/^ORD-[^-]+-[^-]+/, "ORD"));

describe("an issue call whose answer is lost", () => {
  const happened: [string, Omit<FaultScript, "upstream" | "operation">][] = [
    ["the connection drops after the commit", { fault: "commit-then-drop" }],
    ["a 500 follows the commit", { fault: "http-500", commit: true }],
    ["an HTML page follows the commit", { fault: "malformed", commit: true }],
    ["half an answer follows the commit", { fault: "malformed", commit: true, message: "half" }],
    ["the answer comes after the timeout", { fault: "hold", commit: true }],
    ["the effect comes after the timeout", { fault: "hold" }],
  ];
  test.each(happened)("is found to have happened when %s", async (_, script) => {
    const customer = await groupMember(gateway);
    await addLine(customer, await issuable(gateway), { groupWalletId: customer.groupWalletId });
    const call = fault("issue", script);

    const id = await orderCart(customer);
    if (script.fault === "hold") {
      await gateway.sandbox.faults.held(call);
      gateway.endTimeouts("issue");
    }
    await orderWhen(customer, id, (event) => event.pointsState === "UNCERTAIN" && event.status === "PROCESSING");
    gateway.sandbox.faults.release({ id: call.id });
    const order = await orderSettled(customer, id);

    expect(order).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN", lines: [{ vouchers: [{}] }] });
    expect(issued(customer)).toHaveLength(1);
    expect(groupBalance(customer)).toBe(900);
    expect(new Set(issueKeys(customer))).toEqual(new Set(["ORD-1-1"]));
  });

  const didNot: [string, Omit<FaultScript, "upstream" | "operation">][] = [
    ["the connection drops before the commit", { fault: "drop-before" }],
    ["a 500 comes instead of a commit", { fault: "http-500" }],
    ["an HTML page comes instead of a commit", { fault: "malformed" }],
    ["the rate limit is hit", { fault: "rate-limit" }],
  ];
  test.each(didNot)("is sent again under its own key when %s, and issued once", async (_, script) => {
    const customer = await groupMember(gateway);
    await addLine(customer, await issuable(gateway), { groupWalletId: customer.groupWalletId });
    fault("issue", script);
    const order = await orderSettled(customer, await orderCart(customer));
    expect(order).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
    expect(issued(customer)).toHaveLength(1);
    expect(groupBalance(customer)).toBe(900);
    expect(issueKeys(customer)).toEqual(["ORD-1-1", "ORD-1-1"]);
  });

  test("was fulfilled, if the repetition is refused because of points that the first call took", async () => {
    const customer = await groupMember(gateway, { groupPoints: 100 });
    const treat = await issuable(gateway, {
      points: 100,
      limits: [{ id: 8, level: "CUSTOMER", kpi: "QUANTITY", limit: 1, frequency: "LIFETIME" }],
    });
    await addLine(customer, treat, { groupWalletId: customer.groupWalletId });
    fault("issue", { fault: "commit-then-drop" });
    fault("issue", { fault: "refuse", code: 12005 });
    const order = await orderSettled(customer, await orderCart(customer));
    expect(order).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN", lines: [{ vouchers: [{}] }] });
    expect(issued(customer)).toHaveLength(1);
    expect(groupBalance(customer)).toBe(0);
  });

  test("and that failed at Capillary is sent again under a new key", async () => {
    const customer = await groupMember(gateway);
    const treat = await issuable(gateway);
    await addLine(customer, treat, { groupWalletId: customer.groupWalletId });
    gateway.sandbox.capillary.changeReward({ id: treat.upstreamId, enabled: false });
    fault("issue", { fault: "malformed", commit: true });
    const id = await orderCart(customer);
    await orderWhen(customer, id, (event) => event.pointsState === "UNCERTAIN");
    gateway.sandbox.capillary.changeReward({ id: treat.upstreamId, enabled: true });
    const order = await orderSettled(customer, id);
    expect(order.status).toBe("FULFILLED");
    expect(issued(customer)).toHaveLength(1);
    expect(issueKeys(customer).at(-1)).toBe("ORD-1-1.2");
  });

  test("stays unconfirmed until its outcome can be read", async () => {
    const customer = await groupMember(gateway);
    await addLine(customer, await issuable(gateway), { groupWalletId: customer.groupWalletId });
    fault("issue", { fault: "commit-then-drop" });
    fault("issue", { fault: "http-500", times: 2 });
    fault("issuals", { fault: "http-500", times: 2 });
    const order = await orderSettled(customer, await orderCart(customer));
    expect(order).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
    expect(issued(customer)).toHaveLength(1);
  });
});

describe("an issue call for a locked customer", () => {
  test("is retried, each time under a new key that is on record, and succeeds", async () => {
    const customer = await groupMember(gateway);
    await addLine(customer, await issuable(gateway), { groupWalletId: customer.groupWalletId });
    fault("issue", { fault: "refuse", code: 10004, times: 7 });
    const order = await orderSettled(customer, await orderCart(customer));
    expect(order).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN", pointsTrail: [{ attempts: 8 }] });
    expect(issued(customer)).toHaveLength(1);
    const keys = issueKeys(customer);
    expect(keys).toEqual(["ORD-1-1", ...Array.from({ length: 7 }, (_, index) => `ORD-1-1.${index + 2}`)]);
  });

  test("fails after too long, and the points taken for it are returned", async () => {
    const customer = await groupMember(gateway);
    await addLine(customer, await issuable(gateway, { points: 80 }));
    fault("issue", { fault: "refuse", code: 10004, times: 15 });
    const order = await orderSettled(customer, await orderCart(customer));
    expect(order).toMatchObject({ status: "FAILED", pointsState: "RETURNED" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -80, 80]);
    expect(issued(customer)).toHaveLength(0);
  });

  test("succeeds after a lock by another order of the same customer, as that order's call does", async () => {
    const customer = await groupMember(gateway);
    const treat = await issuable(gateway);
    await addLine(customer, treat, { groupWalletId: customer.groupWalletId });
    const call = fault("issue", { fault: "hold" });
    const first = await orderCart(customer);
    await gateway.sandbox.faults.held(call);
    await addLine(customer, treat, { groupWalletId: customer.groupWalletId, quantity: 2 });
    const second = await orderCart(customer);
    await orderWhen(customer, second, (event) => event.status === "PROCESSING");
    gateway.sandbox.faults.release({ id: call.id });
    const orders = await Promise.all([orderSettled(customer, first), orderSettled(customer, second)]);
    expect(orders.map(({ status }) => status)).toEqual(["FULFILLED", "FULFILLED"]);
    expect(issued(customer)).toHaveLength(3);
    expect(groupBalance(customer)).toBe(700);
  });
});

describe("an issue call whose outcome stays unknown", () => {
  /** An order whose issue happened, was lost, and cannot be told from others in the customer's records. */
  async function inDoubt(payWith: "GROUP" | "INDIVIDUAL") {
    const customer = await groupMember(gateway);
    const treat = await issuable(gateway, { points: 90 });
    await addLine(customer, treat, payWith === "GROUP" ? { groupWalletId: customer.groupWalletId } : {});
    gateway.sandbox.capillary.setFlags({ hidesReferences: true });
    fault("issue", { fault: "commit-then-drop" });
    const id = await orderCart(customer);
    const order = await orderWhen(customer, id, (event) => event.pointsState === "NEEDS_ATTENTION");
    gateway.sandbox.capillary.setFlags({ hidesReferences: false });
    return { customer, id, order };
  }
  const resolve = (input: Record<string, unknown>) =>
    gateway.operator.send<{ resolveOrder: { order: { id: string } | null; userErrors: { code: string }[] } }>(
      `mutation ($input: ResolveOrderInput!) { resolveOrder(input: $input) { order { id } userErrors { code message } } }`,
      { input: { note: "looked it up at Capillary", idempotencyKey: randomUUID(), ...input } },
    );
  const openDiscrepancies = async (id: string) => {
    const { order } = await gateway.operator.ok<{
      order: { discrepancies: { id: string; resolvedAt: string | null }[] };
    }>("query ($id: ID!) { order(id: $id) { discrepancies { id resolvedAt } } }", { id });
    return order.discrepancies.filter(({ resolvedAt }) => resolvedAt === null);
  };

  test.each(["GROUP", "INDIVIDUAL"] as const)(
    "is escalated to an operator (%s), and nothing is guessed",
    async (payWith) => {
      const { customer, id, order } = await inDoubt(payWith);
      expect(order).toMatchObject({ status: "PROCESSING", settled: false, lines: [{ status: "PROCESSING" }] });
      expect(issued(customer)).toHaveLength(1);
      expect(await openDiscrepancies(id)).toHaveLength(1);

      const answer = await resolve({ orderId: id, outcome: "HAPPENED" });
      expect(answer.data?.resolveOrder.userErrors).toEqual([]);
      const settled = await orderSettled(customer, id);
      expect(settled).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN", lines: [{ vouchers: [{}] }] });
      expect(await openDiscrepancies(id)).toEqual([]);
      expect(issued(customer)).toHaveLength(1);
    },
  );

  test("returns the points when the operator finds that it did not happen", async () => {
    const { customer, id } = await inDoubt("INDIVIDUAL");
    const [discrepancy] = await openDiscrepancies(id);
    await resolve({ orderId: id, outcome: "DID_NOT_HAPPEN", discrepancyId: discrepancy?.id });
    const order = await orderSettled(customer, id);
    expect(order).toMatchObject({ status: "FAILED", pointsState: "RETURNED" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -90, 90]);
  });
});

describe("while Capillary cannot be reached", () => {
  test("an order waits with Capillary's rewards, and fulfils our own", async () => {
    const customer = await groupMember(gateway);
    await addToCart(customer, (await gateway.voucher({ points: 50 })).id);
    await addLine(customer, await issuable(gateway, { points: 80 }));
    fault("issue", { fault: "drop-before", times: 3 });
    const id = await orderCart(customer);
    const waiting = await orderWhen(customer, id, (event) => event.pointsState === "UNCERTAIN");
    expect(waiting.lines[0]).toMatchObject({ status: "FULFILLED" });
    expect(await orderSettled(customer, id)).toMatchObject({ status: "FULFILLED" });
    expect(issued(customer)).toHaveLength(1);
  });
});

test("an order that waits for Capillary can be cancelled until the issue call is sent", async () => {
  const customer = await groupMember(gateway);
  const treat = await issuable(gateway, { points: 80 });
  await addLine(customer, treat, { quantity: 2 });
  const call = fault("issue", { fault: "hold" });
  const id = await orderCart(customer);
  await gateway.sandbox.faults.held(call);
  const { data } = await customer.send<{ cancelOrder: { userErrors: { code: string }[] } }>(
    "mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { userErrors { code } } }",
    { input: { orderId: id, idempotencyKey: randomUUID() } },
  );
  expect(data?.cancelOrder.userErrors).toEqual([]);
  gateway.sandbox.faults.release({ id: call.id });
  const order = await orderSettled(customer, id);
  expect(order).toMatchObject({ status: "PARTIALLY_FULFILLED", lines: [{ fulfilledQuantity: 1 }] });
  expect(gateway.ledgerOf(customer)).toEqual([1_000, -160, 80]);
  expect(issued(customer)).toHaveLength(1);
});
