import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect as connectTcp, type Socket } from "node:net";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import type { Viewer } from "../../src/domain/viewer.ts";
import { abortable } from "../../src/graphql/abortable.ts";
import type { Context } from "../../src/graphql/context.ts";
import { makeDocumentSenders } from "../../src/graphql/document-sender.ts";
import { rateLimited, unauthenticated } from "../../src/graphql/errors.ts";
import { makeOperations } from "../../src/graphql/operations.ts";
import { makeOriginCheck } from "../../src/graphql/origins.ts";
import { makeEndings, makeViewerEndings } from "../../src/graphql/socket-endings.ts";
import { makeOpenCounts } from "../../src/graphql/socket-limits.ts";
import { mountSubscriptions, type SubscriptionOptions } from "../../src/graphql/subscriptions.ts";
import { makeDocumentGate } from "../../src/graphql/trusted-documents.ts";
import { makeTrustedRouter, ROUTER_HEADER } from "../../src/graphql/trusted-router.ts";
import { listen, makeLocalBus } from "../../src/platform/events.ts";
import { type CountingBus, makeCountingBus } from "../support/counting-bus.ts";
import { type CapturedLog, captureLog } from "../support/log.ts";
import { connect, type Message, openSocket, type RawSocket, refusedUpgrade } from "../support/raw-socket.ts";

/** The edge alone, on a server and a schema of its own: admission, allowed operations, and cleanup. */

const SECRET = "db password=hunter2";
const ROUTER_SECRET = "the secret of a router of this file";
const LARGE_BYTES = 256 * 1024;
const typeDefs = `
  type Query { things(first: Int): [Thing!]! large: String! }
  type Thing { name: String! thing: Thing! things(first: Int): [Thing!]! }
  type Mutation { change: Boolean }
  type Subscription {
    ticks: Int!
    largeTicks: String!
    lingering: Int
    refused: Int
    failing: Int
    breakingOff: Int
    unresolvable: Int
    unresolvableWhole: Int!
  }`;
const thing = { name: "a thing", thing: () => thing, things: () => [] };

let bus: CountingBus;
let captured: CapturedLog;
let server: Server;
let url: string;
/** May be called again and again. */
let unmount: () => Promise<void>;
let options: SubscriptionOptions & { charge?: Context["charge"] };
const changed = vi.fn();
let printed: MockInstance<typeof console.error>;
const endless = () => makeEndings({ onEnd: () => () => {}, liveAmong: async (ids) => new Set(ids), log: captured.log });
let liveSessions: Parameters<typeof makeEndings>[0]["liveAmong"];
let lingering: PromiseWithResolvers<void>;

const ticking = (event: (ticks: number) => object) => ({
  subscribe: (_: unknown, __: unknown, { signal }: Context) =>
    abortable(async function* (stop) {
      using listener = listen(bus, "ticks");
      for (let ticks = 1; !stop.aborted; ticks += 1) {
        yield event(ticks);
        await listener.wait(60_000, stop);
      }
    }, signal),
});

const schema = makeExecutableSchema({
  typeDefs,
  resolvers: {
    Query: { things: () => [thing], large: () => "x".repeat(LARGE_BYTES) },
    Mutation: { change: changed },
    Subscription: {
      ticks: ticking((ticks) => ({ ticks })),
      largeTicks: ticking(() => ({ largeTicks: "x".repeat(LARGE_BYTES) })),
      lingering: {
        async *subscribe() {
          yield { lingering: 1 };
          await lingering.promise;
        },
      },
      refused: {
        subscribe() {
          throw unauthenticated();
        },
      },
      failing: {
        subscribe() {
          throw new Error(SECRET);
        },
      },
      breakingOff: {
        async *subscribe() {
          yield { breakingOff: 1 };
          throw new Error(SECRET);
        },
      },
      ...Object.fromEntries(
        ["unresolvable", "unresolvableWhole"].map((field) => [
          field,
          {
            async *subscribe() {
              yield {};
            },
            resolve() {
              throw new Error(SECRET);
            },
          },
        ]),
      ),
    },
  },
});

function mount(more: Partial<SubscriptionOptions> = {}): void {
  const close = mountSubscriptions(server, {
    ...options,
    identify: (...given) => options.identify(...given),
    ...more,
  });
  let closed: Promise<void> | undefined;
  unmount = () => {
    closed ??= close();
    return closed;
  };
}

