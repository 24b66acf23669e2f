import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type Contender, startContender } from "./contender.ts";
import { type GraphqlSocket, openSocket } from "./socket.ts";
import { OPERATOR_TOKEN, send, type World } from "./world.ts";

export interface SocketFigures {
  /** CPU, milliseconds a second, with sockets without events. */
  idle: { sockets: number; orders: number; gatewayMs: number; postgresMs: number };
  /**
   * CPU of the server for one event of one order to all its subscribers, including its cause: the mean of several
   * events.
   */
  event: { sockets: number; events: number; gatewayMs: number; bareMs: number };
  /** `seconds` from the first socket's opening to the last one's first event. */
  most: { sockets: number; kilobytesEach: number; isServed: boolean; seconds: number };
}

const CUSTOMERS = 20;
const ORDERS_EACH = 5;
const IDLE_SECONDS = 30;
const EVENTS = 4;

/** Measures sockets that follow orders in the warehouse: such an order does not change until the warehouse reports. */
export async function measureSockets(
  world: World,
  { sockets, most }: { sockets: number; most: number },
): Promise<SocketFigures> {
  const { gateway, database } = world;
  const watched: { id: string; token: string }[] = [];
  const reward = await merchandise(gateway.url, CUSTOMERS * ORDERS_EACH);
  for (let customer = 0; customer < CUSTOMERS; customer += 1) {
    const token = await world.signIn(`BENCH-${randomUUID()}`, 1_000_000);
    for (let nth = 0; nth < ORDERS_EACH; nth += 1)
      watched.push({ id: await order(gateway.url, token, [reward]), token });
  }

  const spread = await open(gateway.url, sockets, (nth) => watched[nth % watched.length] ?? { id: "", token: "" });
  await delay(5_000);
  const [before, cpuBefore] = [await database.look(), gateway.cpuSeconds()];
  await delay(IDLE_SECONDS * 1_000);
  const [after, cpuAfter] = [await database.look(), gateway.cpuSeconds()];
  const idle = {
    gatewayMs: ((cpuAfter - cpuBefore) * 1_000) / IDLE_SECONDS,
    postgresMs: (after.cpuMs - before.cpuMs) / IDLE_SECONDS,
  };
  await spread.close();

  const token = await world.signIn(`BENCH-${randomUUID()}`, 1_000_000);
  // Each event and the warm-up ship one line; the last line keeps the order open.
  const parcels = await Promise.all(Array.from({ length: EVENTS + 2 }, () => merchandise(gateway.url, 1)));
  const id = await order(gateway.url, token, parcels);
  const gatewayMs = await eventsTo(gateway, sockets, { id, token }, (nth) => shipped(gateway.url, id, nth));
  const bare = await startContender("bench/contenders/bare-graphql-ws.ts", {});
  const bareMs = await eventsTo(bare, sockets, { id: "any", token: "" }, async () => bare.signal("SIGUSR2"));
  await bare.stop();

  const megabytesBefore = gateway.residentMb();
  const startedAt = performance.now();
  const many = await open(gateway.url, most, (nth) => watched[nth % watched.length] ?? { id: "", token: "" });
  const seconds = (performance.now() - startedAt) / 1_000;
  const kilobytesEach = ((gateway.residentMb() - megabytesBefore) * 1_024) / most;
  const isServed = many.subscribed() === most;
  await many.close();
  return {
    idle: { sockets, orders: watched.length, ...idle },
    event: { sockets, events: EVENTS, gatewayMs, bareMs },
    most: { sockets: most, kilobytesEach, isServed, seconds },
  };
}

const orderStatus = "subscription ($id: ID!) { orderStatus(orderId: $id) { seq status pointsState } }";
const AT_ONCE = 100;

/** Opens sockets that subscribe to an order each, and resolves once each has received its first event. */
async function open(url: string, count: number, orderOf: (nth: number) => { id: string; token: string }) {
  const all: GraphqlSocket[] = [];
  let received = 0;
  for (let from = 0; from < count; from += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - from) }, async (_, nth) => {
      const { id, token } = orderOf(from + nth);
      const socket = await openSocket(url, token);
      all.push(socket);
      const first = Promise.withResolvers<void>();
      socket
        .subscribe(orderStatus, { id }, () => {
          received += 1;
          first.resolve();
        })
        .catch(first.reject);
      await first.promise;
    });
    await Promise.all(some);
  }
  return {
    subscribed: () => all.filter((socket) => socket.isOpen()).length,
    received: () => received,
    close: () => Promise.all(all.map((socket) => socket.close())),
  };
}

/** @returns the server's CPU, milliseconds an event, from its cause until every subscriber has it */
async function eventsTo(
  server: Contender,
  sockets: number,
  order: { id: string; token: string },
  cause: (nth: number) => Promise<unknown>,
): Promise<number> {
  const subscribers = await open(server.url, sockets, () => order);
  await delay(1_000);
  let before = 0;
  for (let nth = 0; nth <= EVENTS; nth += 1) {
    if (nth === 1) before = server.cpuSeconds(); // the first one is the warm-up
    const due = subscribers.received() + sockets;
    await cause(nth);
    while (subscribers.received() < due) await delay(10);
    await delay(200);
  }
  const cpuMs = ((server.cpuSeconds() - before) * 1_000) / EVENTS;
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

async function order(url: string, token: string, rewardIds: readonly string[]): Promise<string> {
  for (const rewardId of rewardIds)
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

async function shipped(url: string, orderId: string, line: number): Promise<void> {
  const { order } = await send(url, `{ order(id: "${orderId}") { lines { id } } }`, OPERATOR_TOKEN);
  const input = `{ orderId: "${orderId}", lineId: "${order.lines[line].id}", status: SHIPPED, carrier: "BlueDart", trackingNumber: "BD1" }`;
  await send(url, `mutation { updateShipment(input: ${input}) { userErrors { message } } }`, OPERATOR_TOKEN);
}
