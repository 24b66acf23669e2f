import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDocument } from "../sandbox/support/openapi.ts";
import { type Customer, type InProcessGateway, startTestGateway } from "../support/gateway.ts";
import { address, addToCart, sendPlaceOrder } from "../support/orders.ts";

const { document, mistakesInAnswer } = openDocument("rest.yaml");

let gateway: InProcessGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any answer
  body: any;
}

/** Calls the REST face, and holds the answer to the document. */
async function call(method: "get" | "post", path: string, token: string | undefined, body?: unknown): Promise<Answer> {
  const response = await fetch(`${gateway.url}${path}`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const answer = { status: response.status, headers: response.headers, body: await response.json() };
  expect(mistakesInAnswer(method, path.split("?")[0] ?? "", answer)).toEqual([]);
  return answer;
}

const order = (customer: Customer, body: unknown) => call("post", "/api/v1/orders", customer.token, body);
const statusOf = (customer: Customer, orderId: string) =>
  call("get", `/api/v1/orders/status?order_id=${encodeURIComponent(orderId)}`, customer.token);

/** The documented body for these SKUs. */
function bodyOf(total: number, ...items: [sku: string, qty: number][]) {
  const order_id = `MY-${randomUUID()}`;
  return {
    order_timestamp: "2026-06-03T10:00:00Z",
    order_total: total,
    order_items: items.length,
    line_items: items.map(([SKU, qty]) => ({ order_id, SKU, qty })),
  };
}
const idOf = (body: ReturnType<typeof bodyOf>) => body.line_items[0]?.order_id ?? "";

describe("the catalogue", () => {
  test("has each reward with its price, its stock as text, and whether it can be ordered", async () => {
    const customer = await gateway.customer();
    const rewards = {
      limited: await gateway.merchandise({ stock: 7, points: 250 }),
      unlimited: await gateway.merchandise({ stock: null }),
      soldOut: await gateway.merchandise({ stock: 0 }),
      ended: await gateway.voucher({ validUntil: "2020-01-01T00:00:00Z" }),
    };
    const { body } = await call("get", "/api/v1/catalog", customer.token);
    const seen = (name: keyof typeof rewards) =>
      body.products.find((product: { skus: string }) => product.skus === rewards[name].sku);
    expect(seen("limited")).toMatchObject({ denomination_value: "250", status: 1, qty_trigger_limit: "0", qty: "7" });
    expect(seen("unlimited")).toMatchObject({ status: 1, qty: "0" });
    expect(seen("soldOut")).toMatchObject({ status: 0, qty: "0" });
    expect(seen("ended")).toMatchObject({ status: 0 });
    const ids = body.products.map(({ id }: { id: number }) => id);
    expect(ids).toEqual(ids.toSorted((a: number, b: number) => a - b));
    const rest = await call("get", `/api/v1/catalog?after_id=${seen("limited").id}`, customer.token);
    expect(rest.body.products[0]).toEqual(seen("unlimited"));
  });

  test("refuses an invalid page", async () => {
    const { token } = await gateway.customer();
    const { status, body } = await call("get", "/api/v1/catalog?after_id=x", token);
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ field: "after_id" }]);
  });
});

