import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type Contender, startContender } from "./contender.ts";
import { REPORTED_MS } from "./database.ts";
import { watchOthers } from "./machine.ts";
import type { LoadMessage, Ordered, OrderMessage } from "./order-load.ts";
import { OPERATOR_TOKEN, send, type World } from "./world.ts";

export interface OrderRow {
  name: string;
  /** The number of customers who order at once. */
  customers: number;
  orders: number;
  failed: number;
  problem: string | undefined;
  ordersPerSecond: number;
  /** From sending the order to FULFILLED being visible. */
  p50Ms: number;
  p95Ms: number;
  deadlocks: number;
  /** The mean for an order, from its placing to the end of its subscription. */
  each: {
    statements: number;
    commits: number;
    fsyncs: number;
    upstreamCalls: number;
    gatewayMs: number;
    postgresMs: number;
    sandboxMs: number;
    loadMs: number;
  };
}

export interface OrderFigures {
  rows: OrderRow[];
  /** The share of other processes in the machine's CPU. */
  othersShare: number;
}

export interface MeasureOrdersOptions {
  rounds: number;
  /** The number of sequential orders in each round. */
  ordersARound: number;
  /** Restricts the run to these customers at one gateway, for reading statements or a profile. */
  only?: "one process" | undefined;
  /** Whether to wait until PostgreSQL has reported commits, fsyncs and deadlocks; otherwise they are unknown. */
  waitsForReports?: boolean;
  /** Called around the orders of `one process`. */
  watch?: { start(): Promise<unknown>; stop(): Promise<unknown> } | undefined;
}

interface Kind {
  name: string;
  to: OrderMessage["to"];
  servers: Contender[];
  atOnce: number;
  withinMs: number;
  rewardsEach: number;
}

interface Sum {
  latenciesMs: number[];
  seconds: number;
  failed: number;
  problem: string | undefined;
  statements: number;
  commits: number;
  fsyncs: number;
  deadlocks: number;
  upstreamCalls: number;
  gatewayMs: number;
  postgresMs: number;
  sandboxMs: number;
  loadMs: number;
}

/**
 * Voucher orders until they are FULFILLED, in fixed numbers; each round has every kind of load. Statements and CPU are
 * read at the end of the orders; commits, fsyncs and deadlocks when PostgreSQL has reported them, minus those of an
 * idle gateway.
 */
