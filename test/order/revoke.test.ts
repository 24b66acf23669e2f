import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { FaultScript } from "../../sandbox/faults.ts";
import { addLine, type GroupMember, groupMember, issuable, issualsOf, orderCart } from "../support/capillary-orders.ts";
import { type InProcessGateway, startTestGateway } from "../support/gateway.ts";
import { addToCart, orderPrepared, orderSettled, orderWhen, readOrder } from "../support/orders.ts";
import { retriesOfTests } from "../support/retries.ts";

/** Revoking rewards that Capillary has issued. */

let gateway: InProcessGateway;
beforeAll(async () => {
  gateway = await startTestGateway({}, { pace: { retries: retriesOfTests({ issue: { tries: 4, firstPauseMs: 5 } }) } });
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => void gateway.sandbox.capillary.setFlags({ REVOKE_ENABLE: true }));
afterEach(() => {
  gateway.sandbox.faults.clear();
  gateway.sandbox.faults.release();
  gateway.closeCircuits();
  gateway.sandbox.capillary.setFlags({ REVOKE_ENABLE: false, issueAnswer: "full" });
});

const fault = (operation: string, script: Omit<FaultScript, "upstream" | "operation">) =>
  gateway.sandbox.faults.add({ upstream: "capillary", operation, ...script });
const groupBalance = ({ groupId }: GroupMember) => gateway.sandbox.capillary.groupBalance(groupId);
const states = (customer: GroupMember) => issualsOf(gateway, customer).map(({ state }) => state);

interface Changed {
  order: { id: string } | null;
  replayed: boolean;
  preview: {
    total: number;
    returns: { payWith: string; points: number; mayBeRefused: boolean; groupWallet: { id: string } | null }[];
  } | null;
  userErrors: { code: string; message: string }[];
}
const answer =
  "order { id } replayed preview { total returns { payWith points mayBeRefused groupWallet { id } } } userErrors { code message }";
async function reverse(orderId: string, input: Record<string, unknown> = {}): Promise<Changed> {
  const { data, errors } = await gateway.operator.send<{ reverseOrder: Changed }>(
    `mutation ($input: ReverseOrderInput!) { reverseOrder(input: $input) { ${answer} } }`,
    { input: { orderId, reason: "CANCELLATION", idempotencyKey: randomUUID(), ...input } },
  );
  if (!data) throw new Error(JSON.stringify(errors));
  return data.reverseOrder;
}
async function cancel(customer: GroupMember, orderId: string, input: Record<string, unknown> = {}): Promise<Changed> {
  const { data, errors } = await customer.send<{ cancelOrder: Changed }>(
    `mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { ${answer} } }`,
    { input: { orderId, idempotencyKey: randomUUID(), ...input } },
  );
  if (!data) throw new Error(JSON.stringify(errors));
  return data.cancelOrder;
}
/** A fulfilled order: two units paid by the group, and one paid by the customer. */
async function given({ own = 1, group = 2 } = {}) {
  const customer = await groupMember(gateway);
  const treat = await issuable(gateway, { points: 100 });
  if (group > 0) await addLine(customer, treat, { groupWalletId: customer.groupWalletId, quantity: group });
  if (own > 0) await addLine(customer, treat, { quantity: own });
  const id = await orderCart(customer);
  const order = await orderSettled(customer, id);
  expect(order.status).toBe("FULFILLED");
  return { customer, id, order };
}

describe("reverseOrder", () => {
  test("revokes every unit, and returns each wallet's points", async () => {
    const { customer, id, order } = await given();
    expect(await reverse(id)).toMatchObject({ userErrors: [], replayed: false });
    const reversed = await orderWhen(customer, id, (event) => event.status === "REVERSED" && event.settled);
    expect(reversed).toMatchObject({ status: "REVERSED", pointsState: "RETURNED" });
    expect(states(customer)).toEqual(["CANCELLED", "CANCELLED", "CANCELLED"]);
    expect(groupBalance(customer)).toBe(1_000);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -100, 100]);
    const returned = reversed.pointsTrail.filter(({ kind }) => kind === "RETURNED");
    expect(returned.map(({ points, state }) => [points, state])).toEqual([
      [100, "CONFIRMED"],
      [100, "CONFIRMED"],
      [100, "CONFIRMED"],
    ]);
    const { revealVoucher } = await customer.ok<{ revealVoucher: { vouchers: unknown[] } }>(
      "mutation ($input: RevealVoucherInput!) { revealVoucher(input: $input) { vouchers { code } userErrors { code } } }",
      { input: { orderLineId: order.lines[0]?.id } },
    );
    expect(revealVoucher.vouchers).toEqual([]);
  });

  test("shows beforehand how many points would be returned, and to which wallet", async () => {
    const { customer, id } = await given();
    const { preview } = await reverse(id, { dryRun: true });
    expect(preview).toEqual({
      total: 300,
      returns: [
        { payWith: "GROUP", points: 200, mayBeRefused: true, groupWallet: { id: customer.groupWalletId } },
        { payWith: "INDIVIDUAL", points: 100, mayBeRefused: true, groupWallet: null },
      ],
    });
    expect(await readOrder(customer, id)).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
  });

  test("is refused clearly where the brand does not allow a revoke, and nothing changes", async () => {
    gateway.sandbox.capillary.setFlags({ REVOKE_ENABLE: false });
    const { customer, id } = await given({ own: 0, group: 1 });
    const { userErrors } = await reverse(id);
    expect(userErrors).toMatchObject([
      { code: "NOT_REVERSIBLE", message: expect.stringMatching(/cannot be reversed: the brand does not/) },
    ]);
    expect(await orderSettled(customer, id)).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
    expect(states(customer)).toEqual(["ISSUED"]);
    expect(groupBalance(customer)).toBe(900);

    gateway.sandbox.capillary.setFlags({ REVOKE_ENABLE: true });
    expect((await reverse(id)).userErrors).toEqual([]);
    expect(groupBalance(customer)).toBe(1_000);
  });

  test("does not revoke a used coupon", async () => {
    const { customer, id } = await given({ own: 1, group: 0 });
    const [issual] = gateway.sandbox.capillary.issuals(customer.customerId);
    gateway.sandbox.capillary.useCoupon(issual?.transactionId ?? 0);
    const { userErrors } = await reverse(id);
    expect(userErrors).toMatchObject([
      { code: "NOT_REVERSIBLE", message: expect.stringContaining("it has been used") },
    ]);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -100]);
  });

  test("finds the transaction when the answer to the issue call did not name it", async () => {
    gateway.sandbox.capillary.setFlags({ issueAnswer: "short" });
    const { customer, id } = await given({ own: 0, group: 1 });
    expect((await reverse(id)).userErrors).toEqual([]);
    expect(await orderSettled(customer, id)).toMatchObject({ status: "REVERSED", pointsState: "RETURNED" });
    expect(groupBalance(customer)).toBe(1_000);
  });

  test("is retried while Capillary fails to return the points", async () => {
    const { customer, id } = await given({ own: 0, group: 1 });
    fault("revoke", { fault: "refuse", code: 1018, times: 2 });
    expect((await reverse(id)).userErrors).toEqual([]);
    expect(await orderSettled(customer, id)).toMatchObject({ status: "REVERSED", pointsState: "RETURNED" });
  });

  test("stops after too many failures, and the customer keeps the reward", async () => {
    const { customer, id } = await given({ own: 0, group: 1 });
    fault("revoke", { fault: "refuse", code: 1018, times: 10 });
    expect((await reverse(id)).userErrors).toMatchObject([{ code: "NOT_REVERSIBLE" }]);
    expect(await orderSettled(customer, id)).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
  });

  test("twice with one key is one reversal", async () => {
    const { customer, id } = await given({ own: 0, group: 1 });
    const idempotencyKey = randomUUID();
    const answers = await Promise.all([reverse(id, { idempotencyKey }), reverse(id, { idempotencyKey })]);
    expect(answers.map(({ replayed }) => replayed).sort()).toEqual([false, true]);
    await orderSettled(customer, id);
    expect(groupBalance(customer)).toBe(1_000);
  });

  const lost: [string, Omit<FaultScript, "upstream" | "operation">][] = [
    ["after it was done", { fault: "commit-then-drop" }],
    ["before it was done", { fault: "drop-before" }],
    ["in a 500 after it was done", { fault: "http-500", commit: true }],
    ["by being late", { fault: "hold", commit: true }],
  ];
  test.each(lost)("with an answer lost %s returns a group's points once", async (_, script) => {
    const { customer, id } = await given({ own: 0, group: 1 });
    const call = fault("revoke", script);
    const reversing = reverse(id);
    if (script.fault === "hold") {
      await gateway.sandbox.faults.held(call);
      gateway.endTimeouts("revoke");
    }
    await reversing;
    const order = await orderSettled(customer, id);
    expect(order).toMatchObject({ status: "REVERSED", pointsState: "RETURNED" });
    expect(groupBalance(customer)).toBe(1_000);
    expect(states(customer)).toEqual(["CANCELLED"]);
  });

  test("with a lost answer is escalated to an operator if the reward was free at Capillary", async () => {
    const { customer, id } = await given({ own: 1, group: 0 });
    fault("revoke", { fault: "commit-then-drop" });
    await reverse(id);
    const { order } = await gateway.operator.ok<{ order: { discrepancies: unknown[] } }>(
      "query ($id: ID!) { order(id: $id) { discrepancies { id } } }",
      { id },
    );
    expect(order.discrepancies).toHaveLength(1);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -100]);
    await gateway.operator.ok(
      "mutation ($input: ResolveOrderInput!) { resolveOrder(input: $input) { userErrors { code } } }",
      {
        input: { orderId: id, outcome: "HAPPENED", note: "seen", idempotencyKey: randomUUID() },
      },
    );
    expect(await orderSettled(customer, id)).toMatchObject({ status: "REVERSED", pointsState: "RETURNED" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -100, 100]);
  });

  test("escalates to an operator, and claims no return, when the balance does not show the points", async () => {
    const { customer, id } = await given({ own: 0, group: 1 });
    const call = fault("revoke", { fault: "hold" });
    const reversing = reverse(id);
    await gateway.sandbox.faults.held(call);
    gateway.sandbox.capillary.setBalance({ group: customer.groupId, points: 700 }); // spent in another system
    gateway.sandbox.faults.release({ id: call.id });
    await reversing;
    await orderWhen(customer, id, (event) => event.pointsState === "NEEDS_ATTENTION");
    const order = await readOrder(customer, id);
    expect(order).toMatchObject({
      status: "REVERSED",
      pointsTrail: [{ kind: "TAKEN" }, { kind: "RETURNED", state: "NEEDS_ATTENTION" }],
    });
    await gateway.operator.ok(
      "mutation ($input: ResolveOrderInput!) { resolveOrder(input: $input) { userErrors { code message } } }",
      {
        input: {
          orderId: id,
          outcome: "HAPPENED",
          note: "the group spent at the same time",
          idempotencyKey: randomUUID(),
        },
      },
    );
    expect(await readOrder(customer, id)).toMatchObject({ pointsState: "RETURNED", settled: true });
  });
});

