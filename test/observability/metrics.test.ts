import { once } from "node:events";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDatabaseFigures } from "../../src/observability/database-figures.sql.ts";
import { makeMetrics } from "../../src/observability/metrics.ts";
import { makeOperationNames, operationNamesIn } from "../../src/observability/operation-names.ts";
import { serveMetrics } from "../../src/observability/serve-metrics.ts";
import { Pool } from "../../src/platform/direct-sql.ts";
import { type InProcessGateway, REWARD_SERVICE_TOKEN, startTestGateway } from "../support/gateway.ts";
import { captureLog } from "../support/log.ts";
import { orderPrepared, orderSettled, orderWhen, placeOrder } from "../support/orders.ts";
import type { Scrape } from "../support/scrape.ts";
import { change, createWebhook, startReceiver } from "../webhooks/support.ts";

let gateway: InProcessGateway;
beforeAll(async () => {
  // An unknown outcome stays unknown during the tests.
  gateway = await startTestGateway(
    { METRICS_PORT: "0", CLIENT_SETTLE_SECONDS: "3600", WEBHOOKS_TO_PRIVATE_ADDRESSES: "true" },
    { pace: { figuresEveryMs: 0 } },
  );
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** The increase of the samples while `work` ran. */
async function growth(work: () => Promise<unknown>) {
  const before = await gateway.scrape();
  await work();
  const after = await gateway.scrape();
  return (...sample: Parameters<Scrape["value"]>) => (after.value(...sample) ?? 0) - (before.value(...sample) ?? 0);
}

test("the series of alerts begin at 0, so that the first increase counts", async () => {
  const { text } = await gateway.scrape();
  for (const series of [
    'tessera_order_moves_total{status="FAILED"} 0',
    'tessera_job_failures_total{type="place-order"} 0',
    'tessera_reward_message_duration_seconds_count{source="REDIS",outcome="accepted"} 0',
    'tessera_graphql_errors_total{operation="unnamed",code="INTERNAL_SERVER_ERROR"} 0',
  ]) {
    expect(text).toContain(series);
  }
  // An operation of the microsite's manifest.
  expect(text).toMatch(/errors_total\{operation="(?!other|unnamed|invalid)\w+",code="SERVICE_UNAVAILABLE"\} 0/);
  const metrics = makeMetrics({ kind: "gateway", version: "test" });
  metrics.upstreamOutcome({ service: "capillary", operation: "issue", outcome: "confirmed" });
  expect(await metrics.render()).toContain(
    'tessera_upstream_calls_total{service="capillary",operation="issue",outcome="unknown"} 0',
  );
});

test("operations are counted by name, and errors by code", async () => {
  const { anonymous } = gateway;
  const grown = await growth(async () => {
    await anonymous.send("query Catalogue { rewards(first: 1) { nodes { id } } }");
    await anonymous.send("query Catalogue { rewards(first: 1) { nodes { id } } }");
    await anonymous.send("{ __typename }");
    await anonymous.send("query Private { orders(first: 1) { nodes { id } } }");
    await anonymous.send("query Nonsense { nothing }");
  });
  const duration = "tessera_graphql_operation_duration_seconds";
  expect(grown(`${duration}_count`, { operation: "Catalogue", type: "query" })).toBe(2);
  expect(grown(`${duration}_sum`, { operation: "Catalogue" })).toBeGreaterThan(0);
  expect(grown(`${duration}_count`, { operation: "unnamed" })).toBe(1);
  expect(grown(`${duration}_count`, { operation: "invalid" })).toBe(1);
  expect(grown("tessera_graphql_errors_total", { operation: "Private", code: "UNAUTHENTICATED" })).toBe(1);
  expect(grown("tessera_graphql_errors_total", { code: "GRAPHQL_VALIDATION_FAILED" })).toBe(1);
  expect(grown("tessera_http_request_duration_seconds_count", { route: "/graphql", method: "POST" })).toBe(5);
  expect((await gateway.scrape()).text).not.toContain("Nonsense");
});

test("webhooks are counted by outcome, with the messages that wait", async () => {
  await using receiver = await startReceiver();
  const input = { name: "crm", url: receiver.url, eventTypes: ["STOCK_LOW"] };
  await createWebhook(gateway.operator, input);
  const answers = [503, 200];
  receiver.answerBy(() => answers.shift() ?? 200);
  await change(gateway.operator, "testWebhook", "delivery { id }", { name: "crm" });
  const attempts = async (outcome: string) =>
    (await gateway.scrape()).value("tessera_webhook_attempts_total", { webhook: "crm", outcome });
  await gateway.until(async () => (await attempts("delivered")) === 1);
  expect([await attempts("retried"), await attempts("given_up")]).toEqual([1, 0]);

  const held = Promise.withResolvers<number>();
  receiver.answerBy(() => held.promise);
  await change(gateway.operator, "testWebhook", "delivery { id }", { name: "crm" });
  await receiver.when(() => true, 3);
  await gateway.sql("update webhook_messages set created_at = now() - interval '1 hour' where state = 'PENDING'");
  const late = await gateway.scrape();
  expect(late.value("tessera_webhook_pending", { webhook: "crm" })).toBe(1);
  expect(late.value("tessera_webhook_oldest_seconds", { webhook: "crm" })).toBeGreaterThanOrEqual(3_600);
  expect(late.value("tessera_webhooks", { state: "active" })).toBe(1);
  await change(gateway.operator, "updateWebhook", "webhook { active }", { name: "crm", active: false });
  const disabled = await gateway.scrape();
  expect(disabled.value("tessera_webhooks", { state: "disabled" })).toBe(1);
  expect(disabled.value("tessera_webhook_oldest_seconds", { webhook: "crm" })).toBeUndefined();
  held.resolve(200);
});

test("an order is counted from its placement to its end, with its upstream calls", async () => {
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.voucher({ points: 200, codes: 3 });
  const grown = await growth(async () => orderSettled(customer, await placeOrder(customer, reward.id)));
  expect(grown("tessera_order_moves_total", { status: "PENDING" })).toBe(1);
  expect(grown("tessera_order_moves_total", { status: "FULFILLED" })).toBe(1);
  const redeem = { service: "client-points", operation: "redeem" };
  expect(grown("tessera_upstream_calls_total", { ...redeem, outcome: "confirmed" })).toBe(1);
  expect(grown("tessera_upstream_call_duration_seconds_count", redeem)).toBe(1);
  expect(grown("tessera_subscription_events_total", { operation: "unnamed" })).toBeGreaterThan(0);
  expect(grown("tessera_database_connection_wait_seconds_count")).toBeGreaterThan(0);
  const now = await gateway.scrape();
  expect(now.value("tessera_voucher_pool_codes", { sku: reward.sku })).toBe(2);
  expect(now.value("tessera_database_connections")).toBeGreaterThan(0);
  expect(now.value("tessera_build_info", { process: "gateway" })).toBe(1);
  expect(now.value("nodejs_eventloop_lag_p99_seconds")).toBeGreaterThan(0);
});

test("an outcome is shown while it is unknown", async () => {
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.voucher({ points: 200 });
  gateway.fault("redeem", { fault: "commit-then-drop" });
  const grown = await growth(async () => {
    const id = await placeOrder(customer, reward.id);
    await orderWhen(customer, id, ({ pointsState }) => pointsState === "UNCERTAIN");
  });
  expect(grown("tessera_money_steps", { step: "deduction", state: "unknown" })).toBe(1);
  expect(grown("tessera_money_steps_oldest_seconds", { step: "deduction", state: "unknown" })).toBeGreaterThan(0);
  expect(grown("tessera_orders_in_progress", { status: "PENDING", points_state: "UNCERTAIN" })).toBe(1);
  expect(grown("tessera_upstream_calls_total", { operation: "redeem", outcome: "unknown" })).toBe(1);
  expect(grown("tessera_jobs", { type: "place-order", state: "paused" })).toBe(1);
});

test("a refund is shown while it is pending", async () => {
  const customer = await gateway.customer({ balance: 1_000 });
  const cup = await gateway.merchandise({ points: 300 });
  const id = await placeOrder(customer, cup.id);
  await orderPrepared(customer, id);
  const held = gateway.fault("reverse", { fault: "hold" });
  const grown = await growth(async () => {
    await customer.ok(
      `mutation ($id: ID!) { cancelOrder(input: { orderId: $id, idempotencyKey: "cancel-once" }) { userErrors { code } } }`,
      { id },
    );
    await gateway.sandbox.faults.held(held);
  });
  expect(grown("tessera_money_steps", { step: "return", state: "pending" })).toBe(1);
  const pending = await gateway.scrape();
  expect(pending.value("tessera_money_steps_oldest_seconds", { step: "return", state: "pending" })).toBeGreaterThan(0);
  expect(pending.value("tessera_job_slots", { state: "running" })).toBe(1);
  gateway.sandbox.faults.release({ id: held.id });
  await orderSettled(customer, id);
  expect((await gateway.scrape()).value("tessera_money_steps", { step: "return" })).toBe(0);
});

test("a reward message that is refused waits for an operator", async () => {
  const grown = await growth(() =>
    fetch(`${gateway.url}/reward-processor`, {
      method: "POST",
      headers: { authorization: `Bearer ${REWARD_SERVICE_TOKEN}` },
      body: '{"Action":"none of ours"}',
    }),
  );
  expect(grown("tessera_reward_message_duration_seconds_count", { source: "HTTP", outcome: "refused" })).toBe(1);
  expect(grown("tessera_needs_attention", { kind: "quarantined_reward" })).toBe(1);
});

test("a break of the reconciliation is shown until its repair, with the time of the last reconciliation", async () => {
  const none = await gateway.scrape();
  expect(none.value("tessera_needs_attention", { kind: "reconciliation_break" })).toBe(0);
  expect(none.value("tessera_reconciliation_age_seconds")).toBeUndefined();
  await gateway.sql(`
    with run as (
      insert into reconciliation_runs (id, "from", "to", is_nightly, actor, requested_at, finished_at)
      values (gen_random_uuid(), now() - interval '1 day', now(), true, 'system', now(), now() - interval '2 hours') returning id
    )
    insert into reconciliation_breaks (id, class, key, repair, run_id, evidence, since, found_at, last_seen_at)
    select gen_random_uuid(), 'ENTRY_NOT_IN_BOOKS', 'entry', 'WRITE_OFF', id, '{}', now(), now() - interval '1 hour', now() from run`);
  const now = await gateway.scrape();
  expect(now.value("tessera_needs_attention", { kind: "reconciliation_break" })).toBe(1);
  expect(now.value("tessera_needs_attention_oldest_seconds", { kind: "reconciliation_break" })).toBeGreaterThanOrEqual(
    3_600,
  );
  expect(now.value("tessera_reconciliation_age_seconds")).toBeGreaterThanOrEqual(7_200);
  await gateway.sql("update reconciliation_breaks set state = 'EXPLAINED'");
  const after = await gateway.scrape();
  expect(after.value("tessera_needs_attention", { kind: "reconciliation_break" })).toBe(0);
});

test("subscribers are shown by operation while they are connected", async () => {
  const customer = await gateway.customer();
  const cup = await gateway.merchandise({ points: 10 });
  const id = await placeOrder(customer, cup.id);
  const client = customer.socket();
  const query = "subscription Follow ($id: ID!) { orderStatus(orderId: $id, afterSeq: 0) { seq } }";
  const events = client.iterate({ query, operationName: "Follow", variables: { id } });
  await events.next();
  const now = await gateway.scrape();
  expect(now.value("tessera_subscribers", { operation: "Follow" })).toBe(1);
  expect(now.value("tessera_websockets")).toBeGreaterThan(0);
  const response = await fetch(`${gateway.url}/graphql/stream`, {
    method: "POST",
    headers: {
      accept: "text/event-stream",
      "content-type": "application/json",
      authorization: `Bearer ${customer.token}`,
    },
    body: JSON.stringify({ query, operationName: "Follow", variables: { id } }),
  });
  const reader = response.body?.getReader();
  await reader?.read();
  const both = await gateway.scrape();
  expect(both.value("tessera_subscribers", { operation: "Follow" })).toBe(2);
  expect(both.value("tessera_event_streams")).toBe(1);
  const sent = both.value("tessera_subscription_events_total", { operation: "Follow" }) ?? 0;
  expect(sent).toBeGreaterThan(now.value("tessera_subscription_events_total", { operation: "Follow" }) ?? 0);
  await client.dispose();
  await reader?.cancel();
  await gateway.until(async () => !(await gateway.scrape()).value("tessera_subscribers", { operation: "Follow" }));
  expect((await gateway.scrape()).value("tessera_event_streams")).toBe(0);
});

test("an upstream that fails repeatedly is shown as paused", async () => {
  const customer = await gateway.customer();
  gateway.fault("points", { fault: "http-500", times: 8 });
  for (let tries = 0; tries < 8; tries += 1) await customer.send("{ me { wallet { balance } } }");
  expect((await gateway.scrape()).value("tessera_upstream_paused", { service: "client-points" })).toBe(1);
  gateway.closeCircuits();
  expect((await gateway.scrape()).value("tessera_upstream_paused", { service: "client-points" })).toBe(0);
});

test("figures that the database cannot return are omitted, and the others are shown", async () => {
  await gateway.sql("alter table discrepancies rename to out_of_the_way");
  const now = await gateway.scrape();
  await gateway.sql("alter table out_of_the_way rename to discrepancies");
  expect(now.value("tessera_database_figures_up")).toBe(0);
  expect(now.value("tessera_money_steps")).toBeUndefined();
  expect(now.value("tessera_websockets")).toBeDefined();
  expect((await gateway.scrape()).value("tessera_database_figures_up")).toBe(1);
});

test("a process caches the figures across frequent scrapes", async () => {
  const pool = new Pool({ connectionString: gateway.databaseUrl, max: 1 }, { keepsStatements: false });
  const figures = openDatabaseFigures(pool, 3_600_000);
  const first = figures.read();
  expect(figures.read()).toBe(first);
  await first;
  expect(figures.read()).toBe(first);
  await figures.close();
});

describe("names of operations", () => {
  test("are those of trusted documents and a bounded number of others", () => {
    const names = makeOperationNames(operationNamesIn("query Home { a } fragment F on A { b }"), 2);
    expect(["A", "B", "C", "Home", "A"].map(names.labelOf)).toEqual(["A", "B", "other", "Home", "A"]);
    expect([names.labelOf(""), names.labelOf(null), names.labelOf("N".repeat(65))]).toEqual([
      "unnamed",
      "unnamed",
      "other",
    ]);
  });
});

describe("the port of the metrics", () => {
  const metrics = makeMetrics({ kind: "test", version: "0" });

  test("serves /metrics and nothing else", async () => {
    const { log } = await captureLog();
    const server = await serveMetrics(metrics, { port: 0, host: "127.0.0.1", isDefault: false }, log);
    const status = async (path: string, method = "GET") => (await fetch(new URL(path, server.url), { method })).status;
    expect([await status("/metrics"), await status("/"), await status("/metrics", "POST")]).toEqual([200, 404, 405]);
    await server.close();
  });

  test("that is in use stops the start if it was set, and is logged otherwise", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    const { log, text } = await captureLog();
    await expect(serveMetrics(metrics, { port, host: "127.0.0.1", isDefault: false }, log)).rejects.toThrow(
      `METRICS_PORT: port ${port} of 127.0.0.1 is in use`,
    );
    expect((await serveMetrics(metrics, { port, host: "127.0.0.1", isDefault: true }, log)).url).toBeUndefined();
    expect(text()).toContain("This process shows no metrics");
    taken.close();
  });
});
