import { createClient } from "graphql-ws";
import { afterAll, beforeAll, expect, test } from "vitest";
import WebSocket from "ws";
import { OPERATOR_TOKEN, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { operatorKey } from "../support/operator-key.ts";

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

test("a key is exchanged for a session in a cookie that only the console's requests go by", async () => {
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

test("a session of the OPERATOR_TOKEN ends when the setting changes", async () => {
  const { cookie } = await signIn(OPERATOR_TOKEN);
  expect(await operatorOf(cookie)).toEqual({ name: "operator", roles: ["ADMIN"] });
  await gateway.restart({ OPERATOR_TOKEN: "another-operator-token-of-the-tests" });
  expect(await operatorOf(cookie)).toBeNull();
  await gateway.restart();
  expect(await operatorOf(cookie)).not.toBeNull();
});

test("what is no operator's key is refused with what to do", async () => {
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
