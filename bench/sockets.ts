import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import WebSocket from "ws";
import { type Contender, startContender } from "./contender.ts";
import { OPERATOR_TOKEN, send, type World } from "./world.ts";

export interface SocketFigures {
  /** CPU of gateway and PostgreSQL together, milliseconds a second, with `idle.sockets` that nothing happens to. */
  idle: { sockets: number; orders: number; cpuMs: number };
  /** CPU of the server for one event of one order to all who subscribe to it. */
  event: { sockets: number; gatewayMs: number; bareMs: number };
  most: { sockets: number; kilobytesEach: number; isServed: boolean };
}

const CUSTOMERS = 20;
const ORDERS_EACH = 5;
const IDLE_SECONDS = 30;

/** Measures sockets that follow orders, which wait for the warehouse: nothing happens to an order until the warehouse reports. */
export async function measureSockets(
  world: World,
  { sockets, most }: { sockets: number; most: number },
): Promise<SocketFigures> {
  const { gateway, database } = world;
  const watched: { id: string; token: string }[] = [];
  const reward = await merchandise(gateway.url, CUSTOMERS * ORDERS_EACH);
  for (let customer = 0; customer < CUSTOMERS; customer += 1) {
    const token = await world.signIn(`BENCH-${randomUUID()}`, 1_000_000);
    for (let nth = 0; nth < ORDERS_EACH; nth += 1) watched.push({ id: await order(gateway.url, token, reward), token });
  }

  const spread = await open(gateway.url, sockets, (nth) => watched[nth % watched.length] ?? { id: "", token: "" });
  await delay(5_000);
  const [before, cpuBefore] = [await database.look(), gateway.cpuSeconds()];
  await delay(IDLE_SECONDS * 1_000);
  const [after, cpuAfter] = [await database.look(), gateway.cpuSeconds()];
  const idleMs = (after.cpuMs - before.cpuMs + (cpuAfter - cpuBefore) * 1_000) / IDLE_SECONDS;
  await spread.close();

  const token = await world.signIn(`BENCH-${randomUUID()}`, 1_000_000);
  const id = await order(gateway.url, token, await merchandise(gateway.url, 1));
  const gatewayMs = await eventTo(gateway, sockets, { id, token }, () => shipped(gateway.url, id));
  const bare = await startContender("bench/contenders/bare-graphql-ws.ts", {});
  const bareMs = await eventTo(bare, sockets, { id: "any", token: "" }, async () => bare.signal("SIGUSR2"));
  await bare.stop();

  const megabytesBefore = gateway.residentMb();
  const many = await open(gateway.url, most, (nth) => watched[nth % watched.length] ?? { id: "", token: "" });
  const kilobytesEach = ((gateway.residentMb() - megabytesBefore) * 1_024) / most;
  const isServed = many.subscribed() === most;
  await many.close();
  return {
    idle: { sockets, orders: watched.length, cpuMs: idleMs },
    event: { sockets, gatewayMs, bareMs },
    most: { sockets: most, kilobytesEach, isServed },
  };
}

/** Opens sockets that subscribe to an order each, and resolves once each has got its first event. */
async function open(url: string, count: number, orderOf: (nth: number) => { id: string; token: string }) {
  const all: WebSocket[] = [];
  let received = 0;
  for (let from = 0; from < count; from += 100) {
    const some = Array.from({ length: Math.min(100, count - from) }, async (_, nth) => {
      const { id, token } = orderOf(from + nth);
      const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws", {
        perMessageDeflate: false,
      });
      all.push(socket);
      await once(socket, "open");
      const first = Promise.withResolvers<void>();
      socket.on("message", (data) => {
        const message = JSON.parse(String(data)) as { type: string };
        if (message.type === "connection_ack") {
          const query = "subscription ($id: ID!) { orderStatus(orderId: $id) { seq status pointsState } }";
          socket.send(JSON.stringify({ type: "subscribe", id: "1", payload: { query, variables: { id } } }));
        }
        if (message.type === "ping") socket.send('{"type":"pong"}');
        if (message.type !== "next") return;
        received += 1;
        first.resolve();
      });
      socket.send(
        JSON.stringify({ type: "connection_init", payload: token ? { authorization: `Bearer ${token}` } : {} }),
      );
      await first.promise;
    });
    await Promise.all(some);
  }
  return {
    subscribed: () => all.filter(({ readyState }) => readyState === WebSocket.OPEN).length,
    received: () => received,
    async close() {
      await Promise.all(
        all.map((socket) => {
          const closed = once(socket, "close");
          socket.close();
          return closed;
        }),
      );
    },
  };
}

/** @returns the server's CPU, milliseconds, from the cause of an event until every subscriber has it */
async function eventTo(
  server: Contender,
  sockets: number,
  order: { id: string; token: string },
  cause: () => Promise<unknown>,
): Promise<number> {
  const subscribers = await open(server.url, sockets, () => order);
  await delay(1_000);
  const [receivedBefore, before] = [subscribers.received(), server.cpuSeconds()];
  await cause();
  while (subscribers.received() < receivedBefore + sockets) await delay(10);
  await delay(200);
  const cpuMs = (server.cpuSeconds() - before) * 1_000;
  await subscribers.close();
  return cpuMs;
}

async function merchandise(url: string, stock: number): Promise<string> {
  const input = `{ sku: "BENCH-${randomUUID()}", kind: MERCHANDISE, name: "Parcel", description: "For the benchmark.", points: 10,
    brand: "Brand", category: "Category", imageUrl: "/assets/rewards/none.svg", stock: ${stock} }`;
  const { createReward } = await send(
    url,
    `mutation { createReward(input: ${input}) { reward { id } userErrors { message } } }`,
    OPERATOR_TOKEN,
  );
  return createReward.reward.id;
}

async function order(url: string, token: string, rewardId: string): Promise<string> {
  await send(url, `mutation { addToCart(input: { rewardId: "${rewardId}" }) { cart { version } } }`, token);
  const address = `{ name: "Asha Rao", line1: "12 Lake Road", city: "Pune", postalCode: "411001", country: "IN" }`;
  const { placeOrder } = await send(
    url,
    `mutation { placeOrder(input: { idempotencyKey: "${randomUUID()}", shippingAddress: ${address} }) {
      order { id } userErrors { message } } }`,
    token,
  );
  if (!placeOrder.order) throw new Error(JSON.stringify(placeOrder.userErrors));
  return placeOrder.order.id;
}

async function shipped(url: string, orderId: string): Promise<void> {
  const { order } = await send(url, `{ order(id: "${orderId}") { lines { id } } }`, OPERATOR_TOKEN);
  const input = `{ orderId: "${orderId}", lineId: "${order.lines[0].id}", status: SHIPPED, carrier: "BlueDart", trackingNumber: "BD1" }`;
  await send(url, `mutation { updateShipment(input: ${input}) { userErrors { message } } }`, OPERATOR_TOKEN);
}
