import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { makeLogger } from "../../src/platform/logger.ts";
import { type ClientPoints, makeClientPoints } from "../../src/upstream/client-points/client-points.ts";
import { makeUpstreamHttp, type UpstreamHttpOptions } from "../../src/upstream/http.ts";
import { UpstreamError } from "../../src/upstream/upstream-error.ts";
import { freePort } from "../support/free-port.ts";
import { makeTestTimeouts } from "../support/test-timeouts.ts";

const TIMEOUT_MS = 10_000;
const creditPath = "/api/v1/points/credit";
const log = await makeLogger({ level: "silent", pretty: false });
const closing: (() => unknown)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const close of closing.splice(0)) await close();
});

/** A client of its own for each test, because a breaker has state. */
function clientOf(
  origin: string,
  options: Partial<Pick<UpstreamHttpOptions, "timeoutMs" | "connections" | "timeoutSignal">> & {
    password?: string;
    pointsAuth?: "bearer" | "basic";
  } = {},
): ClientPoints {
  const {
    password = "sandbox",
    pointsAuth = "basic",
    timeoutMs = TIMEOUT_MS,
    connections = 8,
    timeoutSignal,
  } = options;
  const http = makeUpstreamHttp({ service: "client-points", origin, timeoutMs, connections, timeoutSignal, log });
  closing.push(() => http.close());
  return makeClientPoints({ http, creditHttp: http, creditPath, user: "tessera", password, pointsAuth });
}

const customerId = "CUST12345";
const at = new Date("2026-06-03T10:00:00.000Z");
/** Every operation with good arguments. */
const operations = {
  "generate-otp": (client: ClientPoints) => client.generateOtp(customerId),
  "verify-otp": (client: ClientPoints) => client.verifyOtp({ customerId, otp: "000000", referenceId: "REF" }),
  points: (client: ClientPoints) => client.balance(customerId, null),
  redeem: (client: ClientPoints) => client.redeem({ orderNumber: "ORD-1", customerId, points: 100, at }),
  reverse: (client: ClientPoints) => client.reverse({ orderNumber: "ORD-1", customerId, points: 100, reason: "R" }),
  credit: (client: ClientPoints) => client.credit({ reference: "AWARD-1", customerId, points: 100, at }),
};
type OperationName = keyof typeof operations;
const names = Object.keys(operations) as OperationName[];
/** The result of a missing answer: a read is retryable, a write has an unknown outcome. */
const lost = (name: OperationName) => (name === "points" ? "transient" : "unknown");

async function failureOf(work: Promise<unknown>): Promise<UpstreamError> {
  const error = await work.then(
    () => new Error("it succeeded"),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof UpstreamError)) throw error;
  return error;
}

