import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sign } from "../../src/platform/webhook-signature.ts";
import { startTestGateway, type TestGateway, WEBHOOK_SECRET } from "../support/gateway.ts";
import { orderPrepared, orderSettled, placeOrder, readOrder, type SeenOrder } from "../support/orders.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

async function orderedItem(options: { quantity?: number; points?: number } = {}) {
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.merchandise({ points: options.points ?? 200 });
  const id = await placeOrder(customer, [reward.id, options.quantity ?? 1]);
  const order = await orderPrepared(customer, id);
  return { customer, order };
}

const at = (minutes: number) => new Date(Date.now() - 3_600_000 + minutes * 60_000).toISOString();

interface Report {
  id?: string;
  status: string;
  occurredAt?: string;
  carrier?: string;
  trackingNumber?: string;
  line?: number;
  orderNumber?: string;
}
const reportBody = (order: SeenOrder, { id = randomUUID(), occurredAt = at(0), ...data }: Report) =>
  JSON.stringify({ id, type: "shipment.updated", occurredAt, data: { orderNumber: order.number, line: 1, ...data } });

async function send(body: string, signature: string | null = sign(body, WEBHOOK_SECRET, new Date())) {
  const response = await fetch(`${gateway.url}/webhooks/fulfilment`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(signature && { "x-tessera-signature": signature }) },
    body,
  });
  return { status: response.status, body: await response.json() };
}
const report = (order: SeenOrder, what: Report) => send(reportBody(order, what));

const permutations = <T>(items: readonly T[]): T[][] =>
  items.length < 2
    ? [[...items]]
    : items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));

async function discrepancies(order: { id: string }, fields = "message lineId resolvedAt") {
  const answer = await gateway.operator.ok<{
    order: { discrepancies: { id?: string; message: string; lineId: string | null; resolvedAt: string | null }[] };
  }>(`query ($id: ID!) { order(id: $id) { discrepancies { ${fields} } } }`, { id: order.id });
  return answer.order.discrepancies;
}

