import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import type { DatabaseWork } from "./database.ts";
import { send, type World } from "./world.ts";

export interface OrderThroughput {
  orders: number;
  ordersPerSecond: number;
  /** From sending `placeOrder` to FULFILLED being visible. */
  p50Ms: number;
  p95Ms: number;
  /** The mean for an order, from `placeOrder` to FULFILLED, including its subscription. */
  each: DatabaseWork & { gatewayCpuMs: number };
}

/**
 * In each round every customer puts one reward into the cart, which is not counted, and then all order at once; counted
 * until every order is FULFILLED.
 */
export async function ordersPerSecond(world: World, customers: number, rounds: number): Promise<OrderThroughput> {
  const { gateway, database } = world;
  const { url } = gateway;
  const pool = await fillPools(world, customers * rounds);
  const tokens: string[] = [];
  for (let index = 0; index < customers; index += 1)
    tokens.push(await world.signIn(`BENCH-${randomUUID()}`, 1_000_000));
  const sockets = tokens.map((token) =>
    createClient({
      url: `${url.replace("http", "ws")}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      lazy: false,
    }),
  );

  const latencies: number[] = [];
  async function order(index: number): Promise<void> {
    const placedAt = performance.now();
    const { placeOrder } = await send(
      url,
      `mutation { placeOrder(input: { idempotencyKey: "${randomUUID()}" }) { order { id } userErrors { message } } }`,
      tokens[index],
    );
    if (!placeOrder.order) throw new Error(JSON.stringify(placeOrder.userErrors));
    const events = sockets[index]?.iterate<{ orderStatus: { status: string } }>({
      query: `subscription ($id: ID!) { orderStatus(orderId: $id) { status } }`,
      variables: { id: placeOrder.order.id },
    });
    let status: string | undefined;
    for await (const { data } of events ?? []) status = data?.orderStatus.status;
    if (status !== "FULFILLED") throw new Error(`an order ended ${status}`);
    latencies.push(performance.now() - placedAt);
  }

  const sum = { statements: 0, commits: 0, cpuMs: 0, gatewayCpuMs: 0 };
  let seconds = 0;
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all(
      tokens.map((token, index) => {
        const { id } = pool[(index + round) % pool.length];
        return send(url, `mutation { addToCart(input: { rewardId: "${id}" }) { cart { version } } }`, token);
      }),
    );
    await delay(100);
    const [before, gatewayBefore] = [await database.look(), gateway.cpuSeconds()];
    const startedAt = performance.now();
    await Promise.all(tokens.map((_, index) => order(index)));
    seconds += (performance.now() - startedAt) / 1_000;
    await delay(100); // what an order leaves to do once it is told belongs to it
    const after = await database.look();
    for (const key of ["statements", "commits", "cpuMs"] as const) sum[key] += after[key] - before[key];
    sum.gatewayCpuMs += (gateway.cpuSeconds() - gatewayBefore) * 1_000;
  }
  await Promise.all(sockets.map((socket) => socket.dispose()));

  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;
  const each = (total: number) => total / sorted.length;
  return {
    orders: sorted.length,
    ordersPerSecond: sorted.length / seconds,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    each: {
      statements: each(sum.statements),
      commits: each(sum.commits),
      cpuMs: each(sum.cpuMs),
      gatewayCpuMs: each(sum.gatewayCpuMs),
    },
  };
}

/** @returns rewards with enough codes for so many orders */
async function fillPools(world: World, orders: number) {
  const { url } = world.gateway;
  const { rewards } = await send(
    url,
    `{ rewards(first: 10, filter: { kinds: [E_GIFT_VOUCHER] }) { nodes { id stock limitPerCustomer } } }`,
  );
  const pool = rewards.nodes.filter(
    (reward: { stock: number; limitPerCustomer: number | null }) => reward.stock >= 40 && !reward.limitPerCustomer,
  );
  for (const { id } of pool) {
    const rows = Array.from({ length: Math.ceil(orders / pool.length) + 10 }, () => `{ code: "${randomUUID()}" }`);
    for (let from = 0; from < rows.length; from += 50) {
      const chunk = rows.slice(from, from + 50).join(" ");
      await send(
        url,
        `mutation { importVoucherCodes(input: { rewardId: "${id}", rows: [${chunk}] }) { imported } }`,
        world.env["OPERATOR_TOKEN"],
      );
    }
  }
  return pool;
}