describe("an order", () => {
  test("of a voucher takes the points once and answers with the codes", async () => {
    const customer = await gateway.customer();
    const voucher = await gateway.voucher({ points: 100 });
    const body = bodyOf(200, [voucher.sku, 2]);
    const answer = await order(customer, body);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ order_id: idOf(body), state: "success" });
    expect(answer.body.id).toBeGreaterThan(2 ** 31);
    const codes = answer.body.vouchers.map((each: { voucher_code: string }) => each.voucher_code);
    expect(codes.toSorted()).toEqual(voucher.codes.filter((code) => codes.includes(code)).toSorted());
    expect(codes).toHaveLength(2);
    expect(gateway.ledgerOf(customer)).toEqual([10_000, -200]);
    expect((await statusOf(customer, idOf(body))).body).toMatchObject({ status: "FULFILLED" });
    expect((await statusOf(customer, answer.body.order_number)).body.order_id).toBe(answer.body.order_number);
  });

  test("that is sent again, also simultaneously, is one order", async () => {
    const customer = await gateway.customer();
    const voucher = await gateway.voucher({ points: 100 });
    const body = bodyOf(100, [voucher.sku, 1]);
    const answers = await Promise.all([order(customer, body), order(customer, body), order(customer, body)]);
    answers.push(await order(customer, body));
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(new Set(answers.map((answer) => answer.body.vouchers[0].voucher_code)).size).toBe(1);
    expect(gateway.ledgerOf(customer)).toEqual([10_000, -100]);
  });

  test("that is sent again with other items is refused", async () => {
    const customer = await gateway.customer();
    const voucher = await gateway.voucher({ points: 100 });
    const body = bodyOf(100, [voucher.sku, 1]);
    await order(customer, body);
    const [line] = body.line_items;
    const other = { ...body, order_total: 200, line_items: [{ ...line, qty: 2 }] };
    expect(await order(customer, other)).toMatchObject({ status: 409, body: { type: "ORDER_ID_REUSED" } });
    expect(gateway.ledgerOf(customer)).toEqual([10_000, -100]);
  });

  test("leaves the customer's cart unchanged, even if it fails", async () => {
    const customer = await gateway.customer();
    const [inCart, ordered] = [await gateway.voucher(), await gateway.voucher({ points: 100 })];
    await addToCart(customer, inCart.id);
    gateway.fault("redeem", { fault: "refuse" });
    const failed = await order(customer, bodyOf(100, [ordered.sku, 1]));
    expect(failed).toMatchObject({ status: 422, body: { type: "ORDER_FAILED", state: "failed" } });
    expect((await order(customer, bodyOf(100, [ordered.sku, 1]))).status).toBe(200);
    const { me } = await customer.ok<{ me: { cart: { lines: { reward: { sku: string } }[] } } }>(
      "{ me { cart { lines { reward { sku } } } } }",
    );
    expect(me.cart.lines.map(({ reward }) => reward.sku)).toEqual([inCart.sku]);
    expect(gateway.ledgerOf(customer)).toEqual([10_000, -100]);
  });

  test("of merchandise is sent to the warehouse once its address is known", async () => {
    const customer = await gateway.customer();
    const parcel = await gateway.merchandise({ points: 100 });
    const body = bodyOf(100, [parcel.sku, 1]);
    const refused = await order(customer, body);
    expect(refused).toMatchObject({ status: 422, body: { type: "ADDRESS_REQUIRED", code: 37 } });
    expect(refused.body.errors).toMatchObject([{ field: "shipping_address" }]);
    const badAddress = await order(customer, { ...body, shipping_address: { ...address, country: "UK" } });
    expect(badAddress.body.errors).toMatchObject([{ field: "shipping_address.country" }]);
    const answer = await order(customer, { ...body, shipping_address: address });
    expect(answer).toMatchObject({ status: 202, body: { state: "processing", vouchers: [] } });
    expect((await statusOf(customer, idOf(body))).body).toMatchObject({ status: "PROCESSING", fulfilled_date: null });
  });

  test("beyond the balance is refused, and may be sent again once the balance suffices", async () => {
    const customer = await gateway.customer({ balance: 50 });
    const voucher = await gateway.voucher({ points: 100 });
    const body = bodyOf(100, [voucher.sku, 1]);
    expect(await order(customer, body)).toMatchObject({ status: 422, body: { type: "INSUFFICIENT_POINTS" } });
    await gateway.callLedger("/api/v1/points/credit", {
      customer_id: customer.customerId,
      points_credited: 50,
      reference: randomUUID(),
      transaction_date: new Date().toISOString(),
    });
    expect((await order(customer, body)).status).toBe(200);
    expect(gateway.ledgerOf(customer)).toEqual([50, 50, -100]);
  });

  test("at a price other than the accepted one is refused", async () => {
    const customer = await gateway.customer();
    const voucher = await gateway.voucher({ points: 100 });
    const { body } = await order(customer, bodyOf(90, [voucher.sku, 1]));
    expect(body.errors).toEqual([{ field: "order_total", message: expect.stringContaining("must be 100") }]);
  });

  test("whose ledger answer is lost is being processed, and stays one order when it is sent again", async () => {
    await using slow = await startTestGateway({}, { pace: { restWaitMs: 1 } });
    const customer = await slow.customer();
    const voucher = await slow.voucher({ points: 100 });
    const body = bodyOf(100, [voucher.sku, 1]);
    const held = slow.fault("redeem", { fault: "hold", commit: true });
    const send = async () => {
      const response = await fetch(`${slow.url}/api/v1/orders`, {
        method: "POST",
        headers: { authorization: `Bearer ${customer.token}` },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as { id: number; state: string } };
    };
    const first = await send();
    expect(first).toMatchObject({ status: 202, body: { state: "processing" } });
    slow.sandbox.faults.release({ id: held.id });
    await slow.until(async () => (await send()).status === 200);
    expect(await send()).toMatchObject({ status: 200, body: { state: "success", id: first.body.id } });
    expect(slow.ledgerOf(customer)).toEqual([10_000, -100]);
  });
});