describe("cancelOrder", () => {
  /** An order of merchandise that waits in the warehouse, and of an issued treat that the group has paid. */
  async function halfFulfilled() {
    const customer = await groupMember(gateway);
    await addToCart(customer, (await gateway.merchandise({ points: 250, stock: 5 })).id);
    await addLine(customer, await issuable(gateway, { points: 100 }), { groupWalletId: customer.groupWalletId });
    const id = await orderCart(customer);
    await orderPrepared(customer, id);
    await orderWhen(customer, id, (event) => event.message?.includes("has been issued") === true);
    return { customer, id };
  }

  test("revokes the issued reward as well", async () => {
    const { customer, id } = await halfFulfilled();
    expect((await cancel(customer, id, { dryRun: true })).preview).toEqual({
      total: 350,
      returns: [
        { payWith: "INDIVIDUAL", points: 250, mayBeRefused: false, groupWallet: null },
        { payWith: "GROUP", points: 100, mayBeRefused: true, groupWallet: { id: customer.groupWalletId } },
      ],
    });
    expect((await cancel(customer, id)).userErrors).toEqual([]);
    expect(await orderSettled(customer, id)).toMatchObject({ status: "REVERSED", pointsState: "RETURNED" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -250, 250]);
    expect(groupBalance(customer)).toBe(1_000);
  });

  test("cancels the rest where the brand does not allow a revoke, and says so", async () => {
    gateway.sandbox.capillary.setFlags({ REVOKE_ENABLE: false });
    const { customer, id } = await halfFulfilled();
    const cancelled = await cancel(customer, id);
    expect(cancelled).toMatchObject({ order: { id }, userErrors: [{ code: "NOT_REVERSIBLE" }] });
    expect(await orderSettled(customer, id)).toMatchObject({
      status: "PARTIALLY_FULFILLED",
      pointsState: "PARTIALLY_RETURNED",
    });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -250, 250]);
    expect(groupBalance(customer)).toBe(900);
  });
});
