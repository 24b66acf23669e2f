import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Customer, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { orderPrepared, orderSettled, placeOrder, placeWaitingOrder, readOrder } from "../support/orders.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Changed {
  order: { status: string } | null;
  replayed: boolean;
  preview: { total: number } | null;
  userErrors: { code: string; message: string }[];
}
const cancel = async (customer: Pick<Customer, "send">, orderId: string, more: object): Promise<Changed> =>
  (
    await customer.send<{ cancelOrder: Changed }>(
      `mutation ($input: CancelOrderInput!) {
        cancelOrder(input: $input) { order { status } replayed preview { total } userErrors { code message } } }`,
      { input: { orderId, idempotencyKey: randomUUID(), ...more } },
    )
  ).data?.cancelOrder as Changed;

/** An order of three units: two cups for 150 each, one lamp for 200. */
async function ordered() {
  const customer = await gateway.customer({ balance: 1_000 });
  const [cup, lamp] = [
    await gateway.merchandise({ points: 150, stock: 5 }),
    await gateway.merchandise({ points: 200 }),
  ];
  const id = await placeOrder(customer, [cup.id, 2], lamp.id);
  const { lines } = await orderPrepared(customer, id);
  const lineOf = (quantity: number) => lines.find((line) => line.quantity === quantity)?.id ?? "";
  return { customer, id, cups: lineOf(2), lamp: lineOf(1) };
}

describe("cancelling a line", () => {
  test("returns its points and keeps the others", async () => {
    const { customer, id, cups, lamp } = await ordered();
    const cancellable = `query ($id: ID!) { order(id: $id) { lines { id cancellable } } }`;
    const before = await customer.ok<{ order: { lines: object[] } }>(cancellable, { id });
    expect(before.order.lines).toEqual([
      { id: cups, cancellable: true },
      { id: lamp, cancellable: true },
    ]);
    expect(await cancel(customer, id, { lineIds: [cups], dryRun: true })).toMatchObject({ preview: { total: 300 } });
    expect(await cancel(customer, id, { lineIds: [cups] })).toMatchObject({ userErrors: [], replayed: false });
    await gateway.until(async () => gateway.ledgerOf(customer).length === 3);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -500, 300]);
    const order = await readOrder(customer, id);
    expect(order.status).toBe("PROCESSING");
    expect(order.lines.map(({ status }) => status)).toEqual(["CANCELLED", "PROCESSING"]);
    expect(order.pointsTrail).toMatchObject([{ kind: "TAKEN" }, { kind: "RETURNED", points: 300, lineIds: [cups] }]);
    const after = await customer.ok<{ order: { lines: object[] } }>(cancellable, { id });
    expect(after.order.lines).toEqual([
      { id: cups, cancellable: false },
      { id: lamp, cancellable: true },
    ]);
  });

  test("one after the other, and then the rest, returns the points of each line once", async () => {
    const { customer, id, cups, lamp } = await ordered();
    await cancel(customer, id, { lineIds: [lamp] });
    await cancel(customer, id, { lineIds: [cups] });
    expect(await orderSettled(customer, id)).toMatchObject({ status: "CANCELLED", pointsState: "RETURNED" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -500, 200, 300]);
    expect((await cancel(customer, id, {})).userErrors).toMatchObject([{ code: "NOT_CANCELLABLE" }]);
  });

  test("at the same time as the whole order returns the points once, whichever request is first", async () => {
    const { customer, id, cups } = await ordered();
    await Promise.all([cancel(customer, id, { lineIds: [cups] }), cancel(customer, id, {}), cancel(customer, id, {})]);
    expect(await orderSettled(customer, id)).toMatchObject({ status: "CANCELLED" });
    const [, , ...returns] = gateway.ledgerOf(customer);
    expect(returns.reduce((sum, points) => sum + points, 0)).toBe(500);
  });

  test("twice at once with one key is done once; the key is bound to the lines", async () => {
    const { customer, id, cups, lamp } = await ordered();
    const idempotencyKey = randomUUID();
    const twins = [0, 1].map(() => cancel(customer, id, { lineIds: [cups], idempotencyKey }));
    expect((await Promise.all(twins)).map(({ replayed }) => replayed).toSorted()).toEqual([false, true]);
    const other = await cancel(customer, id, { lineIds: [lamp], idempotencyKey });
    expect(other.userErrors).toMatchObject([{ code: "IDEMPOTENCY_KEY_REUSED" }]);
    await gateway.until(async () => gateway.ledgerOf(customer).length === 3);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -500, 300]);
  });

  test("is refused before the points are taken, when only the whole order can be cancelled", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const [cup, lamp] = [await gateway.merchandise({ points: 150 }), await gateway.merchandise({ points: 200 })];
    const call = gateway.fault("redeem", { fault: "hold" });
    const first = await placeOrder(customer, cup.id);
    await gateway.sandbox.faults.held(call);
    const id = await placeWaitingOrder(customer, cup.id, lamp.id);
    const { lines } = await readOrder(customer, id);
    const one = await cancel(customer, id, { lineIds: [lines[0]?.id] });
    expect(one.userErrors).toMatchObject([{ code: "NOT_CANCELLABLE" }]);
    const both = await cancel(customer, id, { lineIds: lines.map((line) => line.id) });
    expect(both).toMatchObject({ userErrors: [], order: { status: "CANCELLED" } });
    gateway.sandbox.faults.release({ id: call.id });
    expect(await orderSettled(customer, id)).toMatchObject({ pointsState: "NOT_TAKEN" });
    await orderPrepared(customer, first);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -150]);
  });

  test("of another order, or of an unknown order, is refused", async () => {
    const [one, other] = [await ordered(), await ordered()];
    for (const lineIds of [[other.cups], ["x"], []]) {
      const { userErrors } = await cancel(one.customer, one.id, { lineIds });
      expect(userErrors).toMatchObject([{ code: lineIds.length === 0 ? "INVALID_INPUT" : "LINE_NOT_FOUND" }]);
    }
    const foreign = await cancel(other.customer, one.id, { lineIds: [one.cups] });
    expect(foreign.userErrors).toMatchObject([{ code: "ORDER_NOT_FOUND" }]);
  });
});