beforeEach(async () => {
  changed.mockReset();
  lingering = Promise.withResolvers();
  liveSessions = async (ids) => new Set(ids);
  bus = makeCountingBus(makeLocalBus());
  captured = await captureLog();
  const stopping = new AbortController();
  options = {
    operations: makeOperations({
      documents: makeDocumentGate(new Map(), { only: false }),
      senders: makeDocumentSenders({ public: schema, router: schema }),
      log: captured.log,
    }),
    trustedRouter: makeTrustedRouter([ROUTER_SECRET]),
    endings: makeViewerEndings({
      sessions: makeEndings({
        onEnd: (id, listener) => bus.on(`session:${id}`, listener),
        liveAmong: (ids) => liveSessions(ids),
        log: captured.log,
      }),
      keys: endless(),
      operatorSessions: endless(),
    }),
    log: captured.log,
    isOriginAllowed: makeOriginCheck({ allowedOrigins: ["https://shop.example.com"] }),
    identify: async (authorization): Promise<Viewer | null> => {
      if (authorization === undefined) return { kind: "anonymous" };
      return authorization === "good" ? { kind: "customer", customerId: "C-1", sessionId: "s-1" } : null;
    },
    auditUse: async () => {},
    makeContext: ({ viewer, isRouter }, request) =>
      ({
        viewer,
        isRouter,
        requestId: String(request.headers["x-request-id"]),
        signal: stopping.signal,
        charge: (cost) => options.charge?.(cost) ?? null,
      }) as Context,
    open: makeOpenCounts({ perSession: 3, perBlock: 40, inAll: 45 }),
    blockOf: ({ headers }) => String(headers["x-block"]),
  };
  server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  mount();
  printed = vi.spyOn(console, "error");
});

afterEach(async () => {
  const closed = once(server, "close");
  server.close();
  await unmount();
  await closed;
  await bus.silence(); // the remaining subscribers are removed
  expect(printed).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});

const subscribe = (socket: RawSocket, id: string, query: string, more: object = {}) =>
  socket.send({ type: "subscribe", id, payload: { query, ...more } });
/** The first answer to an operation. */
async function answerTo(query: string, more: object = {}, headers = {}) {
  const socket = await connect(url, { headers });
  subscribe(socket, "1", query, more);
  const answer = await socket.next();
  socket.ws.terminate();
  return answer;
}
const codesOf = (payload: unknown) =>
  (payload as { extensions: { code: string } }[]).map((error) => error.extensions.code);

describe("a websocket", () => {
  test("is accepted at /graphql, with or without a query string", async () => {
    await connect(url);
    await connect(url, { path: "/graphql?from=here" });
  });

  test.each(["/", "/graphql/", "/graphqlx", "/other", "/graphql%2f"])("is refused at %s", async (path) => {
    expect(await refusedUpgrade(url, { path })).toBe(404);
  });

  test.each(["https://evil.example", "http://shop.example.com", "https://shop.example.com.evil.example", "null"])(
    "is refused from a page of %s",
    async (origin) => {
      expect(await refusedUpgrade(url, { origin })).toBe(403);
    },
  );

  test("is accepted from a page of a listed origin or of this server", async () => {
    await connect(url, { origin: "https://shop.example.com" });
    await connect(url, { origin: url });
  });

  test("that speaks no protocol is closed", async () => {
    expect(await (await openSocket(url, { protocol: "" })).closed).toMatchObject({ code: 4406 });
  });

  test("that offers only another protocol is refused", async () => {
    await expect(openSocket(url, { protocol: "graphql-ws" })).rejects.toThrow("no subprotocol");
  });

  test("may run no operation before connection_init", async () => {
    const socket = await openSocket(url);
    subscribe(socket, "1", "subscription { ticks }");
    expect(await socket.closed).toMatchObject({ code: 4401 });
  });

  test("is closed after a second connection_init", async () => {
    const socket = await connect(url);
    socket.send({ type: "connection_init" });
    expect(await socket.closed).toMatchObject({ code: 4429 });
  });

  test.each(["", "garbage", "null", "{}", '{"type":"other"}', '{"type":"subscribe","id":1}'])(
    "is closed when it sends %j",
    async (message) => {
      const socket = await connect(url);
      socket.send(message);
      expect(await socket.closed).toMatchObject({ code: 4400 });
    },
  );

  test("with invalid credentials is closed", async () => {
    const socket = await openSocket(url);
    socket.send({ type: "connection_init", payload: { authorization: "bad" } });
    expect(await socket.closed).toEqual({ code: 4403, reason: "Forbidden" });
  });

  test.each([{ authorization: 1 }, { Authorization: ["good"] }, { authorization: {} }])(
    "with credentials other than text is closed: %j",
    async (payload) => {
      const socket = await openSocket(url);
      socket.send({ type: "connection_init", payload });
      expect(await socket.closed).toMatchObject({ code: 4403 });
    },
  );

  test("is closed without a reason when its credentials cannot be checked", async () => {
    options.identify = async () => {
      throw new Error(SECRET);
    };
    const socket = await openSocket(url);
    socket.send({ type: "connection_init" });
    expect(await socket.closed).toEqual({ code: 1013, reason: "Try again later" });
    expect(captured.text()).toContain(SECRET);
  });

  test("accepts a message of 64 KiB", async () => {
    const message = { type: "ping", payload: { padding: "" } };
    message.payload.padding = "x".repeat(64 * 1024 - JSON.stringify(message).length);
    const socket = await connect(url);
    socket.send(message);
    expect((await socket.next()).type).toBe("pong");
  });

  test("is closed by a longer message, in one frame or in many", async () => {
    const [whole, inParts] = [await connect(url), await connect(url)];
    whole.send(Buffer.alloc(64 * 1024 + 1, "x"));
    expect(await whole.closed).toMatchObject({ code: 1009 });
    for (let part = 0; part <= 64; part += 1) inParts.ws.send("x".repeat(1024), { fin: false });
    expect(await inParts.closed).toMatchObject({ code: 1009 });
  });
});

