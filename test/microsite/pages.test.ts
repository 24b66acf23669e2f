import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

/** How the gateway serves the built site. It is built by `npm test`, as by any other command. */

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const get = (path: string, headers: Record<string, string> = {}) => fetch(`${gateway.url}${path}`, { headers });

test.each([
  "/",
  "/signin",
  "/rewards",
  "/rewards/BREWHAUS-250",
  "/activity",
  "/cart",
  "/checkout",
  "/orders",
  "/orders/T3JkZXI6MQ",
  "/vouchers",
  "/statement",
])("%s is the site, under a policy that lets nothing inline", async (path) => {
  const response = await get(path);
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  const policy = response.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain("unsafe");
  expect(response.headers.get("cache-control")).toBe(path === "/signin" ? "no-store" : "no-cache");
  expect(response.headers.get("referrer-policy")).toBe("no-referrer");
  expect(await response.text()).not.toMatch(/<style|<script(?![^>]* src=)/);
});

test.each(["/nothing", "/rewards/a/b", "/site/", "/site/nothing.js", "/.env", "/site/../index.html.br"])(
  "%s is nothing",
  async (path) => {
    expect((await get(path)).status).toBe(404);
  },
);

test("scripts are sent compressed, and are good for ever", async () => {
  const [script = ""] = /\/site\/[\w.-]+\.js/.exec(await (await get("/")).text()) ?? [];
  for (const encoding of ["br", "gzip"]) {
    const { headers } = await get(script, { "accept-encoding": encoding });
    expect(headers.get("content-encoding")).toBe(encoding);
    expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(headers.get("content-type")).toMatch(/javascript/);
  }
});

test("GraphiQL has its own place", async () => {
  const response = await fetch(`${gateway.url}/graphiql`, { redirect: "manual" });
  expect([response.status, response.headers.get("location")]).toEqual([302, "/graphiql/"]);
});