describe("against a ledger that works", () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  beforeEach(() => sandbox.reset());
  afterAll(() => sandbox.stop());

  test("signs a customer in, reads, takes and returns", async () => {
    const client = clientOf(sandbox.url);
    const referenceId = await client.generateOtp(customerId);
    const otp = sandbox.client.lastOtp(customerId)?.otp ?? "";
    const verified = await client.verifyOtp({ customerId, otp, referenceId });
    expect(verified).toMatchObject({ customerId, maskedMobile: "98XXXXXX45", balance: 3_500, earned: 5_000 });
    expect(verified.tokenExpiresAt?.getTime()).toBeGreaterThan(Date.now());

    await client.redeem({ orderNumber: "ORD-1", customerId, points: 500, at });
    expect(await client.balance(customerId, null)).toMatchObject({ balance: 3_000, earned: 5_000 });
    await client.reverse({ orderNumber: "ORD-1", customerId, points: 200, reason: "Cancelled (ORD-1/R1)" });
    expect(await clientOf(sandbox.url, { pointsAuth: "bearer" }).balance(customerId, verified.token)).toMatchObject({
      balance: 3_200,
      earned: 5_000,
    });
    expect(sandbox.calls.since(0).find((call) => call.operation === "redeem")?.body).toEqual({
      order_id: "ORD-1",
      customer_id: customerId,
      points_consumed: 500,
      transaction_date: "2026-06-03T10:00:00.000Z",
    });
  });

  test("credits once under a reference", async () => {
    const client = clientOf(sandbox.url);
    const award = { reference: "AWARD-1", customerId, points: 250, at };
    await client.credit(award);
    await client.credit(award);
    expect(await client.balance(customerId, null)).toMatchObject({ balance: 3_750, earned: 5_250 });
    expect(await failureOf(client.credit({ ...award, points: 251 }))).toMatchObject({ outcome: "refused" });
    expect(sandbox.calls.since(0)[0]?.body).toEqual({
      reference: "AWARD-1",
      customer_id: customerId,
      points_credited: 250,
      transaction_date: "2026-06-03T10:00:00.000Z",
    });
  });

  test.each([200, 400] as const)("parses a refusal with HTTP %i", async (failureStatus) => {
    sandbox.settings.change({ failureStatus });
    const client = clientOf(sandbox.url);
    const refused = { outcome: "refused", httpStatus: failureStatus };
    expect(await failureOf(client.generateOtp("NOBODY"))).toMatchObject({ ...refused, operation: "generate-otp" });
    expect(await failureOf(operations["verify-otp"](client))).toMatchObject(refused);
    expect(await failureOf(client.balance("NOBODY", null))).toMatchObject(refused);
    const tooMuch = client.redeem({ orderNumber: "ORD-1", customerId, points: 9_999, at });
    expect(await failureOf(tooMuch)).toMatchObject({
      ...refused,
      message: "client-points redeem: Insufficient balance",
    });
    expect(await failureOf(operations.reverse(client))).toMatchObject(refused);
  });

  describe.each(names)("%s", (name) => {
    const perform = operations[name];
    const callsOf = () => sandbox.calls.since(0).filter((call) => call.operation === name);

    test.each([
      ["refuses", { fault: "refuse" }, "refused", 200],
      ["answers 500", { fault: "http-500" }, lost(name), 500],
      ["answers 500 after the commit", { fault: "http-500", commit: true }, lost(name), 500],
      ["answers 429", { fault: "rate-limit" }, lost(name), 429],
      ["answers HTML with 200", { fault: "malformed" }, lost(name), 200],
      ["breaks off in the middle of its answer", { fault: "malformed", message: "half" }, lost(name), 200],
      ["closes the connection", { fault: "drop-before" }, lost(name), undefined],
      ["closes the connection after the commit", { fault: "commit-then-drop" }, lost(name), undefined],
      ["answers too late", { fault: "hold" }, lost(name), undefined],
    ] as const)("that %s is one call and one failure", async (_, script, outcome, httpStatus) => {
      const fault = sandbox.faults.add({ upstream: "client", operation: name, ...script });
      const timeoutSignal = makeTestTimeouts();
      const failed = failureOf(perform(clientOf(sandbox.url, { timeoutSignal: timeoutSignal.wait })));
      if (script.fault === "hold") {
        await sandbox.faults.held(fault);
        timeoutSignal.end(name);
      }
      const error = await failed;
      expect(error).toMatchObject({
        service: "client-points",
        operation: name,
        outcome,
        httpStatus,
        isSignInOver: false,
      });
      expect(callsOf()).toHaveLength(1);
    });

    test("with credentials that are not accepted changed nothing, and is retryable", async () => {
      const error = await failureOf(perform(clientOf(sandbox.url, { password: "wrong" })));
      expect(error).toMatchObject({ outcome: "transient", httpStatus: 401, isSignInOver: false });
      expect(error.message).toContain("our credentials");
    });

    test("without a listener was never sent", async () => {
      const port = await freePort();
      expect(await failureOf(perform(clientOf(`http://127.0.0.1:${port}`)))).toMatchObject({ outcome: "transient" });
      expect(await failureOf(perform(clientOf("http://no-such-host.invalid")))).toMatchObject({ outcome: "transient" });
    });

    test("that gets no further than the handshake was never sent", async () => {
      const silent = await listen(createTcpServer(keepSockets()));
      // About the time limit of a connection, which nothing but time ends; no other call is made.
      const client = clientOf(`https://127.0.0.1:${silent}`, { timeoutMs: 250 });
      expect(await failureOf(perform(client))).toMatchObject({ outcome: "transient", httpStatus: undefined });
    });

    test("that timed out waiting for a free connection was never sent", async () => {
      const waits: AbortController[] = [];
      const timeoutSignal = () => {
        const wait = new AbortController();
        waits.push(wait);
        return wait.signal;
      };
      const seen: string[] = [];
      const server = createHttpServer((request) => void seen.push(request.url ?? ""));
      const client = clientOf(`http://127.0.0.1:${await listen(server)}`, { connections: 1, timeoutSignal });
      const arrival = once(server, "request");
      const first = failureOf(client.redeem({ orderNumber: "ORD-0", customerId, points: 1, at }));
      const second = failureOf(perform(client));
      await arrival;
      for (const wait of waits.toReversed()) wait.abort();
      expect([(await first).outcome, (await second).outcome]).toEqual(["unknown", "transient"]);
      expect(seen).toEqual(["/api/v1/orders/redeem"]);
    });

    test("whose connection the server closes has an unknown outcome", async () => {
      const closer = await listen(createTcpServer((socket) => void socket.once("data", () => socket.end())));
      expect(await failureOf(perform(clientOf(`http://127.0.0.1:${closer}`)))).toMatchObject({ outcome: lost(name) });
    });

    test.each([
      ["nothing", ""],
      ["a truncated success", '{"status":true'],
      ["neither success nor refusal", "{}"],
      ["success as a string", '{"status":"true","reference_id":"R","customer_id":"CUST12345"}'],
      ["a number", "1"],
      ["null", "null"],
      ["a list", '[{"status":true}]'],
    ])("answered with %s is not an answer", async (_, body) => {
      const port = await listen(answering((_, response) => response.end(body)));
      expect(await failureOf(perform(clientOf(`http://127.0.0.1:${port}`)))).toMatchObject({ outcome: lost(name) });
    });

    test.each([201, 302, 404, 418])("answered with success and HTTP %i", async (status) => {
      const yes = {
        status: true,
        reference_id: "R",
        token: "t",
        customer: { customer_id: customerId },
        customer_id: customerId,
        points_earned: 1,
        balance_points: 1,
      };
      const port = await listen(
        answering((_, response) => response.writeHead(status, { location: "/elsewhere" }).end(JSON.stringify(yes))),
      );
      const work = perform(clientOf(`http://127.0.0.1:${port}`));
      if (status < 300) await expect(work).resolves.not.toThrow();
      else expect(await failureOf(work)).toMatchObject({ outcome: lost(name), httpStatus: status });
    });
  });

  test.each([
    ["no points and no mobile", { customer: { customer_id: customerId } }],
    [
      "neither in a form that it knows",
      { customer: { customer_id: customerId, mobile: 9_876_543_245 }, points_earned: "many", balance_points: -1.5 },
    ],
    [
      "null for both",
      { customer: { customer_id: customerId, mobile: null }, points_earned: null, balance_points: null },
    ],
  ])("signs in also when the answer has %s", async (_, rest) => {
    const port = await listen(
      answering((_, response) => response.end(JSON.stringify({ status: true, token: "t", ...rest }))),
    );
    const signedIn = await clientOf(`http://127.0.0.1:${port}`).verifyOtp({
      customerId,
      otp: "123456",
      referenceId: "R",
    });
    expect(signedIn).toMatchObject({ customerId, token: "t", maskedMobile: null, balance: null });
  });

  test("distinguishes a customer's expired token from the gateway's own credentials", async () => {
    const client = clientOf(sandbox.url, { pointsAuth: "bearer" });
    expect(await failureOf(client.balance(customerId, "expired"))).toMatchObject({
      outcome: "transient",
      httpStatus: 401,
      isSignInOver: true,
    });
    const before = sandbox.calls.since(0).length;
    expect(await failureOf(client.balance(customerId, null))).toMatchObject({ outcome: "transient" });
    expect(sandbox.calls.since(0)).toHaveLength(before);
  });

  describe("reads of one customer at once", () => {
    const reads = () => sandbox.calls.since(0).length;
    const hold = () => sandbox.faults.add({ upstream: "client", operation: "points", fault: "hold" });

    test("share a call, and the next one is a new call", async () => {
      const client = clientOf(sandbox.url);
      const held = hold();
      const asked = Array.from({ length: 30 }, () => client.balance(customerId, null));
      await sandbox.faults.held(held);
      sandbox.faults.release();
      const balances = await Promise.all(asked);
      expect(new Set(balances.map(({ balance }) => balance))).toEqual(new Set([3_500]));
      expect(reads()).toBe(1);
      sandbox.client.credit(customerId, 1);
      expect(await client.balance(customerId, null)).toMatchObject({ balance: 3_501 });
      expect(reads()).toBe(2);
    });
    test("share a failure too, and the next one is a new call", async () => {
      const client = clientOf(sandbox.url);
      sandbox.faults.add({ upstream: "client", operation: "points", fault: "http-500" });
      const answers = await Promise.allSettled(Array.from({ length: 5 }, () => client.balance(customerId, null)));
      expect(answers.every(({ status }) => status === "rejected")).toBe(true);
      expect(reads()).toBe(1);
      expect(await client.balance(customerId, null)).toMatchObject({ balance: 3_500 });
    });
    test("share none with another customer, another token, or a read that requires its own call", async () => {
      const client = clientOf(sandbox.url);
      const held = hold();
      const asked = Promise.all([
        client.balance(customerId, null),
        client.balance("CUST67890", null),
        client.balance(customerId, "another token"),
        client.balance(customerId, null, { unshared: true }),
      ]);
      await sandbox.faults.held(held);
      sandbox.faults.release();
      const [mine, other] = await asked;
      expect([mine.balance, other.balance]).toEqual([3_500, 8_200]);
      expect(reads()).toBe(4);
    });
  });
});