describe("an operation", () => {
  test("may be a query", async () => {
    expect(await answerTo("{ things { name } }")).toMatchObject({
      type: "next",
      payload: { data: { things: [{ name: "a thing" }] } },
    });
  });

  test("may not be a mutation", async () => {
    const { type, payload } = await answerTo("mutation { change }");
    expect(type).toBe("error");
    expect(codesOf(payload)).toEqual(["BAD_USER_INPUT"]);
    const named = await answerTo("query A { things { name } } mutation B { change }", { operationName: "B" });
    expect(named.type).toBe("error");
    expect(changed).not.toHaveBeenCalled();
  });

  test.each([
    ["that is no GraphQL", "subscription {", "GRAPHQL_PARSE_FAILED", {}],
    ["with too many words", `{ ${"things { name } ".repeat(400)} }`, "GRAPHQL_PARSE_FAILED", {}],
    ["that is not in the schema", "subscription { tacks }", "GRAPHQL_VALIDATION_FAILED", {}],
    [
      "that is too deep",
      `{ things { ${"thing { ".repeat(12)} name ${"} ".repeat(12)} } }`,
      "GRAPHQL_VALIDATION_FAILED",
      {},
    ],
    [
      "with too many names",
      `{ ${Array.from({ length: 20 }, (_, n) => `a${n}: things { name }`).join(" ")} }`,
      "GRAPHQL_VALIDATION_FAILED",
      {},
    ],
    ["that costs too much", "{ things(first: 100) { things(first: 100) { name } } }", "BAD_USER_INPUT", {}],
    [
      "that costs too much by its variables",
      "query ($n: Int) { things(first: $n) { things(first: $n) { name } } }",
      "BAD_USER_INPUT",
      { variables: { n: 100 } },
    ],
    [
      "of which there are two",
      "query A { things { name } } query B { things { name } }",
      "OPERATION_RESOLUTION_FAILURE",
      {},
    ],
    ["about the schema", "{ __schema { __typename } }", "GRAPHQL_VALIDATION_FAILED", {}],
    ["about a type", '{ __type(name: "Thing") { name } }', "GRAPHQL_VALIDATION_FAILED", {}],
  ])("%s is refused, with a request id", async (_, query, code, more) => {
    const { type, payload } = await answerTo(query, more, { "x-request-id": "r-1" });
    expect(type).toBe("error");
    expect(payload).toEqual([
      expect.objectContaining({ extensions: expect.objectContaining({ code, retryable: false, requestId: "r-1" }) }),
    ]);
  });

  test("with a variable of another type is refused, with a request id", async () => {
    const query = "query ($n: Int) { things(first: $n) { name } }";
    const { payload } = await answerTo(query, { variables: { n: "many" } }, { "x-request-id": "r-1" });
    expect(payload).toMatchObject({
      errors: [{ extensions: { code: "BAD_USER_INPUT", retryable: false, requestId: "r-1" } }],
    });
  });

  test("that is misspelled gets no suggestion", async () => {
    expect(JSON.stringify(await answerTo("subscription { tick }"))).not.toContain("ticks");
  });

  test("that is refused by its own field reports the refusal", async () => {
    expect(await answerTo("subscription { refused }", {}, { "x-request-id": "r-1" })).toEqual({
      id: "1",
      type: "next",
      payload: {
        errors: [
          {
            message: "Sign in first.",
            path: ["refused"],
            locations: [{ line: 1, column: 16 }],
            extensions: { code: "UNAUTHENTICATED", retryable: false, requestId: "r-1" },
          },
        ],
      },
    });
    expect(captured.text()).not.toMatch(/"level":"(warn|error)"/);
  });

  const masked = {
    message: "Something went wrong on our side.",
    extensions: { code: "INTERNAL_SERVER_ERROR", retryable: false, requestId: "r-1" },
  };
  test.each([
    ["cannot begin", "failing", { errors: [masked] }],
    ["has a field that cannot be read", "unresolvable", { data: { unresolvable: null }, errors: [masked] }],
    ["has only a field that cannot be read", "unresolvableWhole", { data: null, errors: [masked] }],
  ])("that %s shows a request id, and the log has the details", async (_, field, payload) => {
    const answer = await answerTo(`subscription { ${field} }`, {}, { "x-request-id": "r-1" });
    expect(answer).toMatchObject({ type: "next", payload });
    expect(JSON.stringify(answer)).not.toContain("hunter2");
    expect(captured.text()).toContain(SECRET);
    expect(captured.text()).toContain('"requestId":"r-1"');
  });

  test("that breaks off shows a request id, and the log has the details", async () => {
    const socket = await connect(url, { headers: { "x-request-id": "r-1" } });
    subscribe(socket, "1", "subscription { breakingOff }");
    expect(await socket.next()).toMatchObject({ type: "next", payload: { data: { breakingOff: 1 } } });
    const answer = await socket.next();
    expect(answer).toMatchObject({ type: "error", payload: [masked] });
    expect(JSON.stringify(answer)).not.toContain("hunter2");
    expect(captured.text()).toContain(SECRET);
    expect(captured.text()).toContain('"requestId":"r-1"');
    socket.ws.terminate();
  });
});

