import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Customer, startTestGateway, type TestGateway } from "../support/gateway.ts";
import {
  orderPrepared,
  orderSettled,
  orderWhen,
  placeOrder,
  placeWaitingOrder,
  readOrder,
  type SeenOrder,
} from "../support/orders.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const stockOf = async ({ sku }: { sku: string }) =>
  (await gateway.sql<{ stock: number }>("select stock from rewards where sku = $1", [sku]))[0]?.stock;

interface Changed {
  order: { id: string; status: string } | null;
  replayed: boolean;
  userErrors: { code: string }[];
}
const cancel = async (
  customer: Pick<Customer, "send">,
  orderId: string,
  idempotencyKey = randomUUID() as string,
): Promise<Changed> =>
  (
    await customer.send<{ cancelOrder: Changed }>(
      `mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { order { id status } replayed userErrors { code } } }`,
      { input: { orderId, idempotencyKey } },
    )
  ).data?.cancelOrder as Changed;

const reverse = async (input: Record<string, unknown>): Promise<Changed> =>
  (
    await gateway.operator.send<{ reverseOrder: Changed }>(
      `mutation ($input: ReverseOrderInput!) { reverseOrder(input: $input) { order { id status } replayed userErrors { code } } }`,
      { input: { reason: "VENDOR_REJECTION", idempotencyKey: randomUUID(), ...input } },
    )
  ).data?.reverseOrder as Changed;

describe("cancelling", () => {
  test("returns all points while the warehouse still has the order, and restores the stock", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.merchandise({ points: 200, stock: 5 });
    const id = await placeOrder(customer, [reward.id, 2]);
    expect(await orderPrepared(customer, id)).toMatchObject({ cancellable: true });
    expect(await stockOf(reward)).toBe(3);

    expect(await cancel(customer, id)).toMatchObject({
      replayed: false,
      userErrors: [],
      order: { status: "CANCELLED" },
    });

    const order = await orderSettled(customer, id);
    expect(order).toMatchObject({ status: "CANCELLED", pointsState: "RETURNED", cancellable: false });
    expect(order.pointsTrail).toMatchObject([
      { kind: "TAKEN" },
      { kind: "RETURNED", points: 400, reason: "CANCELLATION" },
    ]);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -400, 400]);
    expect(await stockOf(reward)).toBe(5);
  });

  test("by an operator returns all points, is recorded in the audit log, and notifies the customer", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.merchandise({ points: 200, stock: 5 });
    const id = await placeOrder(customer, reward.id);
    await orderPrepared(customer, id);
    const key = randomUUID();
    const answers = await Promise.all([cancel(gateway.operator, id, key), cancel(gateway.operator, id, key)]);
    expect(answers.map(({ replayed }) => replayed).toSorted()).toEqual([false, true]);
    const order = await orderSettled(customer, id);
    expect(order).toMatchObject({ status: "CANCELLED", pointsState: "RETURNED" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200, 200]);
    const told = "query ($id: ID!) { order(id: $id) { history { message } } }";
    expect(JSON.stringify(await customer.ok(told, { id }))).toContain("Cancelled by customer support.");
    const log =
      'query ($subject: String!) { auditLog(filter: { action: "order.cancel", subject: $subject }) { totalCount } }';
    expect(await gateway.operator.ok(log, { subject: order.number })).toEqual({ auditLog: { totalCount: 1 } });
  });

  test("keeps the fulfilled units, and returns exactly the points of the rest", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const [voucher, item] = [await gateway.voucher({ points: 100 }), await gateway.merchandise({ points: 250 })];
    const id = await placeOrder(customer, voucher.id, item.id);
    await orderPrepared(customer, id);
    await cancel(customer, id);
    const order = await orderSettled(customer, id);
    expect(order).toMatchObject({ status: "PARTIALLY_FULFILLED", pointsState: "PARTIALLY_RETURNED" });
    expect(order.lines.map((line) => line.status).sort()).toEqual(["CANCELLED", "FULFILLED"]);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -350, 250]);
  });

  test("before the deduction is sent takes no points", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 100 });
    // The first order holds the customer's lock at the ledger, so that the second has not begun.
    const call = gateway.fault("redeem", { fault: "hold" });
    const first = await placeOrder(customer, reward.id);
    await gateway.sandbox.faults.held(call);
    const second = await placeWaitingOrder(customer, reward.id);
    expect(await cancel(customer, second)).toMatchObject({ userErrors: [], order: { status: "CANCELLED" } });
    gateway.sandbox.faults.release({ id: call.id });
    expect(await orderSettled(customer, second)).toMatchObject({ status: "CANCELLED", pointsState: "NOT_TAKEN" });
    expect(await orderSettled(customer, first)).toMatchObject({ status: "FULFILLED" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -100]);
  });

  test("twice with one key is one cancellation; with another key the order is no longer cancellable", async () => {
    const customer = await gateway.customer();
    const reward = await gateway.merchandise();
    const id = await placeOrder(customer, reward.id);
    await orderPrepared(customer, id);
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 10 }, () => cancel(customer, id, key)));
    expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1);
    expect(answers.flatMap((answer) => answer.userErrors)).toEqual([]);
    expect((await cancel(customer, id)).userErrors).toEqual([{ code: "NOT_CANCELLABLE" }]);
    await orderSettled(customer, id);
    expect(gateway.ledgerOf(customer)).toEqual([10_000, -100, 100]);
  });

  test("is refused for a completed order, for another customer's order and for an unknown order", async () => {
    const [customer, other] = [await gateway.customer(), await gateway.customer()];
    const reward = await gateway.voucher();
    const id = await placeOrder(customer, reward.id);
    await orderSettled(customer, id);
    expect((await cancel(customer, id)).userErrors).toEqual([{ code: "NOT_CANCELLABLE" }]);
    const unknown = Buffer.from(`Order:${randomUUID()}`).toString("base64url");
    for (const orderId of [id, unknown, "nonsense"]) {
      expect(await cancel(other, orderId)).toEqual({
        order: null,
        replayed: false,
        userErrors: [{ code: "ORDER_NOT_FOUND" }],
      });
    }
  });
});

