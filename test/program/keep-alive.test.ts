import { expect, test } from "vitest";
import { startTestGateway } from "../support/gateway.ts";

test.each([
  ["a load balancer, which keeps its own for 60 s", { TRUST_PROXY: "127.0.0.1" }, "timeout=72"],
  ["clients, which can be strangers", {}, "timeout=5"],
])("a connection without a request is kept for %s", async (_, settings, told) => {
  await using gateway = await startTestGateway(settings, { pace: { keepAliveMs: undefined } });
  const { headers } = await fetch(`${gateway.url}/healthz`);
  expect(headers.get("keep-alive")).toBe(told);
});