export async function measureOrders(world: World, options: MeasureOrdersOptions): Promise<OrderFigures> {
  const { rounds, ordersARound, only, watch, waitsForReports = true } = options;
  const { gateway, sandbox, database } = world;
  const isOnly = only !== undefined;
  await using started = new AsyncDisposableStack();
  const start = async (script: string, env: Record<string, string>) =>
    started.adopt(await startContender(script, env), (process) => process.stop());
  const load = await start("bench/order-load.ts", {});
  const ask = (message: LoadMessage) => load.ask(message);

  const one = { to: { gateways: [gateway.url] }, servers: [gateway], withinMs: 0, rewardsEach: 1 };
  const kinds: Kind[] = [{ name: "one process", ...one, atOnce: 50 }];
  if (!isOnly) {
    const handler = await start("bench/contenders/order-handler.ts", world.env);
    const second = await start("src/main.ts", world.env);
    const two = { ...one, to: { gateways: [gateway.url, second.url] }, servers: [gateway, second] };
    kinds.unshift({
      name: "hand-written handler",
      ...one,
      to: { handler: handler.url },
      servers: [handler],
      atOnce: 50,
    });
    kinds.push(
      { name: "one process", ...one, atOnce: 25 },
      { name: "two processes", ...two, atOnce: 50 },
      { name: "one process, two rewards an order", ...one, atOnce: 50, rewardsEach: 2 },
      { name: "one process, an order a second each", ...one, atOnce: 50, withinMs: 1_000 },
    );
  }
  const numbersOf = (kind: Kind) => {
    const from = kinds.indexOf(kind) * ordersARound;
    return Array.from({ length: ordersARound }, (_, nth) => from + nth);
  };

  const rewards = await fillPools(world, kinds.length * ordersARound * (rounds + 1) * 2);
  await ask({ do: "sign-in", gateway: gateway.url, sandbox: sandbox.url, customers: kinds.length * ordersARound });
  const sums = kinds.map(emptySum);
  /** Commits and fsyncs a second of an idle gateway. */
  let idle = { commits: 0, fsyncs: 0 };
  const servers = [...new Set(kinds.flatMap((kind) => kind.servers))];
  const others = watchOthers(
    () =>
      [...servers, sandbox, load].reduce((sum, process) => sum + process.cpuSeconds() * 1_000, 0) +
      database.cpuMs() +
      process.cpuUsage().user / 1_000 +
      process.cpuUsage().system / 1_000,
  );

  for (let round = 0; round <= rounds; round += 1) {
    const isWarmUp = round === 0;
    await fillCarts(round);
    for (const kind of kinds) {
      if ("gateways" in kind.to) await ask({ do: "connect", gateways: kind.to.gateways, customers: numbersOf(kind) });
    }
    if (!isWarmUp && waitsForReports) await delay(REPORTED_MS);
    if (round === 1 && waitsForReports) {
      const before = await database.reported();
      await delay(REPORTED_MS);
      const after = await database.reported();
      const perSecond = (key: "commits" | "fsyncs") => ((after[key] - before[key]) * 1_000) / REPORTED_MS;
      idle = { commits: perSecond("commits"), fsyncs: perSecond("fsyncs") };
      await database.reset();
    }
    for (const [index, kind] of kinds.entries()) await orderAll(kind, isWarmUp ? emptySum() : sums[index], isWarmUp);
    await ask({ do: "disconnect" });
  }
  return { rows: kinds.map((kind, index) => toRow(kind, sums[index] ?? emptySum())), othersShare: others.share() };

  async function orderAll(kind: Kind, sum: Sum | undefined, isWarmUp: boolean): Promise<void> {
    if (!sum) return;
    const numbers = numbersOf(kind);
    const gatewayMs = () => kind.servers.reduce((total, server) => total + server.cpuSeconds() * 1_000, 0);
    if (!isWarmUp) await watch?.start();
    const startedAt = performance.now();
    const [reported, database_, calls] = [await database.reported(), await database.look(), await lastCall(0)];
    const cpu = { gateway: gatewayMs(), sandbox: sandbox.cpuSeconds(), load: load.cpuSeconds() };
    for (let from = 0; from < numbers.length; from += kind.atOnce) {
      const customers = numbers.slice(from, from + kind.atOnce);
      const ordered = (await ask({ do: "order", to: kind.to, customers, withinMs: kind.withinMs })) as Ordered;
      sum.latenciesMs.push(...ordered.latenciesMs);
      sum.seconds += ordered.seconds;
      sum.failed += ordered.failed;
      sum.problem ??= ordered.problem;
    }
    sum.loadMs += (load.cpuSeconds() - cpu.load) * 1_000;
    await delay(100); // an order's work after its end belongs to it
    const after = await database.look();
    sum.gatewayMs += gatewayMs() - cpu.gateway;
    sum.sandboxMs += (sandbox.cpuSeconds() - cpu.sandbox) * 1_000;
    sum.postgresMs += after.cpuMs - database_.cpuMs;
    sum.statements += after.statements - database_.statements;
    sum.upstreamCalls += (await lastCall(calls)) - calls;
    if (isWarmUp) return;
    await watch?.stop();
    if (!waitsForReports) return;
    await delay(REPORTED_MS);
    const later = await database.reported();
    const seconds = (performance.now() - startedAt) / 1_000;
    sum.commits += later.commits - reported.commits - idle.commits * seconds;
    sum.fsyncs += later.fsyncs - reported.fsyncs - idle.fsyncs * seconds;
    sum.deadlocks += later.deadlocks - reported.deadlocks;
  }

  /** @returns the number of the newest call received by the sandbox, at least `since` */
  async function lastCall(since: number): Promise<number> {
    const answer = await fetch(`${sandbox.url}/__sandbox/calls?since=${since}`);
    return ((await answer.json()) as { next: number }).next;
  }

  /** Neighbours take two rewards in opposite order, which reveals an unsafe lock order. */
  async function fillCarts(round: number): Promise<void> {
    const carts = kinds.flatMap((kind) =>
      numbersOf(kind).map((customer) => {
        const first = customer + round;
        const chosen = Array.from(
          { length: kind.rewardsEach },
          (_, nth) => rewards[(first + nth) % rewards.length] ?? "",
        );
        return { customer, rewardIds: customer % 2 === 0 ? chosen : chosen.toReversed() };
      }),
    );
    await ask({ do: "fill-carts", gateway: gateway.url, carts });
  }
}

const emptySum = (): Sum => ({
  latenciesMs: [],
  seconds: 0,
  failed: 0,
  problem: undefined,
  statements: 0,
  commits: 0,
  fsyncs: 0,
  deadlocks: 0,
  upstreamCalls: 0,
  gatewayMs: 0,
  postgresMs: 0,
  sandboxMs: 0,
  loadMs: 0,
});

function toRow({ name, atOnce }: Kind, sum: Sum): OrderRow {
  const sorted = sum.latenciesMs.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  const each = (total: number) => total / sorted.length;
  return {
    name,
    customers: atOnce,
    orders: sorted.length,
    failed: sum.failed,
    problem: sum.problem,
    ordersPerSecond: sorted.length / sum.seconds,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    deadlocks: sum.deadlocks,
    each: {
      statements: each(sum.statements),
      commits: each(sum.commits),
      fsyncs: each(sum.fsyncs),
      upstreamCalls: each(sum.upstreamCalls),
      gatewayMs: each(sum.gatewayMs),
      postgresMs: each(sum.postgresMs),
      sandboxMs: each(sum.sandboxMs),
      loadMs: each(sum.loadMs),
    },
  };
}

/** @returns the ids of rewards with enough codes for so many units */
async function fillPools(world: World, units: number): Promise<string[]> {
  const { url } = world.gateway;
  const { rewards } = await send(
    url,
    `{ rewards(first: 10, filter: { kinds: [E_GIFT_VOUCHER] }) { nodes { id stock limitPerCustomer } } }`,
  );
  const ids: string[] = rewards.nodes
    .filter(
      (reward: { stock: number; limitPerCustomer: number | null }) => reward.stock >= 40 && !reward.limitPerCustomer,
    )
    .map(({ id }: { id: string }) => id);
  const query = `mutation ($rewardId: ID!, $rows: [VoucherCodeInput!]) {
    importVoucherCodes(input: { rewardId: $rewardId, rows: $rows }) { imported } }`;
  for (const rewardId of ids) {
    const rows = Array.from({ length: Math.ceil(units / ids.length) + 10 }, () => ({ code: randomUUID() }));
    for (let from = 0; from < rows.length; from += 500)
      await send(url, query, OPERATOR_TOKEN, { rewardId, rows: rows.slice(from, from + 500) });
  }
  return ids;
}