describe("an operator's reversal", () => {
  async function fulfilled(customer: Customer): Promise<{ order: SeenOrder; lines: [string, string] }> {
    const [cheap, dear] = [await gateway.voucher({ points: 100 }), await gateway.voucher({ points: 300 })];
    const order = await orderSettled(customer, await placeOrder(customer, cheap.id, dear.id));
    const [first, second] = order.lines;
    return { order, lines: [first?.id ?? "", second?.id ?? ""] };
  }
  const returned = (customer: Customer, id: string) =>
    orderWhen(customer, id, ({ pointsState }) => ["RETURNED", "PARTIALLY_RETURNED"].includes(pointsState));

  test("reverses one line, then the rest, returning exactly the points of each", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const { order, lines } = await fulfilled(customer);

    expect((await reverse({ orderId: order.id, lineIds: [] })).userErrors).toEqual([{ code: "INVALID_INPUT" }]);
    expect(await reverse({ orderId: order.id, lineIds: [lines[1]] })).toMatchObject({
      userErrors: [],
      order: { status: "PARTIALLY_FULFILLED" },
    });
    await returned(customer, order.id);
    const secondLinePoints = gateway.ledgerOf(customer).at(-1);
    expect(secondLinePoints).toBeGreaterThan(0);
    await reverse({ orderId: order.id });
    const seen = await orderWhen(customer, order.id, (event) => event.pointsState === "RETURNED");
    expect(seen).toMatchObject({ status: "REVERSED", settled: true });
    expect(seen.lines.map((line) => [line.status, line.vouchers])).toEqual([
      ["REVERSED", []],
      ["REVERSED", []],
    ]);
    expect(gateway.ledgerOf(customer).reduce((sum, points) => sum + points, 0)).toBe(1_000);
    expect(seen.pointsTrail.map((movement) => movement.upstreamReference)).toEqual([
      order.number,
      `${order.number}/R1`,
      `${order.number}/R2`,
    ]);
  });

  test("makes the vouchers void: they are neither revealed nor issued again", async () => {
    const customer = await gateway.customer();
    const reward = await gateway.voucher({ codes: 1 });
    const order = await orderSettled(customer, await placeOrder(customer, reward.id));
    await reverse({ orderId: order.id });
    const { revealVoucher } = await customer.ok<{ revealVoucher: { vouchers: unknown[] } }>(
      `mutation ($id: ID!) { revealVoucher(input: { orderLineId: $id }) { vouchers { code } userErrors { code } } }`,
      { id: order.lines[0]?.id },
    );
    expect(revealVoucher.vouchers).toEqual([]);
    expect(
      await gateway.sql(
        "select state from voucher_codes where code_hash is not null and reward_id = (select id from rewards where sku = $1)",
        [reward.sku],
      ),
    ).toEqual([{ state: "VOID" }]);
  });

  test("with the same key is done once, also when two requests arrive at once", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const { order } = await fulfilled(customer);
    const input = { orderId: order.id, idempotencyKey: randomUUID() };
    const answers = await Promise.all(Array.from({ length: 10 }, () => reverse(input)));
    expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1);
    await returned(customer, order.id);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -400, 400]);
    expect((await reverse({ ...input, reason: "CANCELLATION" })).userErrors).toEqual([
      { code: "IDEMPOTENCY_KEY_REUSED" },
    ]);
  });

  test("by two operators at once returns the points of each line once", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const { order } = await fulfilled(customer);
    const answers = await Promise.all([reverse({ orderId: order.id }), reverse({ orderId: order.id })]);
    expect(answers.flatMap((answer) => answer.userErrors)).toEqual([{ code: "NOT_REVERSIBLE" }]);
    await returned(customer, order.id);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -400, 400]);
  });

  test("is refused for an order that is not fulfilled, for unknown lines and unknown orders", async () => {
    const customer = await gateway.customer();
    const item = await gateway.merchandise();
    const id = await placeOrder(customer, item.id);
    await orderPrepared(customer, id);
    expect((await reverse({ orderId: id })).userErrors).toEqual([{ code: "NOT_REVERSIBLE" }]);
    const { order } = await fulfilled(customer);
    const foreignLine = (await readOrder(customer, id)).lines[0]?.id;
    expect((await reverse({ orderId: order.id, lineIds: [foreignLine] })).userErrors).toEqual([
      { code: "LINE_NOT_FOUND" },
    ]);
    expect((await reverse({ orderId: "nonsense" })).userErrors).toEqual([{ code: "ORDER_NOT_FOUND" }]);
  });

  test("works long after the session that placed the order has ended", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const { order } = await fulfilled(customer);
    await customer.ok(`mutation { signOut { userErrors { code } } }`);
    await reverse({ orderId: order.id });
    await orderWhen(gateway.operator, order.id, (event) => event.pointsState === "RETURNED");
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -400, 400]);
  });
});