describe("a request", () => {
  test("has the credentials, the request's id and no other headers", async () => {
    const seen: Record<string, unknown>[] = [];
    const port = await listen(
      answering((request, response) => {
        seen.push({ ...request.headers, url: request.url });
        const yes = {
          status: true,
          reference_id: "R",
          customer_id: customerId,
          points_earned: "5",
          balance_points: "4",
        };
        response.end(JSON.stringify(yes));
      }),
    );
    const origin = `http://127.0.0.1:${port}`;
    await clientOf(origin).generateOtp(customerId, "request-7");
    const odd = "A&B=C d";
    const failed = await failureOf(clientOf(origin, { pointsAuth: "bearer" }).balance(odd, "jwt"));
    expect(failed.message).toContain("somebody else");
    await clientOf(origin).redeem({ orderNumber: "ORD-1", customerId, points: 1, at });
    expect(seen).toMatchObject([
      {
        authorization: `Basic ${btoa("tessera:sandbox")}`,
        "x-request-id": "request-7",
        "content-type": "application/json",
      },
      { authorization: "Bearer jwt", url: "/api/v1/customer/points?customer_id=A%26B%3DC+d" },
      { url: "/api/v1/orders/redeem" },
    ]);
    expect(seen[1]).not.toHaveProperty("content-type");
    expect(seen[1]).not.toHaveProperty("x-request-id");
  });

  test("follows no redirect", async () => {
    const visited: string[] = [];
    const port = await listen(
      answering((request, response) => {
        visited.push(request.url ?? "");
        response.writeHead(307, { location: "/stolen" }).end("{}");
      }),
    );
    await failureOf(operations.redeem(clientOf(`http://127.0.0.1:${port}`)));
    expect(visited).toEqual(["/api/v1/orders/redeem"]);
  });

  test("is answered with at most 4 MB", async () => {
    const port = await listen(answering((_, response) => response.end(`{"status":true,"pad":"${"x".repeat(5e6)}"}`)));
    const client = clientOf(`http://127.0.0.1:${port}`);
    expect(await failureOf(operations.redeem(client))).toMatchObject({ outcome: "unknown" });
  });
});

