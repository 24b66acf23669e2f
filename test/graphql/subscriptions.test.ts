import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { makeLocalBus } from "../../src/platform/events.ts";
import { type CountingBus, makeCountingBus } from "../support/counting-bus.ts";
import { type Customer, OPERATOR_TOKEN, startTestGateway, type TestGateway } from "../support/gateway.ts";
import type { Caller } from "../support/graphql.ts";
import { orderPrepared, placeOrder, readOrder } from "../support/orders.ts";
import { connect, openSocket, type RawSocket, refusedUpgrade } from "../support/raw-socket.ts";
import { postRefresh, refresh } from "../support/sign-in.ts";

/** The buses of the gateway, one for each start of it. */
const buses: CountingBus[] = [];
async function openBus(): Promise<CountingBus> {
  const opened = makeCountingBus(makeLocalBus());
  buses.push(opened);
  return opened;
}
/** The bus of the gateway as it runs now. */
function bus(): CountingBus {
  const newest = buses.at(-1);
  if (!newest) throw new Error("no bus was made");
  return newest;
}

const SHOP = "https://shop.example.com";
let gateway: TestGateway;
let silent: RawSocket;
beforeAll(async () => {
  gateway = await startTestGateway({ ALLOWED_ORIGINS: SHOP }, { openBus });
  silent = await openSocket(gateway.url); // and sends nothing while the other tests run
});
afterAll(() => gateway[Symbol.asyncDispose]());

let customer: Customer;
/** The customer's order, once there is one. */
let orderId: string;
beforeEach(async () => {
  customer = await gateway.customer();
  orderId = "";
});

/** Orders a cup, which waits for its shipment: there is no next event until a test makes one. */
async function orderCup(): Promise<void> {
  const cup = await gateway.merchandise({ points: 10 });
  orderId = await placeOrder(customer, cup.id);
  await orderPrepared(customer, orderId);
  await bus().silence("order:");
}

const credentials = (caller: Caller = customer) => ({ authorization: `Bearer ${caller.token}` });
const query =
  "subscription ($orderId: ID!, $afterSeq: Int) { orderStatus(orderId: $orderId, afterSeq: $afterSeq) { seq } }";
interface Event {
  orderStatus: { seq: number };
}
const watch = (socket: RawSocket, id = orderId) =>
  socket.send({ type: "subscribe", id: "1", payload: { query, variables: { orderId: id } } });
const seqOf = (message: { payload?: unknown }) => (message.payload as { data: Event }).data.orderStatus.seq;
const newestSeq = async () => (await readOrder(customer, orderId)).seq;

/** Causes one more event: the cup is in transit or has arrived. */
async function report(status: "SHIPPED" | "DELIVERED") {
  const { lines } = await readOrder(customer, orderId);
  await gateway.operator.ok(
    "mutation ($input: UpdateShipmentInput!) { updateShipment(input: $input) { userErrors { message } } }",
    { input: { orderId, lineId: lines[0]?.id, status } },
  );
}

/** A socket of the customer's on which the order is being watched. */
async function watching(options: Parameters<typeof connect>[1] = { payload: credentials() }): Promise<RawSocket> {
  if (orderId === "") await orderCup();
  const socket = await connect(gateway.url, options);
  watch(socket);
  expect(seqOf(await socket.next())).toBe(await newestSeq());
  return socket;
}

