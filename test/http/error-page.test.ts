import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { makeLogger } from "../../src/platform/logger.ts";
import { startServer } from "../../src/program/server.ts";
import { startTestGateway, type TestGateway, testEnvironment } from "../support/gateway.ts";

/** The gateway's errors: a browser gets a page, every other client JSON. */

const browser = { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };
const html = "text/html; charset=utf-8";
const json = "application/json; charset=utf-8";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const ask = async (path: string, { headers = {}, ...init }: RequestInit = {}) => {
  const response = await fetch(`${gateway.url}${path}`, {
    redirect: "manual",
    ...init,
    headers: headers as Record<string, string>,
  });
  return { response, status: response.status, type: response.headers.get("content-type"), text: await response.text() };
};

test.each(["/nothing", "/rewards/a/b", "/graphiql/nothing", "/site/nothing.js", "/images/nothing"])(
  "a browser that opens %s gets the site with status 404, and a script JSON",
  async (path) => {
    const page = await ask(path, { headers: browser });
    expect([page.status, page.type]).toEqual([404, html]);
    expect(page.text).toContain('<div id="root">');
    expect(page.response.headers.get("content-security-policy")).toContain("require-trusted-types-for 'script'");
    for (const [name, value] of [
      ["cache-control", "no-store"],
      ["vary", "Accept"],
      ["x-content-type-options", "nosniff"],
    ]) {
      expect([name, page.response.headers.get(name ?? "")]).toEqual([name, value]);
    }
    const script = await ask(path, { headers: { accept: "*/*" } });
    expect([script.status, script.type]).toEqual([404, json]);
    expect(JSON.parse(script.text)).toEqual({
      error: `No page is served at this address: GET ${path}`,
      requestId: script.response.headers.get("x-request-id"),
      errors: [
        {
          message: `No page is served at this address: GET ${path}`,
          extensions: {
            code: "BAD_USER_INPUT",
            retryable: false,
            requestId: script.response.headers.get("x-request-id"),
          },
        },
      ],
    });
  },
);

test("HEAD has the status and the headers of GET, and no body", async () => {
  for (const [headers, type] of [
    [browser, html],
    [{}, json],
  ] as const) {
    const head = await ask("/nothing", { method: "HEAD", headers });
    expect([head.status, head.type, head.text]).toEqual([404, type, ""]);
    expect(Number(head.response.headers.get("content-length"))).toBeGreaterThan(0);
  }
});

test.each([
  ["/draws/nothing.jsonl", 404, {}, "Draw not found."],
  ["/images/rewards/nothing", 404, {}, "Picture not found."],
  [`/rewards/${"x".repeat(200)}`, 414, {}, "The address is too long."],
  ["/rewards", 405, { method: "POST" }, "/rewards accepts only GET, HEAD, not POST."],
  ["/graphql", 405, { method: "PUT" }, "/graphql accepts only GET, HEAD, POST, not PUT."],
  ["/reward-processor", 405, {}, "/reward-processor accepts only POST, not GET."],
  ["/graphql", 415, { method: "POST", body: new URLSearchParams("a=b") }, "Unsupported Media Type"],
  ["/graphql", 413, { method: "POST", body: "x".repeat(1_100_000) }, "Request body is too large"],
] as const)("%s is answered with %i: a page for a browser, JSON for others", async (path, status, init, message) => {
  const type: object = status === 413 ? { "content-type": "application/json" } : {};
  const page = await ask(path, { ...init, headers: { ...browser, ...type } });
  expect([page.status, page.type]).toEqual([status, html]);
  expect(page.text).toContain(`<p>${message}</p>`);
  expect(page.text).toContain('<a href="/">');
  expect(page.response.headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-/);
  const other = await ask(path, { ...init, headers: { ...type } });
  expect([other.status, other.type]).toEqual([status, json]);
  const requestId = other.response.headers.get("x-request-id");
  expect(JSON.parse(other.text)).toMatchObject({
    ...{ error: message, requestId },
    errors: [{ message, extensions: { code: "BAD_USER_INPUT", requestId } }],
  });
});