describe("the warehouse's reports", () => {
  test("move an order from preparing over shipped to delivered", async () => {
    const { customer, order } = await orderedItem({ quantity: 2 });
    expect(
      await report(order, { status: "SHIPPED", occurredAt: at(1), carrier: "BlueDart", trackingNumber: "BD1" }),
    ).toEqual({
      status: 200,
      body: { outcome: "applied" },
    });
    expect(await readOrder(customer, order.id)).toMatchObject({
      status: "PROCESSING",
      cancellable: false,
      lines: [{ status: "PROCESSING", shipment: { status: "SHIPPED", trackingNumber: "BD1" } }],
    });
    await report(order, { status: "DELIVERED", occurredAt: at(2) });
    expect(await orderSettled(customer, order.id)).toMatchObject({
      status: "FULFILLED",
      pointsState: "TAKEN",
      lines: [{ fulfilledQuantity: 2, shipment: { status: "DELIVERED" } }],
    });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -400]);
  });

  test.each([
    [["REJECTED"], "VENDOR_REJECTION"],
    [["SHIPPED", "LOST"], "FULFILMENT_FAILURE"],
    [["SHIPPED", "RETURNED"], "FULFILMENT_FAILURE"],
  ])("%j return the points", async (statuses, reason) => {
    const { customer, order } = await orderedItem();
    for (const [minute, status] of statuses.entries()) await report(order, { status, occurredAt: at(minute) });
    const settled = await orderSettled(customer, order.id);
    expect(settled).toMatchObject({
      status: "FAILED",
      pointsState: "RETURNED",
      lines: [{ failure: { reason: "UPSTREAM_REFUSED" } }],
    });
    expect(settled.pointsTrail).toMatchObject([
      { kind: "TAKEN" },
      { kind: "RETURNED", points: 200, reason, state: "CONFIRMED" },
    ]);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200, 200]);
  });

  test("of one lost parcel return the points of that line and leave the others", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const [one, two] = [await gateway.merchandise({ points: 100 }), await gateway.merchandise({ points: 250 })];
    const id = await placeOrder(customer, one.id, two.id);
    const order = await orderPrepared(customer, id);
    await report(order, { status: "LOST", line: 2 });
    await report(order, { status: "DELIVERED", line: 1 });
    const settled = await orderSettled(customer, id);
    expect(settled).toMatchObject({ status: "PARTIALLY_FULFILLED", pointsState: "PARTIALLY_RETURNED" });
    expect(settled.lines.map((line) => line.status)).toEqual(["FULFILLED", "FAILED"]);
    const lost = settled.lines[1];
    expect(settled.pointsTrail.at(-1)).toMatchObject({ kind: "RETURNED", lineIds: [lost?.id] });
  });

  test("are applied once, however often they arrive", async () => {
    const { customer, order } = await orderedItem();
    const body = reportBody(order, { status: "LOST" });
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(body)));
    expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(200));
    expect(answers.filter(({ body: answer }) => (answer as { outcome: string }).outcome === "applied")).toHaveLength(1);
    await orderSettled(customer, order.id);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200, 200]);
  });

  test("in the wrong order end in the same state as in the right order", async () => {
    const { customer, order } = await orderedItem();
    await report(order, { status: "DELIVERED", occurredAt: at(10) });
    const late = await report(order, { status: "SHIPPED", occurredAt: at(5), trackingNumber: "BD2" });
    expect(late.body).toEqual({ outcome: "stale" });
    expect(await readOrder(customer, order.id)).toMatchObject({
      status: "FULFILLED",
      lines: [{ shipment: { status: "DELIVERED", trackingNumber: "BD2" } }],
    });
  });

  test("that contradict the known status move no points, and notify operators", async () => {
    const { customer, order } = await orderedItem();
    await report(order, { status: "REJECTED", occurredAt: at(1) });
    expect((await report(order, { status: "DELIVERED", occurredAt: at(2) })).body).toEqual({ outcome: "ignored" });
    expect((await orderSettled(customer, order.id)).status).toBe("FAILED");
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200, 200]);
    expect(await discrepancies(order)).toEqual([
      {
        message: expect.stringContaining("DELIVERED at"),
        lineId: order.lines[0]?.id,
        resolvedAt: null,
      },
    ]);
  });

  test.each([
    [["SHIPPED", "RETURNED"], { status: "FAILED", pointsState: "RETURNED" }, []],
    [["SHIPPED", "LOST"], { status: "FAILED", pointsState: "RETURNED" }, []],
    [["SHIPPED", "DELIVERED"], { status: "FULFILLED", pointsState: "TAKEN" }, []],
    [["SHIPPED", "LOST", "RETURNED"], { status: "FAILED", pointsState: "RETURNED" }, []],
    [["LOST", "RETURNED"], { status: "FAILED", pointsState: "RETURNED" }, []],
  ])(
    "%j end in the same state in every order of arrival, however often they arrive",
    async (statuses, end, told: string[]) => {
      for (const arrival of permutations(statuses.map((status, minute) => ({ status, occurredAt: at(minute) })))) {
        const { customer, order } = await orderedItem();
        const bodies = arrival.map((each) => reportBody(order, each));
        for (const body of bodies) expect((await send(body)).status).toBe(200);
        for (const body of bodies) expect((await send(body)).body).toEqual({ outcome: "duplicate" });
        expect(await orderSettled(customer, order.id)).toMatchObject({
          ...end,
          lines: [{ shipment: { status: statuses.at(-1) } }],
        });
        const returned = end.pointsState === "RETURNED" ? [200] : [];
        expect(gateway.ledgerOf(customer)).toEqual([1_000, -200, ...returned]);
        const open = (await discrepancies(order)).filter(({ resolvedAt }) => resolvedAt === null);
        expect(open.map(({ message }) => message)).toEqual(told.map((words) => expect.stringContaining(words)));
      }
    },
  );

  test.each([
    [["SHIPPED", "REJECTED"]],
    [["LOST", "DELIVERED"]],
    [["DELIVERED", "RETURNED"]],
    [["DELIVERED", "LOST"]],
    [["REJECTED", "SHIPPED"]],
  ])("%j notify operators in every order of arrival, and move the points at most once", async (statuses) => {
    for (const arrival of permutations(statuses.map((status, minute) => ({ status, occurredAt: at(minute) })))) {
      const { customer, order } = await orderedItem();
      for (const each of arrival) expect((await report(order, each)).status).toBe(200);
      const { pointsState, status } = await readOrder(customer, order.id);
      if (status !== "PROCESSING") await orderSettled(customer, order.id);
      const returned = pointsState === "TAKEN" ? [] : [200];
      expect(gateway.ledgerOf(customer)).toEqual([1_000, -200, ...returned]);
      expect(await discrepancies(order)).toMatchObject([{ resolvedAt: null }]);
    }
  });

  test("of a return before any dispatch wait for the dispatch, and operators see them waiting", async () => {
    const { customer, order } = await orderedItem();
    const waiting = async () => {
      const { orders } = await gateway.operator.ok<{ orders: { nodes: { id: string }[] } }>(
        "{ orders(first: 100, filter: { openDiscrepancies: true }) { nodes { id } } }",
      );
      return orders.nodes.some(({ id }) => id === order.id);
    };
    expect((await report(order, { status: "RETURNED", occurredAt: at(20) })).body).toEqual({ outcome: "kept" });
    expect(await readOrder(customer, order.id)).toMatchObject({ status: "PROCESSING", pointsState: "TAKEN" });
    expect(await waiting()).toBe(true);
    expect((await report(order, { status: "SHIPPED", occurredAt: at(10) })).body).toEqual({ outcome: "applied" });
    expect(await orderSettled(customer, order.id)).toMatchObject({ status: "FAILED", pointsState: "RETURNED" });
    expect(await waiting()).toBe(false);
    expect(await discrepancies(order)).toMatchObject([{ resolvedAt: expect.any(String) }]);
  });

  test("of a lost parcel that is delivered after all notify operators, once", async () => {
    const { customer, order } = await orderedItem();
    for (const [minute, status] of ["SHIPPED", "LOST", "DELIVERED"].entries())
      await report(order, { status, occurredAt: at(minute) });
    await orderSettled(customer, order.id);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200, 200]);
    const [open, ...others] = await discrepancies(order, "id");
    expect(others).toEqual([]);
    const input = { orderId: order.id, discrepancyId: open?.id, outcome: "HAPPENED", note: "seen" };
    await gateway.operator.ok(
      "mutation ($input: ResolveOrderInput!) { resolveOrder(input: $input) { userErrors { message } } }",
      { input: { ...input, idempotencyKey: randomUUID() } },
    );
    await report(order, { status: "DELIVERED", occurredAt: at(30) });
    expect(await discrepancies(order)).toMatchObject([{ resolvedAt: expect.any(String) }]);
  });

  test("of a return after delivery are shown, and leave the points to an operator", async () => {
    const { customer, order } = await orderedItem();
    await report(order, { status: "DELIVERED", occurredAt: at(1) });
    await report(order, { status: "RETURNED", occurredAt: at(2) });
    expect(await readOrder(customer, order.id)).toMatchObject({
      status: "FULFILLED",
      pointsState: "TAKEN",
      lines: [{ shipment: { status: "RETURNED" }, failure: null }],
    });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200]);
    expect(await discrepancies(order)).toMatchObject([
      { message: expect.stringContaining("RETURNED at"), resolvedAt: null },
    ]);

    await gateway.operator.ok(
      "mutation ($input: ReverseOrderInput!) { reverseOrder(input: $input) { userErrors { message } } }",
      { input: { orderId: order.id, reason: "FULFILMENT_FAILURE", idempotencyKey: randomUUID() } },
    );
    expect(await discrepancies(order)).toMatchObject([{ resolvedAt: expect.any(String) }]);
  });

  test("for a line that the customer cancelled before notify operators", async () => {
    const { customer, order } = await orderedItem();
    await customer.ok(
      `mutation ($id: ID!) { cancelOrder(input: { orderId: $id, idempotencyKey: "cancel-once" }) { userErrors { code } } }`,
      { id: order.id },
    );
    expect((await report(order, { status: "DELIVERED" })).body).toEqual({ outcome: "ignored" });
    await orderSettled(customer, order.id);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200, 200]);
    expect(await discrepancies(order)).toMatchObject([
      { message: expect.stringContaining("cancelled"), resolvedAt: null },
    ]);
    // The parcel came back: neither the goods nor the points are in the wrong place.
    await report(order, { status: "RETURNED", occurredAt: at(1) });
    expect(await discrepancies(order)).toMatchObject([{ resolvedAt: expect.any(String) }]);
  });
});