describe("a subscriber to an order", () => {
  test.each<[how: string, options: () => Parameters<typeof connect>[1]]>([
    ["a bearer token", () => ({ payload: credentials() })],
    ["a bearer token, spelled as in HTTP", () => ({ payload: { Authorization: `Bearer ${customer.token}` } })],
    ["a cookie", () => ({ headers: { cookie: `tessera-access=${customer.token}` } })],
    [
      "a cookie, from a page of this server",
      () => ({ headers: { cookie: `tessera-access=${customer.token}` }, origin: gateway.url }),
    ],
    [
      "a cookie, from a page of a listed origin",
      () => ({ headers: { cookie: `tessera-access=${customer.token}` }, origin: SHOP }),
    ],
    ["the operator's token", () => ({ payload: { authorization: `Bearer ${OPERATOR_TOKEN}` } })],
  ])("is authenticated by %s", async (_, options) => {
    const socket = await watching(options());
    const before = await newestSeq();
    await report("SHIPPED");
    expect(seqOf(await socket.next())).toBe(before + 1);
    socket.ws.terminate();
  });

  test.each(["Bearer garbage", "garbage", "Basic dGVzc2VyYQ==", "", "Bearer "])(
    "is refused with the credentials %j, with or without a cookie",
    async (authorization) => {
      const socket = await openSocket(gateway.url, { headers: { cookie: `tessera-access=${customer.token}` } });
      socket.send({ type: "connection_init", payload: { authorization } });
      expect(await socket.closed).toEqual({ code: 4403, reason: "Forbidden" });
    },
  );

  test("is refused with the token of an ended session", async () => {
    await customer.ok("mutation { signOut { userErrors { code } } }");
    const socket = await openSocket(gateway.url);
    socket.send({ type: "connection_init", payload: credentials() });
    expect(await socket.closed).toMatchObject({ code: 4403 });
  });

  test("is refused from a page of another origin, and at another path", async () => {
    const headers = { cookie: `tessera-access=${customer.token}` };
    expect(await refusedUpgrade(gateway.url, { origin: "https://evil.example", headers })).toBe(403);
    expect(await refusedUpgrade(gateway.url, { path: "/graphiql", headers })).toBe(404);
  });

  test("must be signed in", async () => {
    const socket = await connect(gateway.url);
    watch(socket);
    expect(await socket.next()).toMatchObject({
      type: "next",
      payload: { errors: [{ extensions: { code: "UNAUTHENTICATED", requestId: expect.any(String) } }] },
    });
    socket.ws.terminate();
  });

  test("cannot distinguish another customer's order from a missing one", async () => {
    await orderCup();
    const stranger = await gateway.customer();
    const socket = await connect(gateway.url, { payload: credentials(stranger) });
    const answers = [];
    for (const id of [orderId, Buffer.from(`Order:${randomUUID()}`).toString("base64url"), "garbage"]) {
      watch(socket, id);
      answers.push(await socket.next());
      expect((await socket.next()).type).toBe("complete");
    }
    const refused = {
      id: "1",
      type: "next",
      payload: {
        errors: [
          {
            message: "orderId: there is no such order",
            path: ["orderStatus"],
            locations: expect.any(Array),
            extensions: { code: "BAD_USER_INPUT", field: "orderId", retryable: false, requestId: expect.any(String) },
          },
        ],
      },
    };
    expect(answers).toEqual([refused, refused, refused]);
    socket.ws.terminate();
  });

  test("cannot send a mutation over the socket", async () => {
    const socket = await connect(gateway.url, { payload: credentials() });
    for (const mutation of [
      "mutation { signOut { userErrors { code } } }",
      'mutation { requestOtp(input: { customerId: "C" }) { challengeId } }',
    ]) {
      socket.send({ type: "subscribe", id: "1", payload: { query: mutation } });
      expect(await socket.next()).toMatchObject({
        type: "error",
        payload: [{ extensions: { code: "BAD_USER_INPUT" } }],
      });
    }
    expect((await customer.ok<{ me: object | null }>("{ me { id } }")).me).not.toBeNull();
    socket.ws.terminate();
  });

  test("has the limits of HTTP", async () => {
    const socket = await connect(gateway.url, { payload: credentials() });
    const page = (inner: string) => `orders(first: 100) { nodes { ${inner} } }`;
    const tooMuch = `{ me { ${page(`customer { ${page("id")} }`)} } }`;
    const tooDeep = `{ me { orders { nodes { ${"customer { orders { nodes { ".repeat(4)} id ${"} } }".repeat(4)} } } } }`;
    const tooLong = `{ me { ${"customerId ".repeat(1_500)} } }`;
    for (const [text, code] of [
      [tooMuch, "BAD_USER_INPUT"],
      [tooDeep, "GRAPHQL_VALIDATION_FAILED"],
      [tooLong, "GRAPHQL_PARSE_FAILED"],
    ]) {
      socket.send({ type: "subscribe", id: "1", payload: { query: text } });
      expect(await socket.next()).toMatchObject({ type: "error", payload: [{ extensions: { code } }] });
    }
    socket.ws.terminate();
  });
});