describe("twenty operations", () => {
  /** A socket on which twenty subscriptions have begun. */
  async function full() {
    const socket = await connect(url);
    for (let id = 1; id <= 20; id += 1) {
      subscribe(socket, String(id), "subscription { ticks }");
      expect(await socket.next()).toMatchObject({ type: "next", id: String(id) });
    }
    return socket;
  }

  test("run at once on a socket, and a twenty-first is refused while they run", async () => {
    const socket = await full();
    subscribe(socket, "21", "subscription { ticks }");
    const { id, type, payload } = await socket.next();
    expect([id, type, codesOf(payload)]).toEqual(["21", "error", ["RATE_LIMITED"]]);
    expect(payload).toMatchObject([{ extensions: { retryable: true } }]);

    bus.notify("ticks");
    const ticked = new Set<string | undefined>();
    for (let n = 1; n <= 20; n += 1) ticked.add((await socket.next()).id);
    expect(ticked.size).toBe(20);
    socket.ws.terminate();
  });

  test("make room when one of them ends", async () => {
    const socket = await full();
    socket.send({ type: "complete", id: "7" });
    await vi.waitFor(() => expect(bus.listeners()).toHaveLength(19));
    subscribe(socket, "21", "subscription { ticks }");
    expect(await socket.next()).toMatchObject({ type: "next", id: "21" });
    socket.ws.terminate();
  });

  test("do not count those that were refused or have failed", async () => {
    const socket = await connect(url);
    for (const field of ["refused", "failing", "breakingOff", "unresolvable", "unknown"]) {
      for (let n = 1; n <= 20; n += 1) {
        subscribe(socket, `${field}-${n}`, `subscription { ${field} }`);
        const last = field === "unknown" || field === "breakingOff" ? "error" : "complete";
        while ((await socket.next()).type !== last);
      }
    }
    subscribe(socket, "one more", "subscription { ticks }");
    expect(await socket.next()).toMatchObject({ type: "next" });
    socket.ws.terminate();
  });
});

