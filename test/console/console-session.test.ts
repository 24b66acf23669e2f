import { on, once } from "node:events";
import { createClient } from "graphql-ws";
import { afterAll, beforeAll, expect, test } from "vitest";
import WebSocket from "ws";
import { OPERATOR_TOKEN, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { operatorKey } from "../support/operator-key.ts";
import { orderPrepared, placeOrder } from "../support/orders.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: gateway.url, ...headers },
    body: JSON.stringify(body),
  });
async function signIn(token: string): Promise<{ status: number; cookie: string; attributes: string }> {
  const { status, headers } = await post("/console/sign-in", { token });
  const set = headers.getSetCookie()[0] ?? "";
  return { status, cookie: set.split(";")[0] ?? "", attributes: set };
}
async function operatorOf(cookie: string, headers: Record<string, string> = {}, path = "/graphql?console") {
  const response = await post(path, { query: "{ operator { name roles } me { id } }" }, { cookie, ...headers });
  return ((await response.json()) as { data: { operator: { name: string; roles: string[] } | null } }).data.operator;
}

test("a key is exchanged for a session in a cookie that only counts for the console's requests", async () => {
  const key = await operatorKey(gateway, ["support"]);
  const { status, cookie, attributes } = await signIn(key.secret);
  expect(status).toBe(204);
  expect(attributes).toMatch(/^tessera-operator=[\w-]{43}; Path=\/; Expires=.+; HttpOnly; SameSite=Strict$/);
  expect(await operatorOf(cookie)).toEqual({ name: `key:${key.name}`, roles: ["SUPPORT"] });
  expect(await operatorOf(cookie, {}, "/graphql")).toBeNull();
  expect(await operatorOf(cookie, { origin: "https://shop.example" })).toBeNull();
  expect(await operatorOf(cookie, { "sec-fetch-site": "same-site" })).toBeNull();
  const other = await post("/console/sign-in", { token: key.secret }, { origin: "https://shop.example" });
  expect(other.status).toBe(403);
});

test("a session ends when the operator signs out, and with its key", async () => {
  const key = await operatorKey(gateway, ["support"]);
  const first = await signIn(key.secret);
  const second = await signIn(key.secret);
  expect((await post("/console/sign-out", {}, { cookie: first.cookie })).status).toBe(204);
  expect(await operatorOf(first.cookie)).toBeNull();
  expect(await operatorOf(second.cookie)).not.toBeNull();

  const closed = new Promise<number>((resolve) => {
    const socket = createClient({
      url: `${gateway.url.replace("http", "ws")}/graphql?console`,
      webSocketImpl: class extends WebSocket {
        constructor(url: string, protocols: string) {
          super(url, protocols, { headers: { cookie: second.cookie, origin: gateway.url } });
        }
      },
      retryAttempts: 0,
      lazy: false,
      onNonLazyError: () => {},
      on: {
        connected: () =>
          void gateway.operator.ok(
            "mutation ($name: String!) { withdrawOperatorKey(input: { name: $name }) { userErrors { code } } }",
            { name: key.name },
          ),
        closed: (event) => {
          resolve((event as { code: number }).code);
          void socket.dispose();
        },
      },
    });
  });
  expect(await closed).toBe(4403);
  expect(await operatorOf(second.cookie)).toBeNull();
});

/** The console's transports of subscriptions, each from its opening to its end. */
const transports: Record<string, (cookie: string, orderId: string) => AsyncGenerator<string>> = {
  async *"a websocket"(cookie, orderId) {
    const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/graphql?console`, "graphql-transport-ws", {
      headers: { cookie, origin: gateway.url },
    });
    const messages = on(socket, "message", { close: ["close"] });
    await once(socket, "open");
    socket.send(JSON.stringify({ type: "connection_init" }));
    const subscribe = { id: "1", type: "subscribe", payload: { query: SUBSCRIPTION, variables: { orderId } } };
    for await (const [data] of messages) {
      if (String(data).includes("connection_ack")) socket.send(JSON.stringify(subscribe));
      yield String(data);
    }
  },
  "an event stream": (cookie, orderId) => eventStream("/graphql/stream?console", cookie, orderId),
  "an event stream at the address of queries": (cookie, orderId) => eventStream("/graphql?console", cookie, orderId),
  async *"an event stream by GET"(cookie, orderId) {
    const search = new URLSearchParams({ query: SUBSCRIPTION, variables: JSON.stringify({ orderId }) });
    const response = await fetch(`${gateway.url}/graphql/stream?console&${search}`, {
      headers: { accept: "text/event-stream", origin: gateway.url, cookie },
    });
    yield* textsOf(response);
  },
};
const SUBSCRIPTION = "subscription ($orderId: ID!) { orderStatus(orderId: $orderId) { status } }";
async function* eventStream(path: string, cookie: string, orderId: string): AsyncGenerator<string> {
  const body = { query: SUBSCRIPTION, variables: { orderId } };
  yield* textsOf(await post(path, body, { cookie, accept: "text/event-stream" }));
}
async function* textsOf({ body }: Response): AsyncGenerator<string> {
  for await (const chunk of body ?? []) yield Buffer.from(chunk as Uint8Array).toString();
}

test.each(Object.keys(transports))("%s ends when the operator signs out, without a complete message", async (name) => {
  const customer = await gateway.customer();
  const orderId = await placeOrder(customer, (await gateway.merchandise()).id);
  await orderPrepared(customer, orderId);
  const { cookie } = await signIn((await operatorKey(gateway, ["orders"])).secret);
  let text = "";
  let signedOut: Promise<Response> | undefined;
  for await (const part of transports[name]?.(cookie, orderId) ?? []) {
    text += part;
    if (text.includes("PROCESSING")) signedOut ??= post("/console/sign-out", {}, { cookie });
  }
  expect((await signedOut)?.status).toBe(204);
  expect(text).not.toContain("complete");
});

test("a session of the OPERATOR_TOKEN ends when the setting changes", async () => {
  const { cookie } = await signIn(OPERATOR_TOKEN);
  expect(await operatorOf(cookie)).toEqual({ name: "operator", roles: ["ADMIN"] });
  await gateway.restart({ OPERATOR_TOKEN: "another-operator-token-of-the-tests" });
  expect(await operatorOf(cookie)).toBeNull();
  await gateway.restart();
  expect(await operatorOf(cookie)).not.toBeNull();
});

test("an invalid key is refused with advice", async () => {
  const customer = await gateway.customer();
  for (const token of ["nonsense", customer.token ?? ""]) {
    const response = await post("/console/sign-in", { token });
    expect(response.status).toBe(401);
    expect(await response.text()).toContain("Ask an operator with the role ADMIN for a new one");
  }
  expect((await post("/console/sign-in", { token: 1 })).status).toBe(400);
  expect((await post("/console/sign-in", { token: "x".repeat(9_000) })).status).toBe(400);
  expect(await operatorOf("tessera-operator=nonsense")).toBeNull();
});