test("405 names the methods that are allowed", async () => {
  const { response } = await ask("/graphql", { method: "DELETE" });
  expect(response.headers.get("allow")).toBe("GET, HEAD, POST");
});

test("an address that cannot be decoded is a clear error", async () => {
  const page = await ask("/%E0%A4%A", { headers: browser });
  expect([page.status, page.type, page.response.headers.get("x-content-type-options")]).toEqual([400, html, "nosniff"]);
  expect(page.text).toContain("The address is not valid");
  const other = await ask("/site/%E0%A4%A");
  expect([other.status, other.type]).toEqual([400, json]);
  expect(JSON.parse(other.text).error).toContain("The address is not valid");
});

test("an address is escaped in the page", async () => {
  const { text } = await ask("/a&b", { method: "POST", headers: browser });
  expect(text).toContain("<p>No page is served at this address: POST /a&amp;b</p>");
});

test("files beside the built GraphiQL are not served", async () => {
  expect((await ask("/graphiql/.inputs")).status).toBe(404);
});

test("the GraphQL endpoint, opened in a browser, redirects to GraphiQL", async () => {
  const { status, response } = await ask("/graphql", { headers: browser });
  expect([status, response.headers.get("location")]).toEqual([302, "/graphiql/"]);
});

test("a gateway that is still starting shows a browser a page that reloads by itself", async () => {
  const config = readConfig(testEnvironment("postgres://localhost/none", "http://localhost:1"));
  const server = await startServer({ config, log: await makeLogger({ level: "silent", pretty: false }) });
  try {
    const page = await fetch(server.url, { headers: browser });
    expect([page.status, page.headers.get("content-type"), page.headers.get("refresh")]).toEqual([503, html, "2"]);
    expect(await page.text()).toContain("starting or stopping");
    const other = await fetch(server.url);
    expect([other.status, await other.json()]).toEqual([503, { status: "starting or stopping" }]);
  } finally {
    await server.close({ delayMs: 0 });
  }
});

describe("a dynamic answer", () => {
  const everyDoor: [string, string, RequestInit][] = [
    ["GET", "/healthz", {}],
    ["GET", "/readyz", {}],
    ["GET", "/nothing", {}],
    ["POST", "/graphql", { body: '{"query":"{ rewardCategories { name } }"}' }],
    ["POST", "/graphql", { body: '{"query":"{ nothing }"}' }],
    ["POST", "/graphql", { body: "{" }],
    ["POST", "/graphql", { body: "{}" }],
    ["GET", "/graphql?query={__typename}", {}],
    ["POST", "/webhooks/fulfilment", { body: "{}" }],
    ["POST", "/reward-processor", { body: "{}" }],
    ["GET", "/draws/nothing.jsonl", {}],
  ];
  test.each(everyDoor)(
    "is not cached, and an error in it has the request's id: %s %s %j",
    async (method, path, init) => {
      const headers = { "content-type": "application/json", accept: "application/json" };
      const { response, status, text } = await ask(path, { method, headers, ...init });
      expect(response.headers.get("cache-control")).toBe("no-store");
      const body = JSON.parse(text) as {
        errors?: { message: string; extensions: { requestId: string; code: string } }[];
      };
      if (status >= 400) expect(body.errors?.length).toBeGreaterThan(0);
      for (const { extensions } of body.errors ?? []) {
        expect(extensions).toMatchObject({ requestId: response.headers.get("x-request-id"), code: expect.any(String) });
      }
    },
  );

  test.each(["gzip", "br", "deflate", "gzip, br"])("is 415 for a body in %s", async (encoding) => {
    for (const path of ["/graphql", "/webhooks/fulfilment", "/reward-processor"]) {
      const headers = { "content-type": "application/json", "content-encoding": encoding };
      const { response, status, text } = await ask(path, { method: "POST", headers, body: "x" });
      expect([status, response.headers.get("accept-encoding")]).toEqual([415, "identity"]);
      expect(JSON.parse(text)).toMatchObject({ error: expect.stringContaining("Content-Encoding") });
    }
  });
});