describe("a return", () => {
  interface Asked {
    orderLine: { returnRequest: object | null } | null;
    userErrors: { code: string; message: string }[];
  }
  const send = async (caller: Pick<Customer, "send">, mutation: string, input: object): Promise<Asked> => {
    const type = `${mutation.slice(0, 1).toUpperCase()}${mutation.slice(1)}Input`;
    const { data } = await caller.send<Record<string, Asked>>(
      `mutation ($input: ${type}!) { ${mutation}(input: $input) {
        orderLine { returnRequest { state reason note answer closedAt } } userErrors { code message } } }`,
      { input },
    );
    return data?.[mutation] as Asked;
  };
  const ask = (caller: Pick<Customer, "send">, orderLineId: string, more: object = {}) =>
    send(caller, "requestReturn", { orderLineId, reason: "DAMAGED", note: "A crack in the handle.", ...more });
  const reveal = async (customer: Customer, orderLineId: string) => {
    const { data } = await customer.send<{ revealVoucher: { vouchers: object[]; userErrors: { code: string }[] } }>(
      `mutation ($id: ID!) { revealVoucher(input: { orderLineId: $id }) { vouchers { code } userErrors { code } } }`,
      { id: orderLineId },
    );
    return data?.revealVoucher;
  };
  const reverse = (orderId: string, lineIds: string[]) =>
    gateway.operator.ok(
      `mutation ($input: ReverseOrderInput!) { reverseOrder(input: $input) { userErrors { code } } }`,
      { input: { orderId, lineIds, reason: "CANCELLATION", idempotencyKey: randomUUID() } },
    );

  async function given(points = 100) {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points });
    const id = await placeOrder(customer, reward.id);
    const { lines } = await orderSettled(customer, id);
    return { customer, id, lineId: lines[0]?.id ?? "" };
  }

  test("is requested once, shown to operators, and refunded when an operator takes the line back", async () => {
    const { customer, id, lineId } = await given();
    const [first, second] = await Promise.all([ask(customer, lineId), ask(customer, lineId)]);
    for (const each of [first, second])
      expect(each).toMatchObject({ userErrors: [], orderLine: { returnRequest: { state: "OPEN" } } });
    expect(
      await gateway.sql("select id from return_requests where line_id is not null and customer_id = $1", [
        customer.customerId,
      ]),
    ).toHaveLength(1);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -100]);
    const { attention } = await gateway.operator.ok<{
      attention: { queues: { kind: string; items: { order: object }[] }[] };
    }>("{ attention { queues { kind items { order { id } } } } }");
    const queue = attention.queues.find(({ kind }) => kind === "RETURN_REQUESTED");
    expect(queue?.items).toContainEqual({ order: { id } });

    await reverse(id, [lineId]);
    expect(await orderSettled(customer, id)).toMatchObject({ status: "REVERSED", pointsState: "RETURNED" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -100, 100]);
    const shown = `query ($id: ID!) { order(id: $id) { lines { returnRequest { state } } } }`;
    expect(await customer.ok(shown, { id })).toEqual({ order: { lines: [{ returnRequest: { state: "APPROVED" } }] } });
  });

  test("keeps the code closed until the request is withdrawn", async () => {
    const { customer, lineId } = await given();
    await ask(customer, lineId);
    expect(await reveal(customer, lineId)).toMatchObject({ vouchers: [], userErrors: [{ code: "RETURN_REQUESTED" }] });
    const withdrawn = await send(customer, "withdrawReturn", { orderLineId: lineId });
    expect(withdrawn.orderLine).toMatchObject({ returnRequest: { state: "WITHDRAWN" } });
    expect(await reveal(customer, lineId)).toMatchObject({ vouchers: [{}], userErrors: [] });
    expect((await ask(customer, lineId)).userErrors).toMatchObject([{ code: "NOT_RETURNABLE" }]);
  });

  test("requested while the code is being revealed: either the code is shown or the request stands", async () => {
    for (let round = 0; round < 5; round += 1) {
      const { customer, lineId } = await given();
      const [asked, revealed] = await Promise.all([ask(customer, lineId), reveal(customer, lineId)]);
      expect(asked.userErrors.length + (revealed?.userErrors.length ?? 0)).toBe(1);
    }
  });

  test("is declined with a reason that the customer reads, and can be requested again", async () => {
    const { customer, lineId } = await given();
    await ask(customer, lineId);
    await send(gateway.operator, "declineReturn", { orderLineId: lineId, answer: "The card is valid." });
    const again = await ask(customer, lineId, { note: null, reason: "CHANGED_MIND" });
    expect(again.orderLine).toMatchObject({ returnRequest: { state: "OPEN", reason: "CHANGED_MIND", note: null } });
    const declined = await send(gateway.operator, "declineReturn", {
      orderLineId: lineId,
      answer: "The card is valid.",
    });
    expect(declined.orderLine).toMatchObject({ returnRequest: { state: "DECLINED", answer: "The card is valid." } });
  });

  test("is refused for a line that was not fulfilled, cost nothing, or is too old", async () => {
    const pending = await ordered();
    expect((await ask(pending.customer, pending.lamp)).userErrors).toMatchObject([{ code: "NOT_RETURNABLE" }]);
    const free = await given(0);
    expect((await ask(free.customer, free.lineId)).userErrors).toMatchObject([{ code: "NOT_RETURNABLE" }]);
    const old = await given();
    await gateway.sql(
      "update voucher_codes set allocated_at = allocated_at - interval '31 days' where unit_id in (select id from order_units where line_id in (select id from order_lines where order_id in (select id from orders where customer_id = $1)))",
      [old.customer.customerId],
    );
    expect((await ask(old.customer, old.lineId)).userErrors[0]?.message).toContain("30 days");
  });
});