describe("a socket that does not read", () => {
  /** A socket that has stopped reading, and the server's end of its connection. */
  async function deaf() {
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const socket = await connect(url);
    const [connection] = await accepted;
    socket.ws.pause();
    return { socket, connection, cut: once(connection, "close") };
  }
  /** Requests answers until the server's buffer exceeds the limit for reading on. */
  async function fill({ socket, connection }: Awaited<ReturnType<typeof deaf>>): Promise<number> {
    for (let asked = 1; ; asked += 1) {
      const before = connection.bytesWritten;
      subscribe(socket, String(asked), "{ large }");
      await vi.waitFor(() => expect(connection.bytesWritten).toBeGreaterThan(before + LARGE_BYTES));
      if (connection.writableLength > 64 * 1024) return asked;
    }
  }

  test("is read no further until it has received its buffered messages, and then misses none", async () => {
    const peer = await deaf();
    const asked = await fill(peer);
    expect(peer.connection.isPaused()).toBe(true);
    peer.socket.send({ type: "ping" });
    peer.socket.ws.resume();
    const got: Message[] = [];
    while (got.length < 2 * asked + 1) got.push(await peer.socket.next());
    for (const type of ["next", "complete"]) {
      const ids = got.filter((message) => message.type === type).map(({ id }) => Number(id));
      expect(ids).toEqual(Array.from({ length: asked }, (_, n) => n + 1));
    }
    expect(got.filter(({ type }) => type === "pong")).toEqual([{ type: "pong" }]);
    expect(peer.connection.isPaused()).toBe(false);
    peer.socket.ws.terminate();
  });

  test("is cut off when more than a megabyte is buffered for it", async () => {
    const { socket, connection } = await deaf();
    socket.ws.resume();
    for (let id = 1; id <= 20; id += 1) {
      subscribe(socket, String(id), "subscription { largeTicks }");
      expect((await socket.next()).type).toBe("next");
    }
    socket.ws.pause();
    await vi.waitFor(() => {
      bus.notify("ticks");
      expect(connection.destroyed).toBe(true);
    });
    expect(captured.text()).toContain("too much waits to be sent");
    const [, unsent] = /"unsentBytes":(\d+)/.exec(captured.text()) ?? [];
    expect(Number(unsent)).toBeLessThan(1024 * 1024 + 2 * LARGE_BYTES);
    expect(captured.text()).not.toContain("Unexpected error");
  });

  test("is cut off when it has received nothing for a while", async () => {
    await unmount();
    mount({ stalledMs: 50 }); // time is the subject
    const peer = await deaf();
    await fill(peer);
    await peer.cut;
    expect(captured.text()).toContain("it reads nothing");
  });

  test("is sent no echo of its pings", async () => {
    const socket = await connect(url);
    socket.send({ type: "ping", payload: { padding: "x".repeat(60_000) } });
    expect(await socket.next()).toEqual({ type: "pong" });
    socket.ws.terminate();
  });
});

test("a socket that sends more than 300 messages within ten seconds is closed", async () => {
  const socket = await connect(url);
  for (let n = 2; n <= 300; n += 1) socket.send({ type: "ping" });
  for (let n = 2; n <= 300; n += 1) expect((await socket.next()).type).toBe("pong");
  socket.send({ type: "ping" });
  expect(await socket.closed).toEqual({ code: 1008, reason: "Too many messages" });
});

