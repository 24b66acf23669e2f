import { randomUUID } from "node:crypto";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { send, type World } from "./world.ts";

export interface OrderThroughput {
  orders: number;
  ordersPerSecond: number;
  /** From sending `placeOrder` to FULFILLED being visible. */
  p50Ms: number;
  p95Ms: number;
}

/** Each customer places orders one after the other, all customers at once; counted until every order is FULFILLED. */
export async function ordersPerSecond(world: World, customers: number, ordersEach: number): Promise<OrderThroughput> {
  const { url } = world.gateway;
  const { rewards } = await send(
    url,
    `{ rewards(first: 10, filter: { kinds: [E_GIFT_VOUCHER] }) { nodes { id stock limitPerCustomer } } }`,
  );
  const pool = rewards.nodes.filter(
    (reward: { stock: number; limitPerCustomer: number | null }) => reward.stock >= 40 && !reward.limitPerCustomer,
  );
  for (const { id } of pool) {
    const rows = Array.from(
      { length: Math.ceil((customers * ordersEach) / pool.length) + 10 },
      () => `{ code: "${randomUUID()}" }`,
    );
    for (let from = 0; from < rows.length; from += 50) {
      const chunk = rows.slice(from, from + 50).join(" ");
      await send(
        url,
        `mutation { importVoucherCodes(input: { rewardId: "${id}", rows: [${chunk}] }) { imported } }`,
        world.env["OPERATOR_TOKEN"],
      );
    }
  }
  const tokens: string[] = [];
  for (let index = 0; index < customers; index += 1) tokens.push(await world.signIn(`BENCH-${index}`, 1_000_000));

  const latencies: number[] = [];
  const startedAt = performance.now();
  await Promise.all(
    tokens.map(async (token, index) => {
      const socket = createClient({
        url: `${url.replace("http", "ws")}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${token}` },
        lazy: false,
      });
      for (let count = 0; count < ordersEach; count += 1) {
        const { id } = pool[(index + count) % pool.length];
        await send(url, `mutation { addToCart(input: { rewardId: "${id}" }) { cart { version } } }`, token);
        const placedAt = performance.now();
        const { placeOrder } = await send(
          url,
          `mutation { placeOrder(input: { idempotencyKey: "${randomUUID()}" }) { order { id } userErrors { message } } }`,
          token,
        );
        if (!placeOrder.order) throw new Error(JSON.stringify(placeOrder.userErrors));
        const events = socket.iterate<{ orderStatus: { status: string } }>({
          query: `subscription { orderStatus(orderId: "${placeOrder.order.id}") { status } }`,
        });
        let status: string | undefined;
        for await (const { data } of events) status = data?.orderStatus.status;
        if (status !== "FULFILLED") throw new Error(`an order ended ${status}`);
        latencies.push(performance.now() - placedAt);
      }
      await socket.dispose();
    }),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;
  return { orders: sorted.length, ordersPerSecond: sorted.length / seconds, p50Ms: at(0.5), p95Ms: at(0.95) };
}