describe("signing in", () => {
  const verifyAgainst = async (answer: Record<string, unknown>) => {
    const port = await listen(answering((_, response) => response.end(JSON.stringify(answer))));
    return operations["verify-otp"](clientOf(`http://127.0.0.1:${port}`));
  };
  const good = {
    status: true,
    token: "opaque",
    customer: { customer_id: customerId },
    points_earned: "5000",
    balance_points: "3500",
  };

  test("accepts numbers as text, a token that is no JWT, and a customer without a mobile", async () => {
    expect(await verifyAgainst(good)).toEqual({
      customerId,
      maskedMobile: null,
      token: "opaque",
      tokenExpiresAt: null,
      balance: 3_500,
      earned: 5_000,
    });
  });
  test("reads the expiry of a JWT, and ignores an invalid one", async () => {
    const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.`;
    expect((await verifyAgainst({ ...good, token: jwt({ exp: 1_900_000_000 }) })).tokenExpiresAt).toEqual(
      new Date(1_900_000_000_000),
    );
    for (const claims of [{}, { exp: "soon" }])
      expect((await verifyAgainst({ ...good, token: jwt(claims) })).tokenExpiresAt).toBeNull();
  });
  test("as another customer is refused", async () => {
    const answer = { ...good, customer: { customer_id: "CUST67890" } };
    expect(await failureOf(verifyAgainst(answer))).toMatchObject({ outcome: "unknown" });
  });
  test.each([{ token: "" }, { token: undefined }, { customer: undefined }])("is refused with %j", async (change) => {
    expect(await failureOf(verifyAgainst({ ...good, ...change }))).toMatchObject({ outcome: "unknown" });
  });
});

describe("credits", () => {
  test("that fail at a points provider without the path do not affect other calls", async () => {
    const port = await listen(
      answering((request, response) => {
        if (request.url === "/give") response.writeHead(404).end("<html>");
        else response.end('{"status":true}');
      }),
    );
    const http = () => {
      const each = makeUpstreamHttp({
        service: "client-points",
        origin: `http://127.0.0.1:${port}`,
        timeoutMs: TIMEOUT_MS,
        connections: 2,
        log,
      });
      closing.push(() => each.close());
      return each;
    };
    const client = makeClientPoints({
      http: http(),
      creditHttp: http(),
      creditPath: "/give",
      user: "u",
      password: "p",
      pointsAuth: "basic",
    });
    for (let time = 0; time < 10; time += 1) await failureOf(operations.credit(client));
    await operations.redeem(client);
    expect(await failureOf(operations.credit(client))).toMatchObject({ outcome: "transient" });
  });
});