describe("a webhook is refused", () => {
  test("without a signature, with a wrong one, with one for another body or with another secret", async () => {
    const { order } = await orderedItem();
    const body = reportBody(order, { status: "LOST" });
    const now = new Date();
    for (const signature of [
      null,
      "nonsense",
      `t=1,v1=${"0".repeat(64)}`,
      sign(`${body} `, WEBHOOK_SECRET, now),
      sign(body, "another secret", now),
    ]) {
      expect(await send(body, signature)).toMatchObject({
        status: 401,
        body: { error: expect.stringContaining("X-Tessera-Signature") },
      });
    }
    expect(await readOrder(gateway.operator, order.id)).toMatchObject({ status: "PROCESSING" });
  });

  test.each([-301, 301])("when it was signed %i seconds from now", async (seconds) => {
    const { order } = await orderedItem();
    const body = reportBody(order, { status: "LOST" });
    expect((await send(body, sign(body, WEBHOOK_SECRET, new Date(Date.now() + seconds * 1_000)))).status).toBe(401);
  });

  test.each([
    ["body", "not json"],
    [
      "type",
      JSON.stringify({
        id: "1",
        type: "other",
        occurredAt: at(0),
        data: { orderNumber: "x", line: 1, status: "LOST" },
      }),
    ],
    [
      "data.status",
      JSON.stringify({
        id: "1",
        type: "shipment.updated",
        occurredAt: at(0),
        data: { orderNumber: "x", line: 1, status: "GONE" },
      }),
    ],
    [
      "data.line",
      JSON.stringify({
        id: "1",
        type: "shipment.updated",
        occurredAt: at(0),
        data: { orderNumber: "x", line: 0, status: "LOST" },
      }),
    ],
    [
      "occurredAt",
      JSON.stringify({
        id: "1",
        type: "shipment.updated",
        occurredAt: "yesterday",
        data: { orderNumber: "x", line: 1, status: "LOST" },
      }),
    ],
    [
      "occurredAt",
      JSON.stringify({
        id: "1",
        type: "shipment.updated",
        occurredAt: at(120),
        data: { orderNumber: "x", line: 1, status: "LOST" },
      }),
    ],
  ])("with a message that names %s", async (field, body) => {
    expect(await send(body)).toMatchObject({
      status: 400,
      body: { error: expect.stringMatching(new RegExp(`^${field}`)) },
    });
  });

  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ["data.line", {}, { line: 2 ** 31 }],
    ["data.line", {}, { line: Number.MAX_SAFE_INTEGER }],
    ["data.line", {}, { line: 1.5 }],
    ["id", { id: "a\0b" }, {}],
    ["id", { id: "a\ud83cb" }, {}],
    ["data.orderNumber", {}, { orderNumber: "\0" }],
    ["data.carrier", {}, { carrier: "\udf39" }],
    ["data.trackingNumber", {}, { trackingNumber: "BD\0" }],
    ["data.trackingNumber", {}, { trackingNumber: "1".repeat(201) }],
    ["occurredAt", { occurredAt: "0000-01-01T00:00:00Z" }, {}],
    ["occurredAt", { occurredAt: "1970-01-01T00:00:00Z" }, {}],
  ])("with a value of %s that the database cannot store: %j %j", async (field, top, data) => {
    const { order } = await orderedItem();
    const message = {
      ...{ id: randomUUID(), type: "shipment.updated", occurredAt: at(0), ...top },
      data: { orderNumber: order.number, line: 1, status: "LOST", ...data },
    };
    expect(await send(JSON.stringify(message))).toMatchObject({
      status: 400,
      body: { error: expect.stringMatching(new RegExp(`^${field}: `)) },
    });
  });

  test("but accepted with a byte order mark at its beginning", async () => {
    const { order } = await orderedItem();
    expect(await send(`\uFEFF${reportBody(order, { status: "LOST" })}`)).toMatchObject({ status: 200 });
  });

  test("for an unknown order or line, and may be sent again", async () => {
    const { order } = await orderedItem();
    const body = reportBody(order, { status: "LOST", line: 9 });
    expect((await send(body)).status).toBe(404);
    expect((await send(body)).status).toBe(404);
  });

  test("when its id was used for another report", async () => {
    const { order } = await orderedItem();
    const id = randomUUID();
    expect((await report(order, { id, status: "SHIPPED" })).status).toBe(200);
    expect((await report(order, { id, status: "LOST" })).status).toBe(409);
  });
});