describe("a bad request", () => {
  const good = () => bodyOf(100, ["SKU-1", 1]);
  const line = { order_id: "A", SKU: "SKU-1", qty: 1 };
  test.each<[string, unknown, string]>([
    ["no JSON", '{"order_total":', "body"],
    ["a list", [], "body"],
    ["no lines", { ...good(), line_items: [] }, "line_items"],
    ["too many lines", { ...good(), line_items: Array(51).fill(line) }, "line_items"],
    ["no timestamp", { ...good(), order_timestamp: undefined }, "order_timestamp"],
    ["half a point", { ...good(), order_total: 0.5 }, "order_total"],
    ["no quantity", { ...good(), line_items: [{ ...line, qty: 0 }] }, "line_items.0.qty"],
    ["a huge quantity", { ...good(), line_items: [{ ...line, qty: 1e9 }] }, "line_items.0.qty"],
    ["an order_id with a blank", { ...good(), line_items: [{ ...line, order_id: "A B" }] }, "line_items.0.order_id"],
    [
      "two order_ids",
      { ...good(), order_items: 2, line_items: [line, { ...line, order_id: "B" }] },
      "line_items.1.order_id",
    ],
    ["a wrong count", { ...good(), order_items: 4 }, "order_items"],
    ["an unknown SKU", good(), "line_items.0.SKU"],
    ["a text that cannot be stored", { ...good(), line_items: [{ ...line, SKU: "a\u0000" }] }, "line_items.0.SKU"],
  ])("(%s) names the field", async (_, body, field) => {
    const { status, body: answer } = await order(await gateway.customer(), body);
    expect(status).toBe(422);
    expect(answer.errors.map((error: { field: string }) => error.field)).toContain(field);
  });

  test("for an order's status names the missing field", async () => {
    const { token } = await gateway.customer();
    const { status, body } = await call("get", "/api/v1/orders/status", token);
    expect([status, body.errors[0].field]).toEqual([422, "order_id"]);
  });
});

describe("no other caller", () => {
  test("sees a customer's order", async () => {
    const [customer, other] = [await gateway.customer(), await gateway.customer()];
    const voucher = await gateway.voucher({ points: 100 });
    const body = bodyOf(100, [voucher.sku, 1]);
    const { body: placed } = await order(customer, body);
    expect((await statusOf(other, idOf(body))).status).toBe(404);
    expect((await statusOf(other, placed.order_number)).status).toBe(404);
    const own = await order(other, body); // the same id is another order for another customer
    expect(own.body.id).not.toBe(placed.id);
    const { data } = await sendPlaceOrder(other);
    expect(data?.placeOrder.userErrors).toMatchObject([{ code: "CART_EMPTY" }]);
  });

  test("is let in without a customer's token", async () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const method of Object.keys(methods) as ("get" | "post")[]) {
        const body = method === "post" ? good : undefined;
        const anonymous = await call(method, path, undefined, body);
        expect([anonymous.status, anonymous.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
        expect((await call(method, path, "operator-token-of-the-tests", body)).status).toBe(403);
      }
    }
  });
  const good = bodyOf(100, ["SKU-1", 1]);

  test("can ask without limit", async () => {
    await using strict = await startTestGateway({ COST_PER_MINUTE_CUSTOMER: "5000" });
    const { token } = await strict.customer();
    const read = () => fetch(`${strict.url}/api/v1/catalog`, { headers: { authorization: `Bearer ${token}` } });
    const answers = await Promise.all(Array.from({ length: 40 }, read));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(Number(refused[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});

test("an erased customer's orders lose the integrator's reference, and those that were not placed are deleted", async () => {
  const customer = await gateway.customer({ balance: 100 });
  const voucher = await gateway.voucher({ points: 100 });
  const [placed, refused] = [bodyOf(100, [voucher.sku, 1]), bodyOf(100, [voucher.sku, 1])];
  await order(customer, placed);
  expect((await order(customer, refused)).status).toBe(422);
  const references = [idOf(placed), idOf(refused)];
  const carts = () => gateway.sql("select from carts where reference = any($1)", [references]);
  expect(await carts()).toHaveLength(2);
  await gateway.operator.ok(
    "mutation ($input: EraseCustomerInput!) { eraseCustomer(input: $input) { userErrors { message } } }",
    {
      input: { customerId: customer.customerId, note: "test" },
    },
  );
  expect(await carts()).toEqual([]);
});

test("the document describes exactly what the gateway answers", async () => {
  expect(Object.keys(document.paths)).toEqual(["/api/v1/catalog", "/api/v1/orders", "/api/v1/orders/status"]);
});