describe("the circuit breaker", () => {
  const TRIES = 8;
  const PAUSE_MS = 2_000;
  let calls = 0;
  let status = 500;
  const answer: RequestListener = (_, response) => {
    calls += 1;
    const yes = { status: true, customer_id: customerId, points_earned: 1, balance_points: 1 };
    response.writeHead(status).end(JSON.stringify(status === 200 ? yes : { status: false }));
  };
  let client: ClientPoints;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    [calls, status] = [0, 500];
    client = clientOf(`http://127.0.0.1:${await listen(answering(answer))}`);
  });
  afterEach(() => void vi.useRealTimers());
  const ask = (perform = operations.points) =>
    perform(client).then(
      () => "yes",
      (error: UpstreamError) => error.message,
    );
  const failTimes = async (times: number) => {
    for (let time = 0; time < times; time += 1) expect(await ask()).toContain("HTTP 500");
  };
  const paused = "paused after repeated failures";

  test("pauses every operation after 8 failures in a row, and sends nothing during the pause", async () => {
    await failTimes(TRIES);
    status = 200;
    for (const name of names) {
      const error = await failureOf(operations[name](client));
      expect(error).toMatchObject({ outcome: "transient", operation: name });
      expect(error.message).toContain(paused);
    }
    expect(calls).toBe(TRIES);
  });

  test("lets one call through after the pause, and all when it succeeds", async () => {
    await failTimes(TRIES);
    vi.setSystemTime(Date.now() + PAUSE_MS - 1);
    expect(await ask()).toContain(paused);
    vi.setSystemTime(Date.now() + 2);
    status = 200;
    expect(await ask()).toBe("yes");
    status = 500;
    await failTimes(TRIES - 1);
    status = 200;
    expect(await ask()).toBe("yes");
  });

  test("pauses again if that call fails", async () => {
    await failTimes(TRIES);
    vi.setSystemTime(Date.now() + PAUSE_MS + 1);
    await failTimes(1);
    expect(await ask()).toContain(paused);
    expect(calls).toBe(TRIES + 1);
  });

  test("lets calls through again once it is closed by hand", async () => {
    const port = await listen(answering(answer));
    const http = makeUpstreamHttp({
      service: "client-points",
      origin: `http://127.0.0.1:${port}`,
      timeoutMs: TIMEOUT_MS,
      connections: 1,
      log,
    });
    closing.push(() => http.close());
    client = makeClientPoints({
      http,
      creditHttp: http,
      creditPath,
      user: "u",
      password: "p",
      pointsAuth: "basic",
    });
    await failTimes(TRIES);
    expect(await ask()).toContain(paused);
    http.closeCircuit();
    await failTimes(TRIES);
    expect(await ask()).toContain(paused);
  });

  test("resets its count with every success", async () => {
    await failTimes(TRIES - 1);
    status = 200;
    expect(await ask()).toBe("yes");
    status = 500;
    await failTimes(TRIES - 1);
    status = 200;
    expect(await ask()).toBe("yes");
  });

  test.each([
    ["a refusal", 400],
    ["rejected credentials", 401],
    ["a forbidden request", 403],
  ])("does not count %s, because the upstream answers", async (_, answered) => {
    status = answered;
    for (let time = 0; time < TRIES * 2; time += 1) expect(await ask()).not.toContain(paused);
    expect(calls).toBe(TRIES * 2);
  });
});

const answering = (listener: RequestListener) =>
  createHttpServer(async (request, response) => {
    for await (const _ of request); // so that the answer does not arrive during the request
    listener(request, response);
  });

/** Listens on a free port until the test is over. */
async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** A listener that reads and never answers. */
const keepSockets = () => (socket: Socket) => void socket.on("error", () => {}).resume();
