import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type App, startApp } from "../../src/app.ts";
import { readConfig } from "../../src/config/config.ts";
import { COMMANDS } from "../../src/intake/redis/command-stream.ts";
import { startTracing } from "../../src/observability/start-tracing.ts";
import { makeLanes } from "../../src/platform/lanes.ts";
import { makeLogger } from "../../src/platform/logger.ts";
import { inSpan, traceHeaders, traceIds } from "../../src/platform/tracing.ts";
import { productPace } from "../../src/program/pace.ts";
import { runOwnProcess } from "../../src/program/run-reward-processor.ts";
import { makeUpstreamHttp } from "../../src/upstream/http.ts";
import { type Customer, type InProcessGateway, startTestGateway, testEnvironment } from "../support/gateway.ts";
import { makeCaller } from "../support/graphql.ts";
import { type CapturedLog, captureLog } from "../support/log.ts";
import { address, addToCart, orderSettled } from "../support/orders.ts";
import { startTestRedis } from "../support/redis.ts";
import { link } from "../support/rewards/rewards.ts";
import { type ReceivedSpan, startTraceReceiver, type TraceReceiver } from "../support/trace-receiver.ts";

/** The gateway begins no trace by itself: each received span belongs to a test's trace. */
const RATIO = 0;

const log = await makeLogger({ level: "silent", pretty: false });
let receiver: TraceReceiver;
let stopTracing: () => Promise<void>;
let written: CapturedLog;
let gateway: InProcessGateway;
const others: Pick<App, "stop">[] = [];
beforeAll(async () => {
  receiver = await startTraceReceiver();
  stopTracing = startTracing({ endpoint: receiver.url, ratio: RATIO, serviceName: undefined }, "gateway", 20);
  written = await captureLog();
  gateway = await startTestGateway({ SEED: "sample", TRUST_PROXY: "127.0.0.1" }, { log: written.log });
});
afterAll(async () => {
  for (const other of others) await other.stop();
  await gateway[Symbol.asyncDispose]();
  await stopTracing();
  await receiver[Symbol.asyncDispose]();
});

/** Another gateway on the same database and sandbox. */
async function startOther(env: Record<string, string> = {}, jobSlots = 64): Promise<App> {
  const settings = { ...testEnvironment(gateway.databaseUrl, gateway.sandbox.url), ...env };
  const app = await startApp(readConfig(settings), { log, pace: { ...productPace, jobSlots } });
  others.push(app);
  return app;
}

const newTrace = () => {
  const [traceId, spanId] = [randomBytes(16).toString("hex"), randomBytes(8).toString("hex")];
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-01` };
};

/** Places an order of the cart, as a part of this trace. */
async function order(url: string, { token }: Customer, { traceparent }: { traceparent: string }): Promise<string> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}`, traceparent },
    body: JSON.stringify({
      query: "mutation Order ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } } }",
      variables: { input: { idempotencyKey: randomUUID(), shippingAddress: address } },
    }),
  });
  const { data } = (await response.json()) as { data: { placeOrder: { order: { id: string } } } };
  return data.placeOrder.order.id;
}

/** The received spans of a trace; waits for a span of each name. */
async function spansOf({ traceId }: { traceId: string }, ...names: string[]): Promise<Map<string, ReceivedSpan>> {
  const found = () => receiver.spans.filter((span) => span.traceId === traceId);
  await gateway.until(async () => names.every((name) => found().some((span) => span.name === name)));
  return new Map(found().map((span) => [span.name, span]));
}

test("the trace of an order leads from the request over the job and the money steps to the subscriber at another gateway", async () => {
  const other = await startOther();
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.voucher({ points: 200 });
  await addToCart(customer, reward.id);
  const held = gateway.fault("redeem", { fault: "hold" });
  const trace = newTrace();
  const id = await order(gateway.url, customer, trace);
  await gateway.sandbox.faults.held(held);
  const watcher = makeCaller(() => other.url, customer.token).socket();
  const events = watcher.iterate<{ orderStatus: { status: string } }>({
    query: "subscription Follow ($id: ID!) { orderStatus(orderId: $id, afterSeq: 0) { status } }",
    operationName: "Follow",
    variables: { id },
  });
  await events.next();
  gateway.sandbox.faults.release({ id: held.id });
  for await (const { data } of events) if (data?.orderStatus.status === "FULFILLED") break;
  await watcher.dispose();

  /**
   * Each span of the trace with its parent. The other gateway reads all new events at a notification, so a late
   * notification of the placing brings the money step's events, too.
   */
  const links = () => {
    const all = receiver.spans.filter(({ traceId }) => traceId === trace.traceId);
    return all.map(({ name, parentSpanId }) => {
      const parent = all.find(({ spanId }) => spanId === parentSpanId)?.name;
      return `${name} < ${parentSpanId === trace.spanId ? "the caller" : parent}`;
    });
  };
  await expect
    .poll(links)
    .toEqual(
      expect.arrayContaining([
        "POST /graphql < the caller",
        "mutation Order < POST /graphql",
        "client-points points < mutation Order",
        "job place-order < mutation Order",
        "money step redeem < job place-order",
        "client-points redeem < money step redeem",
        expect.stringMatching(/^deliver Follow < (mutation Order|money step redeem)$/),
      ]),
    );
  const spans = await spansOf(trace);
  expect(spans.get("POST /graphql")).toMatchObject({
    service: "tessera-gateway",
    kind: 2,
    facts: { "http.route": "/graphql", "http.response.status_code": 200 },
  });
  expect(spans.get("mutation Order")?.facts).toMatchObject({
    "graphql.operation.name": "Order",
    "graphql.document.hash": expect.stringMatching(/^[0-9a-f]{16}$/),
  });
  expect(spans.get("money step redeem")?.facts).toMatchObject({ outcome: "confirmed" });
  expect(spans.get("client-points redeem")).toMatchObject({ kind: 3, facts: { "peer.service": "client-points" } });
  expect(JSON.stringify([...spans.values()])).not.toContain(customer.customerId);
  const line =
    written
      .text()
      .split("\n")
      .find((text) => text.includes('"msg":"mutation Order"')) ?? "{}";
  expect(JSON.parse(line)).toMatchObject({ trace_id: trace.traceId, span_id: spans.get("mutation Order")?.spanId });
});