describe("sockets are limited", () => {
  const from = (block: string) => ({ headers: { "x-block": block } });
  const many = (count: number, block: string) =>
    Promise.all(Array.from({ length: count }, () => openSocket(url, from(block))));

  test("for one address, and others are accepted", async () => {
    const sockets = await many(40, "a");
    expect(await refusedUpgrade(url, from("a"))).toBe(429);
    const other = await openSocket(url, from("b"));
    sockets[0]?.ws.terminate();
    await vi.waitFor(async () => expect((await openSocket(url, from("a"))).ws.readyState).toBe(other.ws.OPEN));
  });

  test("for one address, without those of a trusted router", async () => {
    const sockets = await many(39, "a");
    const secret = { [ROUTER_HEADER]: ROUTER_SECRET };
    await connect(url, { headers: { "x-block": "a", ...secret } });
    await connect(url, { ...from("a"), payload: secret });
    sockets.push(await openSocket(url, from("a")));
    expect(await refusedUpgrade(url, from("a"))).toBe(429);
    expect(sockets.map(({ ws }) => ws.readyState)).toEqual(sockets.map(({ ws }) => ws.OPEN));
  });

  test("in all", async () => {
    await many(30, "a");
    await many(15, "b");
    expect(await refusedUpgrade(url, from("c"))).toBe(503);
  });

  test("for one session, and a closed one makes room", async () => {
    const good = { payload: { authorization: "good" } };
    const [first] = [await connect(url, good), await connect(url, good), await connect(url, good)];
    const fourth = await openSocket(url);
    fourth.send({ type: "connection_init", ...good });
    expect(await fourth.closed).toEqual({ code: 1013, reason: "Too many sockets of this session" });
    first?.ws.terminate();
    await vi.waitFor(() => connect(url, good));
  });
});

describe("the socket of a router", () => {
  const nested = (depth: number) =>
    `query { ${"things(first: 1) { ".repeat(depth - 1)} name ${"}".repeat(depth - 1)} }`;
  const deep = nested(13);

  test("may send documents that are over the limits of strangers, and is still limited", async () => {
    const router = await connect(url, { headers: { [ROUTER_HEADER]: ROUTER_SECRET } });
    subscribe(router, "1", deep);
    expect((await router.next()).type).toBe("next");
    // The router's document is cached, but strangers may not use it.
    expect(await answerTo(deep)).toMatchObject({
      type: "error",
      payload: [
        { message: expect.stringContaining("depth limit of 10"), extensions: { code: "GRAPHQL_VALIDATION_FAILED" } },
      ],
    });
    expect((await router.next()).type).toBe("complete");
    subscribe(router, "2", nested(16));
    expect(await router.next()).toMatchObject({ payload: [{ message: expect.stringContaining("depth limit of 14") }] });
    router.ws.terminate();
  });

  test("is not opened with a wrong secret", async () => {
    expect(await refusedUpgrade(url, { headers: { [ROUTER_HEADER]: "wrong" } })).toBe(401);
    for (const secret of ["wrong", "", 7]) {
      const socket = await openSocket(url);
      socket.send({ type: "connection_init", payload: { [ROUTER_HEADER]: secret } });
      expect(await socket.closed).toEqual({ code: 4403, reason: "Forbidden" });
    }
  });
});

test("an anonymous socket is closed after a minute without an operation", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  try {
    const [idle, busy, own] = [
      await connect(url),
      await connect(url),
      await connect(url, { payload: { authorization: "good" } }),
    ];
    subscribe(busy, "1", "subscription { ticks }");
    await busy.next();
    vi.advanceTimersByTime(30_000);
    for (const socket of [idle, busy, own, idle, busy, own]) {
      socket.send({ type: "ping" }); // twice, so that the answers to the server's own pings have arrived
      expect(await socket.next()).toEqual({ type: "pong" });
    }
    vi.advanceTimersByTime(30_000);
    expect(await idle.closed).toEqual({ code: 1000, reason: "Idle" });
    expect([busy.ws.readyState, own.ws.readyState]).toEqual([busy.ws.OPEN, own.ws.OPEN]);
    busy.ws.terminate();
    own.ws.terminate();
  } finally {
    vi.useRealTimers();
  }
});

test("an operation over the rate limit is refused over a socket, too", async () => {
  const charged: number[] = [];
  options.charge = (cost) => {
    charged.push(cost);
    return charged.length < 2 ? null : rateLimited(7);
  };
  const { type, payload } = await answerTo("{ things(first: 50) { name } }");
  expect(charged).toEqual([10, 51]);
  expect(type).toBe("error");
  expect(payload).toMatchObject([{ extensions: { code: "RATE_LIMITED", retryable: true, retryAfter: 7 } }]);
});