describe("a report entered by an operator", () => {
  const update = async (input: Record<string, unknown>) =>
    (
      await gateway.operator.send<{
        updateShipment: { order: { status: string } | null; userErrors: { code: string }[] };
      }>(
        `mutation ($input: UpdateShipmentInput!) { updateShipment(input: $input) { order { status } userErrors { code } } }`,
        { input },
      )
    ).data?.updateShipment;

  test("marks the parcel as delivered", async () => {
    const { order } = await orderedItem();
    const input = { orderId: order.id, lineId: order.lines[0]?.id };
    expect(await update({ ...input, status: "DELIVERED" })).toEqual({ order: { status: "FULFILLED" }, userErrors: [] });
    expect((await update({ ...input, status: "LOST" }))?.userErrors).toEqual([{ code: "SHIPMENT_STATUS_INVALID" }]);
    expect(
      await gateway.sql("select details from audit_log where action = 'shipment.update' and subject = $1", [
        order.number,
      ]),
    ).toMatchObject([{ details: { line: 1, status: "DELIVERED" } }]);
  });

  test("accepts no future time, and only texts of limited length", async () => {
    const { order } = await orderedItem();
    const input = { orderId: order.id, lineId: order.lines[0]?.id, status: "SHIPPED" };
    for (const wrong of [{ occurredAt: at(120) }, { carrier: "c".repeat(201) }, { trackingNumber: "1".repeat(201) }]) {
      expect((await update({ ...input, ...wrong }))?.userErrors).toEqual([{ code: "INVALID_INPUT" }]);
    }
  });

  test("is refused for a line without a shipment", async () => {
    const { order } = await orderedItem();
    expect((await update({ orderId: order.id, lineId: "nonsense", status: "LOST" }))?.userErrors).toEqual([
      { code: "SHIPMENT_NOT_FOUND" },
    ]);
    expect((await update({ orderId: "nonsense", lineId: order.lines[0]?.id, status: "LOST" }))?.userErrors).toEqual([
      { code: "ORDER_NOT_FOUND" },
    ]);
  });
});
