import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Customer, type InProcessGateway, startTestGateway, type TestGateway } from "../support/gateway.ts";
import type { GraphqlAnswer } from "../support/graphql.ts";
import { addToCart, orderSettled, placeOrder } from "../support/orders.ts";

interface Me {
  me: {
    customerId: string;
    wallet: { balance: number; earned: number; held: number; available: number; asOf: string } | null;
    cart: { lines: unknown[] };
  };
}
const dashboard = `{ me { customerId wallet { balance earned held available asOf } cart { lines { id } } } }`;
const look = (customer: Customer) => customer.send<Me>(dashboard);
const dark = (code: string) => [{ path: ["me", "wallet"], extensions: { code } }];

/** The rest of the page, next to a wallet that could not be read. */
function expectDark(answer: GraphqlAnswer<Me>, customer: Customer, code = "UPSTREAM_UNAVAILABLE") {
  expect(answer.data?.me).toEqual({ customerId: customer.customerId, wallet: null, cart: { lines: [] } });
  expect(answer.errors).toMatchObject(dark(code));
  expect(answer.errors).toHaveLength(1);
}

describe("a wallet", () => {
  let gateway: InProcessGateway;
  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway[Symbol.asyncDispose]());
  const fault = (kind: "http-500" | "malformed" | "drop-before" | "rate-limit" | "refuse", message?: string) =>
    gateway.sandbox.faults.add({ upstream: "client", operation: "points", fault: kind, ...(message && { message }) });

  test("shows the ledger's current state, read for the request", async () => {
    const customer = await gateway.customer({ balance: 3_500 });
    const before = Date.now();
    const { data } = await look(customer);
    expect(data?.me.wallet).toEqual({
      balance: 3_500,
      earned: 3_500,
      held: 0,
      available: 3_500,
      asOf: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect(Date.parse(data?.me.wallet?.asOf ?? "")).toBeGreaterThanOrEqual(before);

    gateway.sandbox.client.credit(customer.customerId, 500);
    await gateway.spendElsewhere(customer.customerId, 1_000);
    expect((await look(customer)).data?.me.wallet).toMatchObject({ balance: 3_000, earned: 4_000, available: 3_000 });
  });

  test("reserves the points of an order until the ledger has confirmed it", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 300 });
    const call = gateway.fault("redeem", { fault: "hold" });
    const order = await placeOrder(customer, reward.id);
    await gateway.sandbox.faults.held(call);
    expect((await look(customer)).data?.me.wallet).toMatchObject({ balance: 1_000, held: 300, available: 700 });
    gateway.sandbox.faults.release({ id: call.id });
    await orderSettled(customer, order);
    expect((await look(customer)).data?.me.wallet).toMatchObject({ balance: 700, held: 0, available: 700 });
  });

  test("reserves nothing for a deduction that the balance shows, even if points are also earned", async () => {
    const customer = await gateway.customer({ balance: 900 });
    const reward = await gateway.voucher({ points: 300 });
    const call = gateway.fault("redeem", { fault: "hold", commit: true }); // it takes effect at once and answers late
    const order = await placeOrder(customer, reward.id);
    await gateway.sandbox.faults.held(call);
    expect((await look(customer)).data?.me.wallet).toMatchObject({ balance: 600, held: 0, available: 600 });
    gateway.sandbox.client.credit(customer.customerId, 50);
    expect((await look(customer)).data?.me.wallet).toMatchObject({ balance: 650, held: 0, available: 650 });
    await addToCart(customer, (await gateway.voucher({ points: 650 })).id);
    const { data } = await customer.send<{ placeOrder: { userErrors: object[] } }>(
      `mutation ($key: String!) { placeOrder(input: { idempotencyKey: $key, dryRun: true }) { userErrors { code } } }`,
      { key: randomUUID() },
    );
    expect(data?.placeOrder.userErrors).toEqual([]);
    gateway.sandbox.faults.release({ id: call.id });
    await orderSettled(customer, order);
  });

  test("never has a negative available balance, even if other spending hides a deduction's outcome", async () => {
    const customer = await gateway.customer({ balance: 400 });
    const reward = await gateway.voucher({ points: 300 });
    const call = gateway.fault("redeem", { fault: "hold", commit: true });
    const order = await placeOrder(customer, reward.id);
    await gateway.sandbox.faults.held(call);
    await gateway.spendElsewhere(customer.customerId, 100);
    expect((await look(customer)).data?.me.wallet).toMatchObject({ balance: 0, held: 300, available: 0 });
    gateway.sandbox.faults.release({ id: call.id });
    await orderSettled(customer, order);
  });

  test("tells operators that only its customer can read it, and how to change that", async () => {
    const customer = await gateway.customer({ balance: 400 });
    const { me } = await customer.ok<{ me: { wallet: { id: string } } }>("{ me { wallet { id } } }");
    const { data, errors } = await gateway.operator.send<{ node: object | null }>(
      "query ($id: ID!) { node(id: $id) { ... on Wallet { balance } } }",
      { id: me.wallet.id },
    );
    expect(data?.node).toBeNull();
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining("CLIENT_POINTS_AUTH=basic"),
      extensions: { code: "FORBIDDEN", retryable: false },
    });
  });

  test.each(["http-500", "malformed", "drop-before", "rate-limit", "refuse"] as const)(
    "is null with an error while the ledger answers with %s, and the rest of the page is returned",
    async (kind) => {
      const customer = await gateway.customer();
      fault(kind);
      expectDark(await look(customer), customer);
      expect((await look(customer)).data?.me.wallet).toMatchObject({ balance: 10_000 });
    },
  );
  test("is null with an error if the ledger's answer breaks off", async () => {
    const customer = await gateway.customer();
    fault("malformed", "half");
    expectDark(await look(customer), customer);
  });
  test("is null with an error if the ledger takes too long", async () => {
    const customer = await gateway.customer();
    const call = gateway.fault("points", { fault: "hold" });
    const looking = look(customer);
    await gateway.sandbox.faults.held(call);
    gateway.endTimeouts("points");
    expectDark(await looking, customer);
  });

  test("is the same under several names in one document, for one call", async () => {
    const customer = await gateway.customer();
    const before = gateway.sandbox.calls.since(0).length;
    await customer.ok(`{ a: me { wallet { balance } } b: me { wallet { earned } cart { problems { code } } } }`);
    expect(gateway.sandbox.calls.since(0).length - before).toBe(1);
  });

  test("is found by its id, only by its owner", async () => {
    const [customer, other] = [await gateway.customer({ balance: 70 }), await gateway.customer()];
    const { me } = await customer.ok<{ me: { wallet: { id: string } } }>("{ me { wallet { id } } }");
    const query = `query ($id: ID!) { node(id: $id) { id ... on Wallet { balance } } }`;
    const variables = { id: me.wallet.id };
    expect(await customer.ok(query, variables)).toEqual({ node: { id: me.wallet.id, balance: 70 } });
    expect(await other.ok(query, variables)).toEqual({ node: null });
    expect(await gateway.anonymous.ok(query, variables)).toEqual({ node: null });
  });
});

