import { randomUUID } from "node:crypto";
import { startReceiver } from "../test/webhooks/support.ts";
import { openSocket } from "./socket.ts";
import { OPERATOR_TOKEN, send, type World } from "./world.ts";

const CUSTOMER = "BENCH-TROUBLED";
const STATUS = "subscription ($id: ID!) { orderStatus(orderId: $id) { status } }";
const ADDRESS = { name: "Asha Rao", line1: "12 Lake Road", city: "Pune", postalCode: "411001", country: "IN" };
/** A receiver that confirms two of three requests. */
const ANSWERS = [200, 200, 503];

/**
 * Causes every failure and special case that the dashboard shows: failing calls, an unknown deduction, a waiting
 * return, a followed parcel in transit, errors, an unreliable receiver of webhooks.
 *
 * @param gateway the address of a gateway that may send webhooks to this machine
 */
export async function makeTroubles(world: World, gateway: string): Promise<AsyncDisposable> {
  await using started = new AsyncDisposableStack();
  const receiver = started.use(await startReceiver());
  receiver.answerBy(() => ANSWERS[receiver.received.length % ANSWERS.length] ?? 200);
  const webhook = { name: "bench", url: receiver.url, eventTypes: ["ORDER_STATUS_CHANGED", "MEMBER_EVENT"] };
  await send(
    gateway,
    "mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { userErrors { message } } }",
    OPERATOR_TOKEN,
    { input: webhook },
  );

  const token = await world.signIn(CUSTOMER, 100_000);
  const { rewards } = await send(
    gateway,
    "{ rewards(first: 50, filter: { kinds: [MERCHANDISE], sources: [BIGCITY] }) { nodes { id stock points } } }",
    token,
  );
  const [parcel] = (rewards.nodes as { id: string; stock: number | null; points: number }[])
    .filter(({ stock }) => stock === null || stock > 5)
    .toSorted((one, other) => one.points - other.points);
  /** @returns the id of a merchandise order */
  const order = async (): Promise<string> => {
    await send(
      gateway,
      "mutation ($id: ID!) { addToCart(input: { rewardId: $id }) { userErrors { message } } }",
      token,
      { id: parcel?.id },
    );
    const input = { idempotencyKey: randomUUID(), shippingAddress: ADDRESS };
    const { placeOrder } = await send(
      gateway,
      "mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } userErrors { message } } }",
      token,
      { input },
    );
    if (!placeOrder.order) throw new Error(JSON.stringify(placeOrder.userErrors));
    return placeOrder.order.id;
  };
  const socket = started.adopt(await openSocket(gateway, token), (open) => open.close());
  /** Resolves when the order has this status. */
  const reaches = (id: string, status: string) =>
    new Promise<void>((resolve) => {
      socket
        .subscribe(STATUS, { id }, ({ orderStatus }: { orderStatus: { status: string } }) => {
          if (orderStatus.status === status) resolve();
        })
        .catch(() => {}); // the socket is closed while it follows the order
    });

  const followed = await order();
  await reaches(followed, "PROCESSING");
  const stream = new AbortController();
  started.defer(() => stream.abort());
  await fetch(`${gateway}/graphql/stream`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      accept: "text/event-stream",
      "content-type": "application/json",
    },
    body: JSON.stringify({ query: STATUS, variables: { id: followed } }),
    signal: stream.signal,
  });

  const returned = await order();
  await reaches(returned, "PROCESSING");
  await fail(world, "reverse", "http-500");
  await send(
    gateway,
    "mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { userErrors { message } } }",
    token,
    { input: { orderId: returned, idempotencyKey: randomUUID() } },
  );
  await fail(world, "redeem", "commit-then-drop");
  await order();
  await fail(world, "points", "http-500", 3);
  await send(gateway, "{ me { wallet { balance } } }", token).catch(() => {});
  await send(gateway, "{ orders(first: 1) { nodes { id } } }").catch(() => {}); // the viewer is anonymous
  return started.move();
}

async function fail(world: World, operation: string, fault: string, times = 1): Promise<void> {
  await fetch(`${world.sandbox.url}/__sandbox/faults`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ upstream: "client", operation, fault, times }),
  });
}