describe("the socket of a session", () => {
  test("is closed at once when the customer signs out", async () => {
    const [one, other] = [await watching(), await watching()];
    const stranger = await connect(gateway.url, { payload: credentials(await gateway.customer()) });
    await customer.ok("mutation { signOut { userErrors { code } } }");
    expect(await one.closed).toEqual({ code: 4403, reason: "Session ended" });
    expect(await other.closed).toEqual({ code: 4403, reason: "Session ended" });

    stranger.send({ type: "ping" });
    expect((await stranger.next()).type).toBe("pong");
    stranger.ws.terminate();
  });

  test("is closed when another client uses a refresh token for the second time", async () => {
    const socket = await watching();
    await refresh(gateway, customer.refreshToken);
    await postRefresh(gateway, customer.refreshToken, { "user-agent": "another client" });
    expect(await socket.closed).toEqual({ code: 4403, reason: "Session ended" });
  });

  test("stays open when the session is refreshed", async () => {
    const socket = await watching();
    await refresh(gateway, customer.refreshToken);
    await report("SHIPPED");
    expect(seqOf(await socket.next())).toBe(await newestSeq());
    socket.ws.terminate();
  });
});

describe("a subscription to an order is released", () => {
  test.each<[how: string, end: (socket: RawSocket) => void]>([
    ["the line is cut", (socket) => socket.ws.terminate()],
    ["the socket is closed", (socket) => socket.ws.close()],
    ["the watching is ended", (socket) => socket.send({ type: "complete", id: "1" })],
  ])("when %s", async (_, end) => {
    const socket = await watching();
    expect(bus().listeners()).toContainEqual(expect.stringMatching(/^order:/));
    end(socket);
    await bus().silence("order:");
    socket.ws.terminate();
  });

  test("when the connection is cut before the first event", async () => {
    await orderCup();
    const socket = await connect(gateway.url, { payload: credentials() });
    const before = bus()
      .listeners()
      .filter((topic) => topic.startsWith("session:"));
    watch(socket);
    socket.ws.terminate();
    await vi.waitFor(() =>
      expect(
        bus()
          .listeners()
          .filter((topic) => topic.startsWith("session:")).length,
      ).toBeLessThan(before.length),
    );
    await bus().silence("order:");
  });

  test("when the order is settled, which completes the subscription", async () => {
    const socket = await watching();
    await report("DELIVERED");
    while ((await socket.next()).type !== "complete");
    await bus().silence("order:");
    socket.ws.terminate();
  });
});

test("a socket without connection_init within three seconds is closed", async () => {
  expect(await silent.closed).toEqual({ code: 4408, reason: "Connection initialisation timeout" });
});

describe("when the gateway restarts", () => {
  test("every socket is closed with a request to reconnect, and the stock client continues without a gap", async () => {
    await orderCup();
    const raw = await connect(gateway.url);
    const mayRetry = Promise.withResolvers<void>();
    const variables = { orderId, afterSeq: 0 };
    const closeCodes: number[] = [];
    const client = customer.socket({
      url: () => `${gateway.url.replace("http", "ws")}/graphql`,
      retryAttempts: 5,
      retryWait: () => mayRetry.promise,
      on: { closed: (event) => void closeCodes.push((event as { code: number }).code) },
    });
    const seen: number[] = [];
    const shipped = await newestSeq();
    for await (const { data } of client.iterate<Event>({ query, variables })) {
      seen.push(data?.orderStatus.seq ?? 0);
      variables.afterSeq = seen.at(-1) ?? 0; // read again when the client subscribes anew
      if (seen.at(-1) === shipped) {
        await gateway.restart();
        await report("SHIPPED"); // while the client is away
        mayRetry.resolve();
      }
      if (seen.at(-1) === shipped + 1) await report("DELIVERED");
    }
    await client.dispose();

    expect(await raw.closed).toEqual({ code: 1012, reason: "Restarting" });
    expect(closeCodes[0]).toBe(1012);
    expect(seen).toEqual(Array.from({ length: await newestSeq() }, (_, index) => index + 1));
  });
});
