// The load of the orders, in a process of its own: customers with their tokens, carts and sockets. Like a storefront,
// it sends the same documents with different variables.
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Pool } from "undici";
import { answerParent } from "./contender.ts";
import { sentOtp } from "./sent-otp.ts";
import { type GraphqlSocket, openSocket } from "./socket.ts";

export type LoadMessage =
  | { do: "sign-in"; gateway: string; sandbox: string; customers: number }
  /** Puts one of each reward into the carts of these customers. */
  | { do: "fill-carts"; gateway: string; carts: { customer: number; rewardIds: string[] }[] }
  /** Opens the socket of each customer, spread over the processes. */
  | { do: "connect"; gateways: string[]; customers: number[] }
  | { do: "disconnect" }
  | OrderMessage;

export interface OrderMessage {
  do: "order";
  /** The gateways behind an assumed balancer, or the hand-written handler. */
  to: { gateways: string[] } | { handler: string };
  customers: number[];
  /** The time between the first and the last order; 0 for all at once. */
  withinMs: number;
}

export interface Ordered {
  /** From sending the order to FULFILLED being visible, one for each order. */
  latenciesMs: number[];
  seconds: number;
  /** The reason of the first order that did not end FULFILLED. */
  failed: number;
  problem: string | undefined;
}

const SIGN_INS_AT_ONCE = 16;
const CONNECTIONS = 64;

const requestOtp = "mutation ($customerId: String!) { requestOtp(input: { customerId: $customerId }) { challengeId } }";
const verifyOtp = `mutation ($challengeId: ID!, $otp: String!) {
  verifyOtp(input: { challengeId: $challengeId, otp: $otp }) { session { accessToken } } }`;
const addToCart = "mutation ($rewardId: ID!) { addToCart(input: { rewardId: $rewardId }) { cart { version } } }";
const placeOrder = `mutation ($key: String!) { placeOrder(input: { idempotencyKey: $key }) { order { id } userErrors { message } } }`;
const orderStatus = "subscription ($id: ID!) { orderStatus(orderId: $id) { status } }";

const customers: { token: string; socket?: GraphqlSocket }[] = [];
const pools = new Map<string, Pool>();

answerParent(async (message: LoadMessage) => {
  switch (message.do) {
    case "sign-in":
      return inTurns(Array(message.customers).fill(message), ({ gateway, sandbox }) => signIn(gateway, sandbox));
    case "fill-carts":
      return inTurns(message.carts, async ({ customer, rewardIds }) => {
        for (const rewardId of rewardIds)
          await graphql(message.gateway, customers[customer]?.token, addToCart, { rewardId });
      });
    case "connect":
      return inTurns(message.customers, async (number) => {
        const customer = customers[number];
        // Half of the sockets are at another process than their customer's requests.
        const url = message.gateways[(number >> 1) % message.gateways.length];
        if (customer && url) customer.socket = await openSocket(url, customer.token);
      });
    case "disconnect":
      return inTurns(customers, async (customer) => {
        await customer.socket?.close();
        delete customer.socket;
      });
    case "order":
      return order(message);
  }
});

async function order({ to, customers: numbers, withinMs }: OrderMessage): Promise<Ordered> {
  const ordered: Ordered = { latenciesMs: [], seconds: 0, failed: 0, problem: undefined };
  const startedAt = performance.now();
  await Promise.all(
    numbers.map(async (number, nth) => {
      if (withinMs > 0) await delay((withinMs * nth) / numbers.length);
      const sentAt = performance.now();
      try {
        if ("handler" in to) await orderByHandler(to.handler, number);
        else await orderByGateway(to.gateways[number % to.gateways.length] ?? "", number);
        ordered.latenciesMs.push(performance.now() - sentAt);
      } catch (error) {
        ordered.failed += 1;
        ordered.problem ??= String(error);
      }
    }),
  );
  ordered.seconds = (performance.now() - startedAt) / 1_000;
  return ordered;
}

async function orderByGateway(url: string, number: number): Promise<void> {
  const customer = customers[number];
  const data = await graphql(url, customer?.token, placeOrder, { key: randomUUID() });
  const { order, userErrors } = data["placeOrder"];
  if (!order) throw new Error(JSON.stringify(userErrors));
  let status = "";
  await customer?.socket?.subscribe(orderStatus, { id: order.id }, (event: { orderStatus: { status: string } }) => {
    status = event.orderStatus.status;
  });
  if (status !== "FULFILLED") throw new Error(`an order ended ${status}`);
}

async function orderByHandler(url: string, number: number): Promise<void> {
  const { status } = await post(url, "/orders", customers[number]?.token, { idempotencyKey: randomUUID() });
  if (status !== "FULFILLED") throw new Error(`an order ended ${status}`);
}

async function signIn(gateway: string, sandbox: string): Promise<void> {
  const customerId = `BENCH-${randomUUID()}`;
  await post(sandbox, "/__sandbox/client/customers", undefined, { customer_id: customerId, balance: 1_000_000 });
  const { challengeId } = (await graphql(gateway, undefined, requestOtp, { customerId }))["requestOtp"];
  const otp = await sentOtp(sandbox, customerId);
  const { session } = (await graphql(gateway, undefined, verifyOtp, { challengeId, otp }))["verifyOtp"];
  customers.push({ token: session.accessToken });
}

// biome-ignore lint/suspicious/noExplicitAny: the load reads answers it knows
async function graphql(url: string, token: string | undefined, query: string, variables: object): Promise<any> {
  const answer = await post(url, "/graphql", token, { query, variables });
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

// biome-ignore lint/suspicious/noExplicitAny: see above
async function post(url: string, path: string, token: string | undefined, content: object): Promise<any> {
  const { body } = await poolOf(url).request({
    method: "POST",
    path,
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(content),
  });
  return body.json();
}

function poolOf(url: string): Pool {
  const pool = pools.get(url) ?? new Pool(url, { connections: CONNECTIONS });
  pools.set(url, pool);
  return pool;
}

/** Does the same for each item, with limited concurrency. */
async function inTurns<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: SIGN_INS_AT_ONCE }, async () => {
      for (const item of left) await work(item);
    }),
  );
}