test("a job that another gateway continues is a part of the trace that began it", async () => {
  const leaving = await startOther({ TRUST_PROXY: "127.0.0.1" }, 0); // it places orders and runs no jobs
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.voucher({ points: 200 });
  await addToCart(customer, reward.id);
  const trace = newTrace();
  const id = await order(leaving.url, customer, trace);
  await leaving.stop();
  await orderSettled(customer, id);
  const spans = await spansOf(trace, "mutation Order", "job place-order", "money step redeem");
  expect(spans.get("job place-order")?.parentSpanId).toBe(spans.get("mutation Order")?.spanId);
});

test("a stranger cannot have requests traced", async () => {
  const open = await startOther();
  const trace = newTrace();
  const send = (url: string, traceparent: string) =>
    fetch(`${url}/graphql?query={__typename}`, { headers: { traceparent, "apollo-require-preflight": "1" } });
  expect((await send(open.url, trace.traceparent)).status).toBe(200);
  const own = newTrace();
  await send(gateway.url, "nonsense");
  await send(gateway.url, own.traceparent);
  await spansOf(own, "GET /graphql");
  expect(receiver.spans.some(({ traceId }) => traceId === trace.traceId)).toBe(false);
});

test("a call to an upstream carries the trace, and a failed one is marked", async () => {
  const headers: unknown[] = [];
  const server = createServer((request, response) => {
    headers.push(request.headers["traceparent"]);
    response.writeHead(request.url === "/fails" ? 500 : 200).end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const http = makeUpstreamHttp({ service: "test", origin, timeoutMs: 60_000, connections: 1, log });
  const call = (path: string) =>
    http.call({ operation: path.slice(1), method: "GET", path, headers: {}, writes: false });
  const trace = newTrace();
  await inSpan({ name: "work", parent: trace.traceparent }, async () => {
    expect(traceIds()).toMatchObject({ trace_id: trace.traceId });
    await call("/works");
    await expect(call("/fails")).rejects.toThrow("HTTP 500");
  });
  await call("/apart");
  await http.close();
  server.close();
  const spans = await spansOf(trace, "test works", "test fails", "work");
  expect(headers).toEqual([
    `00-${trace.traceId}-${spans.get("test works")?.spanId}-01`,
    `00-${trace.traceId}-${spans.get("test fails")?.spanId}-01`,
    undefined,
  ]);
  expect(spans.get("test fails")).toMatchObject({ status: 2, facts: { outcome: "transient" } });
  expect(traceHeaders()).toEqual({});
});

test("work that waits in a lane stays in its own trace", async () => {
  const lanes = makeLanes({ maxWaiting: 2 });
  const [one, two] = [newTrace(), newTrace()];
  const { promise: isOver, resolve: end } = Promise.withResolvers<void>();
  const traceOf = (trace: typeof one, work?: Promise<void>) =>
    inSpan({ name: "work", parent: trace.traceparent }, () =>
      lanes.run("key", async () => {
        const { trace_id } = traceIds();
        await work;
        return trace_id;
      }),
    );
  const seen = Promise.all([traceOf(one, isOver), traceOf(two)]);
  end();
  expect(await seen).toEqual([one.traceId, two.traceId]);
});

describe("with Redis", { tags: "redis" }, () => {
  test("a reward command continues the trace of its producer, through to the credit of the award", async () => {
    const { customerId } = await gateway.customer();
    await link(gateway, { customerId, userId: "461" });
    await using redis = await startTestRedis();
    const config = readConfig({
      ...testEnvironment(gateway.databaseUrl, gateway.sandbox.url),
      REDIS_URL: redis.url,
    });
    const stop = await runOwnProcess(config, { log });
    const client = await createClient({ url: redis.url }).connect();
    const trace = newTrace();
    const payload = '{"Action":"register","Data":{"id":461,"transaction":[{"date":"2022-02-25 10:26:11"}]}}';
    await client.xAdd(COMMANDS, "*", { payload, traceparent: trace.traceparent });
    const spans = await spansOf(trace, "reward command", "award", "money step credit", "client-points credit");
    const idOf = (name: string) => spans.get(name)?.spanId;
    expect(spans.get("reward command")).toMatchObject({ parentSpanId: trace.spanId, kind: 5 });
    expect(spans.get("award")?.parentSpanId).toBe(idOf("reward command"));
    expect(spans.get("money step credit")?.parentSpanId).toBe(idOf("award"));
    expect(spans.get("client-points credit")?.parentSpanId).toBe(idOf("money step credit"));
    client.destroy();
    await stop();
  });
});
