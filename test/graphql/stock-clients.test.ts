import { cacheExchange, createClient as createUrqlClient, fetchExchange } from "@urql/core";
import { getNamedType, isObjectType } from "graphql";
import { createClient, type RequestParams } from "graphql-sse";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildSchema } from "../../src/graphql/schema.ts";
import { makeLocalBus } from "../../src/platform/events.ts";
import { type CountingBus, makeCountingBus } from "../support/counting-bus.ts";
import { type Customer, startTestGateway, type TestGateway, type TestReward } from "../support/gateway.ts";
import { orderPrepared, placeOrder } from "../support/orders.ts";
import { connect } from "../support/raw-socket.ts";

/** The default behaviour of clients, and of browsers and proxies in between. */

let bus: CountingBus;
let gateway: TestGateway;
let customer: Customer;
let reward: TestReward;
beforeAll(async () => {
  gateway = await startTestGateway(
    { SOCKETS_PER_SESSION: "3" },
    {
      async openBus() {
        bus = makeCountingBus(makeLocalBus());
        return bus;
      },
    },
  );
  reward = await gateway.merchandise({ points: 10, name: "A cup" });
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(async () => {
  customer = await gateway.customer();
});

const endpoint = () => `${gateway.url}/graphql`;
const authorization = () => ({ authorization: `Bearer ${customer.token}` });

describe("urql", () => {
  const urql = (headers: Record<string, string>, methods: (string | undefined)[] = []) =>
    createUrqlClient({
      url: endpoint(),
      exchanges: [cacheExchange, fetchExchange],
      preferGetMethod: "force",
      fetchSubscriptions: true,
      fetchOptions: { headers },
      fetch: (url, init) => {
        methods.push(init?.method);
        return fetch(url, init);
      },
    });

  test("sends queries by GET, signed in and signed out", async () => {
    const methods: string[] = [];
    const query = "{ me { customerId } rewardCategories { name } }";
    const signedIn = await urql(authorization(), methods).query(query, {}).toPromise();
    expect(signedIn).toMatchObject({ data: { me: { customerId: customer.customerId } } });
    const signedOut = await urql({}, methods).query(query, {}).toPromise();
    expect(signedOut).toMatchObject({ data: { me: null, rewardCategories: [{ name: "Category" }] } });
    expect(methods).toEqual(["GET", "GET"]);
  });

  test("subscribes without a websocket", async () => {
    const orderId = await placeOrder(customer, reward.id);
    await orderPrepared(customer, orderId);
    const query = "subscription ($id: ID!) { orderStatus(orderId: $id) { status } }";
    const first = Promise.withResolvers<unknown>();
    const { unsubscribe } = urql(authorization())
      .subscription(query, { id: orderId })
      .subscribe(({ data, error }) => first.resolve(error ?? data));
    expect(await first.promise).toMatchObject({ orderStatus: { status: "PROCESSING" } });
    unsubscribe();
    await bus.silence("order:");
  });
});

const get = (query: string, headers: Record<string, string> = {}) =>
  fetch(`${endpoint()}?${new URLSearchParams({ query })}`, { headers: { accept: "application/json", ...headers } });

describe("a GET", () => {
  const query = "{ me { customerId } }";
  const cookie = () => ({ cookie: `tessera-access=${customer.token}` });

  test.each<[by: string, headers: () => Record<string, string>]>([
    ["a header that no other site's page can send", () => ({ ...cookie(), "apollo-require-preflight": "1" })],
    ["a bearer token", authorization],
    ["a page of this server", () => ({ ...cookie(), "sec-fetch-site": "same-origin" })],
  ])("with cookies or credentials is accepted with %s", async (_, headers) => {
    expect(await (await get(query, headers())).json()).toEqual({ data: { me: { customerId: customer.customerId } } });
  });

  test.each(["cross-site", "same-site", "none", undefined])(
    "with cookies alone is refused, if it comes from %s",
    async (from) => {
      const response = await get(query, { ...cookie(), ...(from !== undefined && { "sec-fetch-site": from }) });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain("Cross-Site Request Forgery");
    },
  );

  test("changes nothing", async () => {
    const response = await get("mutation { signOut { userErrors { code } } }", authorization());
    expect(response.status).toBe(405);
    await customer.ok(query);
  });
});

describe("the answer to an anonymous GET of the catalogue", () => {
  const catalogue =
    "{ rewards(first: 5) { totalCount pageInfo { endCursor } edges { cursor node { id name points stock } } } }";

  test("may be cached for 30 seconds by every cache in between", async () => {
    const response = await get(catalogue);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "cache-control": "max-age=30, public",
      etag: expect.stringMatching(/^"[\w-]{43}"$/),
      vary: expect.stringMatching(/Authorization.*Cookie/),
    });
    expect(response.headers.has("set-cookie")).toBe(false);
    expect(response.headers.has("ratelimit")).toBe(false);
  });

  test("is 304 for a client with the current version", async () => {
    const tag = (await get(catalogue)).headers.get("etag") ?? "";
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`]) {
      const again = await get(catalogue, { "if-none-match": known });
      expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", tag]);
      expect(again.headers.get("cache-control")).toBe("max-age=30, public");
    }
    await gateway.operator.ok(
      "mutation ($input: UpdateRewardInput!) { updateReward(input: $input) { userErrors { code } } }",
      {
        input: { rewardId: reward.id, points: 11 },
      },
    );
    const changed = await get(catalogue, { "if-none-match": tag });
    expect([changed.status, changed.headers.get("etag") === tag]).toEqual([200, false]);
  });

  test.each<[what: string, query: string, headers?: () => Record<string, string>]>([
    ["of a signed-in customer", catalogue, authorization],
    ["of an operator", catalogue, () => ({ authorization: `Bearer ${gateway.operator.token}` })],
    ["about oneself", "{ me { customerId } rewards(first: 1) { totalCount } }"],
    ["of a field that depends on the time", "{ rewards(first: 1) { nodes { redeemability { redeemable } } } }"],
    ["that has errors", "{ rewards(first: 0) { totalCount } }"],
    ["that fails in part", "{ rewardCategories { name } orders { totalCount } }"],
    ["that is not valid", "{ rewards { none } }"],
    ["about the schema", "{ __schema { queryType { name } } }"],
  ])("may not be cached if it is %s", async (_, query, headers) => {
    const response = await get(query, headers?.());
    expect([response.headers.get("cache-control"), response.headers.get("etag")]).toEqual(["no-store", null]);
  });

  test("may not be cached if the request was a POST", async () => {
    const response = await fetch(endpoint(), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: catalogue }),
    });
    expect([response.headers.get("cache-control"), response.headers.get("etag")]).toEqual(["no-store", null]);
  });
});

describe("an event stream", () => {
  let orderId: string;
  let lineId: string;
  beforeEach(async () => {
    orderId = await placeOrder(customer, reward.id);
    lineId = (await orderPrepared(customer, orderId)).lines[0]?.id ?? "";
  });

  interface Event {
    orderStatus: { seq: number; status: string };
  }
  const watched = (): RequestParams => ({
    query: "subscription ($id: ID!, $after: Int) { orderStatus(orderId: $id, afterSeq: $after) { seq status } }",
    variables: { id: orderId },
  });
  const client = (headers: () => Record<string, string> = authorization) =>
    createClient({ url: `${endpoint()}/stream`, headers, retryAttempts: 0 });
  const report = (status: string) =>
    gateway.operator.ok(
      "mutation ($input: UpdateShipmentInput!) { updateShipment(input: $input) { userErrors { code } } }",
      { input: { orderId, lineId, status } },
    );
  /** The raw stream, by default the customer's. */
  const open = (options: { path?: string; method?: string; headers?: Record<string, string>; body?: unknown } = {}) => {
    const { path = "/graphql/stream", method = "POST", headers = authorization(), body = watched() } = options;
    return fetch(`${gateway.url}${path}`, {
      method,
      headers: {
        accept: "text/event-stream",
        ...(method === "POST" && { "content-type": "application/json" }),
        ...headers,
      },
      ...(method === "POST" && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  };
  async function* textsOf(response: Response) {
    for await (const chunk of response.body ?? []) yield Buffer.from(chunk as Uint8Array).toString();
  }

  test("delivers all events and the completion to graphql-sse", async () => {
    const statuses: string[] = [];
    for await (const { data, errors } of client().iterate<Event>(watched())) {
      if (errors) throw new Error(JSON.stringify(errors));
      statuses.push(data?.orderStatus.status ?? "");
      if (statuses.length === 1) await report("SHIPPED");
      if (statuses.length === 2) await report("DELIVERED");
    }
    expect([statuses[0], statuses.at(-1)]).toEqual(["PROCESSING", "FULFILLED"]);
    await bus.silence("order:");
  });

  test("is not cached, transformed or buffered in between", async () => {
    const response = await open();
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
      "x-content-type-options": "nosniff",
      "x-request-id": expect.any(String),
    });
    await response.body?.cancel();
    await bus.silence("order:");
  });

  test("works with EventSource and the page's cookies", async () => {
    const { query, variables } = watched();
    const search = new URLSearchParams({ query, variables: JSON.stringify(variables) });
    const path = `/graphql/stream?${search}`;
    const headers = { cookie: `tessera-access=${customer.token}` };
    for (const at of [path, path.replace("/stream", "")]) {
      const response = await open({ path: at, method: "GET", headers });
      let text = "";
      for await (const more of textsOf(response)) {
        text += more;
        if (text.includes("PROCESSING")) break;
      }
      expect(text).toMatch(/^event: next\ndata: {"data":{"orderStatus":{"seq":\d+,"status":"PROCESSING"}}}$/m);
    }
    const foreign = await open({ path, method: "GET", headers: { ...headers, origin: "https://evil.example" } });
    expect(await foreign.text()).toContain("UNAUTHENTICATED");
  });

  test.each<[what: string, code: string, body: () => unknown, headers?: () => Record<string, string>]>([
    ["without a subject", "UNAUTHENTICATED", watched, () => ({})],
    ["with a token that is not good", "UNAUTHENTICATED", watched, () => ({ authorization: "Bearer x" })],
    ["of another customer's order", "BAD_USER_INPUT", () => ({ ...watched(), variables: { id: "x" } })],
    ["that is a mutation", "BAD_USER_INPUT", () => ({ query: "mutation { clearCart { userErrors { code } } }" })],
    ["that is not valid", "GRAPHQL_VALIDATION_FAILED", () => ({ query: "subscription { none }" })],
    ["that cannot be read", "GRAPHQL_PARSE_FAILED", () => ({ query: "subscription {" })],
    ["about the schema", "GRAPHQL_VALIDATION_FAILED", () => ({ query: "{ __schema { queryType { name } } }" })],
    ["over a limit", "GRAPHQL_VALIDATION_FAILED", () => ({ query: `{ ${"a: me { id } ".repeat(11)} }` })],
    [
      "that costs too much",
      "BAD_USER_INPUT",
      () => ({
        query:
          "{ rewards(first: 100) { nodes { redeemability(wallet: {payWith: GROUP}) { shortBy } } } me { orders(first: 100) { nodes { history { order { lines { reward { id name sku } } } } } } } }",
      }),
    ],
    ["without a document", "GRAPHQL_PARSE_FAILED", () => ({})],
    ["by an unknown id", "PERSISTED_QUERY_NOT_FOUND", () => ({ documentId: `sha256:${"0".repeat(64)}` })],
  ])("%s reports it and completes", async (_, code, body, headers = authorization) => {
    const response = await open({ body: body(), headers: headers() });
    expect(response.status).toBe(200);
    const text = await response.text();
    const [, data = "{}"] = /^event: next\ndata: (.*)$/m.exec(text) ?? [];
    const { errors } = JSON.parse(data) as { errors?: { extensions: { code: string; requestId: string } }[] };
    expect([...new Set(errors?.map(({ extensions }) => extensions.code))]).toEqual([code]);
    expect(errors?.[0]?.extensions.requestId).toBe(response.headers.get("x-request-id"));
    expect(text).toMatch(/event: complete\ndata:\s*\n\n$/);
  });

  test.each<[what: string, options: () => Parameters<typeof open>[0]]>([
    ["text", () => ({ headers: { ...authorization(), "content-type": "text/plain" } })],
    ["no JSON", () => ({ body: "{" })],
    ["a list", () => ({ body: [watched()] })],
    ["variables in a list", () => ({ body: { ...watched(), variables: [] } })],
    ["a number for a name", () => ({ body: { ...watched(), operationName: 7 } })],
    ["a number for a document", () => ({ body: { query: 7 } })],
    ["variables that are no JSON", () => ({ method: "GET", path: "/graphql/stream?query={me{id}}&variables=x" })],
  ])("is refused for %s", async (_, options) => {
    const response = await open(options());
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ message: expect.any(String) }] });
  });

  test("ends with its session, without a complete event", async () => {
    let text = "";
    for await (const more of textsOf(await open())) {
      text += more;
      if (text.endsWith("\n\n") && text.includes("PROCESSING"))
        await customer.ok("mutation { signOut { userErrors { code } } }");
    }
    expect(text).toContain("PROCESSING");
    expect(text).not.toContain("complete");
    await bus.silence("order:");
  });

  test("counts as a socket of its session, until it is closed", async () => {
    const streams = [await open(), await open()];
    const socket = await connect(gateway.url, { payload: authorization() });
    const fourth = await open();
    expect([fourth.status, fourth.headers.get("retry-after")]).toEqual([429, "5"]);
    expect(await fourth.json()).toMatchObject({ errors: [{ message: expect.stringContaining("of this session") }] });
    await streams[0]?.body?.cancel();
    await expect
      .poll(async () => {
        const again = await open();
        await again.body?.cancel();
        return again.status;
      })
      .toBe(200);
    await streams[1]?.body?.cancel();
    socket.ws.terminate();
    await bus.silence("order:");
  });

  test("ends when the gateway stops, without a complete event", async () => {
    const texts = textsOf(await open());
    let text = (await texts.next()).value ?? "";
    const restarted = gateway.restart();
    for await (const more of texts) text += more;
    await restarted;
    expect(text).not.toContain("complete");
    expect((await open()).status).toBe(200);
  });
});

test("every connection can be paged from both ends, as Relay specifies", () => {
  const lists = Object.values(buildSchema([]).getTypeMap()).flatMap((type) =>
    isObjectType(type) ? Object.values(type.getFields()).map((field) => ({ of: type.name, field })) : [],
  );
  const connections = lists.filter(({ field }) => String(getNamedType(field.type)).endsWith("Connection"));
  const paging = connections.map(({ of, field: { name, args } }) => {
    const names = args.map((arg) => arg.name);
    return [`${of}.${name}`, ["first", "after", "last", "before"].filter((each) => !names.includes(each))];
  });
  expect(paging.length).toBeGreaterThan(8);
  expect(paging.filter(([, missing]) => missing?.length)).toEqual([]);
});

test("orders, refused messages, reconciliations and the audit log can be paged from their end, too", async () => {
  const orderIds: string[] = [];
  for (let n = 1; n <= 4; n += 1) orderIds.push(await placeOrder(customer, reward.id));
  for (let n = 1; n <= 4; n += 1) {
    await gateway.service.send(
      "mutation ($p: String!) { processReward(input: { payload: $p }) { userErrors { code } } }",
      {
        p: JSON.stringify({ Action: "none", n }),
      },
    );
  }
  await gateway.sql(`
    with runs as (
      insert into reconciliation_runs (id, "from", "to", is_nightly, actor, requested_at, finished_at)
      select gen_random_uuid(), now(), now(), false, 'system', now() - (n / 2) * interval '1 day', now() from generate_series(1, 4) n
      returning id, requested_at)
    insert into reconciliation_breaks (id, class, key, repair, run_id, evidence, since, found_at, last_seen_at)
    select gen_random_uuid(), 'ENTRY_NOT_IN_BOOKS', id::text, 'WRITE_OFF', id, '{}', date_trunc('day', requested_at), now(), now() from runs`);
  const page = "{ nodes { id } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } }";
  interface Page {
    nodes: { id: string }[];
    pageInfo: { startCursor: string; endCursor: string; hasNextPage: boolean; hasPreviousPage: boolean };
  }
  for (const [caller, field] of [
    [gateway.operator, "orders"],
    [gateway.operator, "quarantinedRewards"],
    [gateway.operator, "reconciliationRuns"],
    [gateway.operator, "reconciliationBreaks"],
    [gateway.operator, "auditLog"],
  ] as const) {
    const read = async (args: string) => (await caller.ok<{ it: Page }>(`{ it: ${field}(${args}) ${page} }`)).it;
    const all = (await read("first: 100")).nodes;
    expect(all.length).toBeGreaterThan(3);
    const last = await read("last: 2");
    expect(last).toMatchObject({ nodes: all.slice(-2), pageInfo: { hasNextPage: false, hasPreviousPage: true } });
    const before = await read(`last: 1, before: "${last.pageInfo.startCursor}"`);
    expect(before).toMatchObject({ nodes: all.slice(-3, -2), pageInfo: { hasNextPage: true } });
    const between = await read(
      `first: 5, after: "${before.pageInfo.startCursor}", before: "${last.pageInfo.endCursor}"`,
    );
    expect(between.nodes).toEqual(all.slice(-2, -1));
  }
  const { me } = await customer.ok<{ me: { orders: Page } }>(`{ me { orders(last: 3) ${page} } }`);
  expect(me.orders.nodes.map(({ id }) => id)).toEqual(orderIds.slice(0, 3).reverse());
});
