import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Pool } from "../platform/direct-sql.ts";
import { MessageSource, OrderStatus } from "../platform/generated/prisma/enums.ts";
import type { UpstreamOutcome } from "../upstream/upstream-error.ts";
import type { DatabaseFigures } from "./database-figures.sql.ts";
import { knownErrorCode } from "./error-codes.ts";
import { makeOperationNames, operationNamesIn } from "./operation-names.ts";

/** Seconds. The last one is about the longest upstream timeout. */
const BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/**
 * The interval for sampling the event loop's delay, which is also the smallest value shown. A shorter one costs an idle
 * process CPU.
 */
const EVENT_LOOP_SAMPLE_MS = 20;

export type UpstreamResult = "confirmed" | UpstreamOutcome;
export type MessageOutcome = "accepted" | "repeated" | "refused" | "failed";

/**
 * The outcome of an attempt to send a message: confirmed by the receiver, to be retried, or given up after the last
 * attempt.
 */
export type WebhookOutcome = "delivered" | "retried" | "given_up";

/** The same for a notification, which its push service may also refuse, or whose browser is gone. */
export type PushOutcome = WebhookOutcome | "refused" | "gone";

/** The metrics of one process for Prometheus. Durations are in seconds. */
export interface Metrics {
  /** @param route the pattern of a route, never a requested address */
  httpRequest(facts: { route: string; method: string; status: number; seconds: number }): void;
  /** Registers the operations of these documents, which then have labels of their own. */
  trustOperations(documents: Iterable<string>): void;
  /** The label of an operation: see `operation-names.ts`. */
  operationLabel(name: string | null | undefined): string;
  /** @param codes of the errors in the answer */
  graphqlOperation(facts: { operation: string; type: string; codes: readonly unknown[]; seconds: number }): void;
  subscriptionEvent(operation: string): void;
  upstreamCall(facts: { service: string; operation: string; seconds: number }): void;
  upstreamOutcome(facts: { service: string; operation: string; outcome: UpstreamResult }): void;
  orderMoved(status: string): void;
  /** Registers the types of jobs that this process runs. */
  jobTypes(types: readonly string[]): void;
  jobFailed(type: string): void;
  webhookSent(facts: { webhook: string; outcome: WebhookOutcome }): void;
  pushSent(facts: { service: string; outcome: PushOutcome }): void;
  rewardMessage(facts: { source: MessageSource; outcome: MessageOutcome; seconds: number }): void;
  connectionWait(seconds: number): void;
  /** Read at each scrape. */
  sources: {
    /** Adds a pool of connections to the database. */
    pool(pool: Pick<Pool, "totalCount" | "idleCount" | "waitingCount">): void;
    /** Adds an upstream's circuit breaker. */
    circuit(service: string, isOpen: () => boolean): void;
    /** Adds the number of open websockets or event streams, and of the operations running on them. */
    open(kind: "websockets" | "event streams", read: () => { count: number; operations: readonly string[] }): void;
    /** Adds the jobs of this process. */
    jobs(read: () => { running: number; queued: number }): void;
    /** Adds the commands in Redis. If a read fails, the scrape has no such figures. */
    commands(read: () => Promise<CommandFigures>): void;
    /** Adds the figures of the database. If a read fails, the scrape has no such figures. */
    database(read: () => Promise<DatabaseFigures>): void;
  };
  contentType: string;
  /** The text for Prometheus. */
  render(): Promise<string>;
}

const OUTCOMES: readonly UpstreamResult[] = ["confirmed", "refused", "transient", "unknown"];
const WEBHOOK_OUTCOMES: readonly WebhookOutcome[] = ["delivered", "retried", "given_up"];
const MESSAGE_OUTCOMES: readonly MessageOutcome[] = ["accepted", "repeated", "refused", "failed"];
const ORDER_STATUSES: readonly OrderStatus[] = Object.values(OrderStatus);
/** The codes in alert rules. */
const ALERTING_CODES = ["INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE"];