describe("a ledger with invalid answers", () => {
  /** Stands between the gateway and the sandbox, and answers points reads itself when `answer` is set. */
  let answer: RequestListener | undefined;
  let gateway: TestGateway;
  let sandboxUrl = "";
  const between = createServer(async (request, response) => {
    if (answer && request.url?.startsWith("/api/v1/customer/points")) return answer(request, response);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { host: _, connection: __, "content-length": ___, ...headers } = request.headers;
    const body = request.method === "POST" ? { body: Buffer.concat(chunks) } : {};
    const upstream = await fetch(sandboxUrl + request.url, {
      method: request.method ?? "GET",
      headers: headers as Record<string, string>,
      ...body,
    });
    response.writeHead(upstream.status, { "content-type": "application/json" });
    response.end(await upstream.text());
  });
  let customer: Customer;
  beforeAll(async () => {
    between.listen(0, "127.0.0.1");
    await once(between, "listening");
    const url = `http://127.0.0.1:${(between.address() as AddressInfo).port}`;
    gateway = await startTestGateway({ CLIENT_API_URL: url });
    sandboxUrl = gateway.sandbox.url;
    customer = await gateway.customer();
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    between.close();
  });
  beforeEach(async () => {
    answer = undefined;
    expect((await look(customer)).data?.me.wallet?.balance).toBe(10_000); // and the breaker has nothing to count
  });
  const says =
    (body: unknown, status = 200): RequestListener =>
    (_, response) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    };
  const good = (changes: Record<string, unknown> = {}) => ({
    status: true,
    customer_id: customer.customerId,
    points_earned: 900,
    balance_points: 700,
    ...changes,
  });

  test("in numbers written as text is accepted", async () => {
    answer = says(good({ points_earned: "900", balance_points: "0700" }));
    expect((await look(customer)).data?.me.wallet).toMatchObject({ balance: 700, earned: 900 });
  });
  test("in unknown fields is accepted", async () => {
    answer = says(good({ message: "hello", tier: { name: "gold" } }));
    expect((await look(customer)).data?.me.wallet).toMatchObject({ balance: 700 });
  });

  test.each<[string, () => RequestListener]>([
    ["HTML with 200", () => says("<html><body>Welcome</body></html>")],
    ["nothing", () => says("")],
    ["half an answer", () => says('{"status":true,"customer_id":"C')],
    ["null", () => says("null")],
    ["a list", () => says([good()])],
    ["no verdict", () => says(good({ status: undefined }))],
    ["a verdict that is text", () => says(good({ status: "true" }))],
    ["no balance", () => says(good({ balance_points: undefined }))],
    ["a balance of null", () => says(good({ balance_points: null }))],
    ["a negative balance", () => says(good({ balance_points: -5 }))],
    ["a fraction of a point", () => says(good({ balance_points: 1.5 }))],
    ["a fraction in text", () => says(good({ balance_points: "1.5" }))],
    ["text that is no number", () => says(good({ balance_points: "many" }))],
    ["empty text for a number", () => says(good({ balance_points: "" }))],
    ["more than can be counted", () => says(good({ balance_points: 2 ** 53 }))],
    ["more than can be counted in text", () => says(good({ balance_points: "9007199254740993" }))],
    ["somebody else's balance", () => says(good({ customer_id: "CUST67890" }))],
    ["nobody's balance", () => says(good({ customer_id: undefined }))],
    ["success with 404", () => says(good(), 404)],
    ["success with 302", () => says(good(), 302)],
    ["a refusal with 200", () => says({ status: false, message: "Invalid Customer ID" })],
    ["a refusal with 400", () => says({ status: false, message: "Invalid Customer ID" }, 400)],
    ["a refusal without a message", () => says({ status: false })],
    ["5 MB", () => says(good({ pad: "x".repeat(5 * 1024 * 1024) }))],
  ])("makes the wallet null with an error that repeats none of it: %s", async (_, makeAnswer) => {
    answer = makeAnswer();
    const seen = await look(customer);
    expectDark(seen, customer);
    expect(JSON.stringify(seen)).not.toMatch(/Invalid Customer|CUST67890|html|xxx/);
  });

  test.each([401, 403])(
    "and HTTP %i makes the wallet null with an error for this customer's sign-in",
    async (status) => {
      answer = says({ status: false, message: "Unauthorized" }, status);
      expectDark(await look(customer), customer, status === 401 ? "UNAUTHENTICATED" : "UPSTREAM_UNAVAILABLE");
    },
  );

  test("about one customer's expired sign-in does not stop reads for others", async () => {
    answer = says({ status: false, message: "Unauthorized" }, 401);
    for (let time = 1; time <= 20; time += 1) expectDark(await look(customer), customer, "UNAUTHENTICATED");
    answer = undefined;
    expect((await look(customer)).data?.me.wallet).toMatchObject({ balance: 10_000 });
  });
});

test("an unreachable ledger affects the wallets, and nothing else", async () => {
  await using gateway = await startTestGateway();
  const customer = await gateway.customer();
  const reward = await gateway.voucher();
  await gateway.sandbox.stop();
  const answer = await customer.send<Me & { rewards: { totalCount: number }; reward: unknown }>(
    `query ($id: ID) {
      me { customerId maskedMobile wallet { balance } cart { total } orders { totalCount } }
      rewards { totalCount nodes { name } } reward(id: $id) { sku } rewardCategories { name rewardCount }
    }`,
    { id: reward.id },
  );
  expect(answer.errors).toMatchObject(dark("UPSTREAM_UNAVAILABLE"));
  expect(answer.data).toMatchObject({
    me: { wallet: null, maskedMobile: "98XXXXXX45", cart: { total: 0 }, orders: { totalCount: 0 } },
    rewards: { totalCount: 1 },
    reward: { sku: reward.sku },
  });
});