describe("a subscription is released", () => {
  const ends: [how: string, end: (socket: RawSocket) => unknown][] = [
    ["it is completed", (socket) => socket.send({ type: "complete", id: "1" })],
    ["the socket is closed", (socket) => socket.ws.close()],
    ["the line is cut", (socket) => socket.ws.terminate()],
    ["the server stops", () => unmount()],
  ];
  test.each(ends)("when %s", async (_, end) => {
    const socket = await connect(url);
    subscribe(socket, "1", "subscription { ticks }");
    await socket.next();
    expect(bus.listeners()).toEqual(["ticks"]);
    end(socket);
    await bus.silence();
  });

  test("although it began while another of its id was still ending", async () => {
    const socket = await connect(url);
    subscribe(socket, "1", "subscription { lingering }");
    await socket.next();
    socket.send({ type: "complete", id: "1" });
    subscribe(socket, "1", "subscription { ticks }");
    const second = await socket.next();
    lingering.resolve();
    expect([second.type, codesOf(second.payload)]).toEqual(["error", ["BAD_USER_INPUT"]]);

    socket.send({ type: "ping" });
    expect((await socket.next()).type).toBe("pong");
    subscribe(socket, "1", "subscription { ticks }");
    expect((await socket.next()).type).toBe("next");
    socket.ws.terminate();
    await bus.silence();
  });
});

describe("the socket of a session", () => {
  const good = { payload: { authorization: "good" } };

  test("is closed as soon as the session ends", async () => {
    const socket = await connect(url, good);
    bus.notify("session:s-1");
    expect(await socket.closed).toEqual({ code: 4403, reason: "Session ended" });
    await bus.silence();
  });

  test("outlives the end of another session", async () => {
    const socket = await connect(url, good);
    bus.notify("session:s-2");
    socket.send({ type: "ping" });
    expect((await socket.next()).type).toBe("pong");
    socket.ws.terminate();
  });

  test("is closed if the session ended during connection_init", async () => {
    liveSessions = async () => new Set();
    const socket = await openSocket(url);
    socket.send({ type: "connection_init", payload: good.payload });
    expect(await socket.closed).toMatchObject({ code: 4403 });
  });

  test("is closed without a notification of the session's end", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const socket = await connect(url, good);
      liveSessions = async () => {
        throw new Error("the database is away");
      };
      vi.advanceTimersByTime(15_000);
      await vi.waitFor(() => expect(captured.text()).toContain("could not be checked"));
      expect(socket.ws.readyState).toBe(socket.ws.OPEN);

      liveSessions = async () => new Set();
      vi.advanceTimersByTime(15_000);
      expect(await socket.closed).toMatchObject({ code: 4403 });
    } finally {
      vi.useRealTimers();
    }
  });

  test("is released when the connection is cut while its credentials are checked", async () => {
    const checking = Promise.withResolvers<IncomingMessage>();
    const checked = Promise.withResolvers<Viewer>();
    options.identify = (_, request) => {
      checking.resolve(request);
      return checked.promise;
    };
    const socket = await openSocket(url);
    socket.send({ type: "connection_init" });
    const request = await checking.promise;
    const cut = once(request.socket, "close");
    socket.ws.terminate();
    await cut;
    checked.resolve({ kind: "customer", customerId: "C-1", sessionId: "s-1" });
    await new Promise(setImmediate);
    expect(bus.listeners()).toEqual([]);
  });
});

describe("when the server stops", () => {
  test("every socket is closed with a request to reconnect", async () => {
    const [idle, busy] = [await connect(url), await connect(url)];
    subscribe(busy, "1", "subscription { ticks }");
    await busy.next();
    await unmount();
    expect(await idle.closed).toEqual({ code: 1012, reason: "Restarting" });
    expect(await busy.closed).toEqual({ code: 1012, reason: "Restarting" });
  });

  test("an unresponsive socket does not delay the stop", async () => {
    const socket = await connect(url);
    socket.ws.pause(); // reads nothing more, and so never agrees to close
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const stopped = unmount();
      vi.advanceTimersByTime(2_000);
      await stopped;
    } finally {
      vi.useRealTimers();
    }
    socket.ws.resume();
    await socket.closed;
  });
});

test("a refused upgrade whose connection breaks at once does no harm", async () => {
  for (let n = 1; n <= 20; n += 1) {
    const line = connectTcp(Number(new URL(url).port), "127.0.0.1").on("error", () => {});
    await once(line, "connect");
    line.write(
      "GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: https://evil.example\r\n\r\n",
    );
    line.resetAndDestroy();
    await once(line, "close");
  }
  await connect(url);
});