/** @returns whether a text occurs for the first time; the texts must be of a bounded set */
function firstOccurrence(): (text: string) => boolean {
  const seen = new Set<string>();
  return (text) => {
    const isNew = !seen.has(text);
    if (isNew) seen.add(text);
    return isNew;
  };
}

/** The state of the stream of reward commands. */
export interface CommandFigures {
  /** Not delivered to any processor yet; null if Redis does not know (before 7.0). */
  waiting: number | null;
  /** Delivered to a processor and unfinished. */
  pending: number;
  /** Given up after too many failures. */
  dead: number;
  /** The age of the oldest waiting or pending command; 0 if there is none. */
  lagSeconds: number;
}

/** @param process the kind of process, such as `gateway` */
export function makeMetrics(process: { kind: string; version: string }): Metrics {
  const [isNewOperation, isNewUpstream, isNewWebhook] = [firstOccurrence(), firstOccurrence(), firstOccurrence()];
  const registry = new Registry();
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const histogram = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Histogram({ name, help, labelNames, registers, buckets: BUCKETS });

  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_SAMPLE_MS });
  gauge("tessera_build_info", "1, with the version and the kind of this process", ["version", "process"]).set(
    { version: process.version, process: process.kind },
    1,
  );

  const http = histogram("tessera_http_request_duration_seconds", "HTTP requests by route, from headers to answer", [
    "route",
    "method",
    "status",
  ]);
  const operations = histogram(
    "tessera_graphql_operation_duration_seconds",
    "GraphQL operations over HTTP by name; names beyond a bounded set are `other`",
    ["operation", "type"],
  );
  const errors = counter("tessera_graphql_errors_total", "Errors in answers to GraphQL operations, by code", [
    "operation",
    "code",
  ]);
  const events = counter("tessera_subscription_events_total", "Events sent to subscribers", ["operation"]);
  const upstreamSeconds = histogram(
    "tessera_upstream_call_duration_seconds",
    "HTTP calls to upstreams, without those that were not made because the upstream is paused",
    ["service", "operation"],
  );
  const outcomes = counter(
    "tessera_upstream_calls_total",
    "Calls to upstreams by outcome: confirmed, refused, transient (not sent, or a read that failed), unknown",
    ["service", "operation", "outcome"],
  );
  const moves = counter("tessera_order_moves_total", "Orders that came to a status in this process", ["status"]);
  const jobFailures = counter("tessera_job_failures_total", "Runs of jobs that ended by a fault", ["type"]);
  const webhookAttempts = counter("tessera_webhook_attempts_total", "Attempts to send webhooks, by outcome", [
    "webhook",
    "outcome",
  ]);
  const pushAttempts = counter(
    "tessera_push_attempts_total",
    "Attempts to send notifications to browsers, by outcome",
    ["service", "outcome"],
  );
  const messages = histogram("tessera_reward_message_duration_seconds", "Reward messages by source and outcome", [
    "source",
    "outcome",
  ]);
  const connectionWaits = histogram(
    "tessera_database_connection_wait_seconds",
    "Waits for a connection of the pool to the database",
  );

  // `rate` and `increase` miss the first increment of a new series, so series with known labels start at 0.
  for (const status of ORDER_STATUSES) moves.inc({ status }, 0);
  for (const source of Object.values(MessageSource)) {
    for (const outcome of MESSAGE_OUTCOMES) messages.zero({ source, outcome });
  }
  const beginErrors = (operation: string) => {
    for (const code of ALERTING_CODES) errors.inc({ operation, code }, 0);
  };
  ["other", "unnamed", "invalid"].forEach(beginErrors);

  const readers: (() => Promise<void> | void)[] = [];
  let names = makeOperationNames([]);

  return {
    trustOperations(documents) {
      const trusted = [...documents].flatMap(operationNamesIn);
      names = makeOperationNames(trusted);
      trusted.forEach(beginErrors);
    },
    jobTypes(types) {
      for (const type of types) jobFailures.inc({ type }, 0);
    },
    operationLabel: (name) => names.labelOf(name),
    httpRequest: ({ seconds, status, ...labels }) => http.observe({ ...labels, status: `${status}` }, seconds),
    graphqlOperation({ operation, type, codes, seconds }) {
      operations.observe({ operation, type }, seconds);
      if (isNewOperation(operation)) beginErrors(operation);
      for (const code of codes) errors.inc({ operation, code: knownErrorCode(code) });
    },
    subscriptionEvent: (operation) => events.inc({ operation }),
    upstreamCall: ({ seconds, ...labels }) => upstreamSeconds.observe(labels, seconds),
    upstreamOutcome({ outcome, ...call }) {
      if (isNewUpstream(`${call.service} ${call.operation}`)) {
        for (const each of OUTCOMES) outcomes.inc({ ...call, outcome: each }, 0);
      }
      outcomes.inc({ ...call, outcome });
    },
    orderMoved: (status) => moves.inc({ status }),
    jobFailed: (type) => jobFailures.inc({ type }),
    webhookSent({ webhook, outcome }) {
      if (isNewWebhook(webhook)) {
        for (const each of WEBHOOK_OUTCOMES) webhookAttempts.inc({ webhook, outcome: each }, 0);
      }
      webhookAttempts.inc({ webhook, outcome });
    },
    pushSent: (labels) => pushAttempts.inc(labels),
    rewardMessage: ({ seconds, ...labels }) => messages.observe(labels, seconds),
    connectionWait: (seconds) => connectionWaits.observe(seconds),

    sources: {
      pool(pool) {
        const connections = gauge("tessera_database_connections", "Connections of the pool to the database", ["state"]);
        const waiting = gauge("tessera_database_connection_waiters", "Requests that wait for a connection of the pool");
        readers.push(() => {
          connections.set({ state: "busy" }, pool.totalCount - pool.idleCount);
          connections.set({ state: "idle" }, pool.idleCount);
          waiting.set(pool.waitingCount);
        });
      },
      circuit: circuits(),
      open: openConnections(),
      jobs(read) {
        const jobs = gauge("tessera_job_slots", "Jobs that this process runs, or has leased and not begun", ["state"]);
        readers.push(() => {
          const { running, queued } = read();
          jobs.set({ state: "running" }, running);
          jobs.set({ state: "queued" }, queued);
        });
      },
      commands(read) {
        const commands = gauge("tessera_reward_commands", "Reward commands in the Redis stream", ["state"]);
        const lag = gauge("tessera_reward_commands_lag_seconds", "Age of the oldest unfinished reward command");
        const up = gauge("tessera_reward_commands_up", "1 while Redis tells about the stream of reward commands");
        readers.push(async () => {
          const now = await read().catch(() => null);
          up.set(now ? 1 : 0);
          commands.reset();
          lag.reset();
          if (!now) return lag.remove();
          if (now.waiting !== null) commands.set({ state: "waiting" }, now.waiting);
          commands.set({ state: "pending" }, now.pending);
          commands.set({ state: "dead" }, now.dead);
          lag.set(now.lagSeconds);
        });
      },
      database: databaseGauges(),
    },

    contentType: registry.contentType,
    async render() {
      await Promise.all(readers.map((read) => read()));
      return registry.metrics();
    },
  };

  function openConnections(): Metrics["sources"]["open"] {
    const gauges = {
      websockets: gauge("tessera_websockets", "Open websockets"),
      "event streams": gauge("tessera_event_streams", "Open event streams"),
    };
    const subscribers = gauge("tessera_subscribers", "Operations under way on websockets and event streams, by name", [
      "operation",
    ]);
    const sources: { kind: keyof typeof gauges; read: Parameters<Metrics["sources"]["open"]>[1] }[] = [];
    readers.push(() => {
      subscribers.reset();
      for (const { kind, read } of sources) {
        const { count, operations } = read();
        gauges[kind].set(count);
        for (const operation of operations) subscribers.inc({ operation });
      }
    });
    return (kind, read) => void sources.push({ kind, read });
  }

  function circuits(): Metrics["sources"]["circuit"] {
    const known: { service: string; isOpen(): boolean }[] = [];
    const open = gauge("tessera_upstream_paused", "1 while calls to an upstream are paused because it fails", [
      "service",
    ]);
    readers.push(() => {
      const services = Map.groupBy(known, ({ service }) => service);
      for (const [service, all] of services) open.set({ service }, all.some(({ isOpen }) => isOpen()) ? 1 : 0);
    });
    return (service, isOpen) => void known.push({ service, isOpen });
  }

  /** A gauge for each figure. The figures describe the database, so every process reports the same: use the `max`. */
  function databaseGauges(): Metrics["sources"]["database"] {
    return (read) => {
      const up = gauge("tessera_database_figures_up", "1 while the database answers with its figures");
      const orders = gauge("tessera_orders_in_progress", "Orders that are not finished, by state and age", [
        "status",
        "points_state",
        "age",
      ]);
      const steps = gauge(
        "tessera_money_steps",
        "Steps that move points or issue rewards and are not settled, by state: pending, unknown, needs_attention",
        ["step", "state"],
      );
      const oldestSteps = gauge("tessera_money_steps_oldest_seconds", "Age of the oldest of those steps", [
        "step",
        "state",
      ]);
      const attention = gauge("tessera_needs_attention", "Open work for operators", ["kind"]);
      const oldestAttention = gauge("tessera_needs_attention_oldest_seconds", "Age of the oldest of those", ["kind"]);
      const jobs = gauge("tessera_jobs", "Jobs by type and state: running, due, paused", ["type", "state"]);
      const overdue = gauge("tessera_jobs_overdue_seconds", "Age of the oldest job that is due and not run", ["type"]);
      const pools = gauge("tessera_voucher_pool_codes", "Codes left in the pools that have the fewest", ["sku"]);
      const webhooks = gauge("tessera_webhooks", "Webhooks by state: active, disabled", ["state"]);
      const pending = gauge("tessera_webhook_pending", "Messages that wait to be sent, at most 10,000", ["webhook"]);
      const oldestPending = gauge(
        "tessera_webhook_oldest_seconds",
        "Age of the oldest message that waits to be sent, of active webhooks",
        ["webhook"],
      );
      const reconciled = gauge(
        "tessera_reconciliation_age_seconds",
        "Time since the last nightly reconciliation ended",
      );
      const all = [
        ...[orders, steps, oldestSteps, attention, oldestAttention, jobs, overdue, pools],
        ...[webhooks, pending, oldestPending],
      ];
      readers.push(async () => {
        const figures = await read().catch(() => null);
        up.set(figures ? 1 : 0);
        for (const each of all) each.reset();
        if (typeof figures?.reconciledSeconds === "number") reconciled.set(figures.reconciledSeconds);
        else reconciled.remove();
        if (!figures) return;
        for (const { value, ...labels } of figures.orders) orders.set(labels, value);
        for (const { value, oldestSeconds, ...labels } of figures.steps) {
          steps.set(labels, value);
          oldestSteps.set(labels, oldestSeconds);
        }
        for (const { value, oldestSeconds, kind } of figures.attention) {
          attention.set({ kind }, value);
          oldestAttention.set({ kind }, oldestSeconds);
        }
        for (const { value, type, state, overdueSeconds } of figures.jobs) {
          jobs.set({ type, state }, value);
          if (state === "due") overdue.set({ type }, overdueSeconds);
        }
        for (const state of ["active", "disabled"]) webhooks.set({ state }, 0);
        for (const { webhook, active, value, oldestSeconds } of figures.webhooks) {
          webhooks.inc({ state: active ? "active" : "disabled" });
          pending.set({ webhook }, value);
          if (active) oldestPending.set({ webhook }, oldestSeconds);
        }
        for (const { sku, codes } of figures.pools) pools.set({ sku }, codes);
      });
    };
  }
}
