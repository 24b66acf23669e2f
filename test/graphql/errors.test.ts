import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect as netConnect, type Socket } from "node:net";
import { GraphQLError, type GraphQLInterfaceType, parse, validate } from "graphql";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { badUserInput, forbidden, PublicError, toPublic, unauthenticated } from "../../src/graphql/errors.ts";
import { buildSchema } from "../../src/graphql/schema.ts";
import { UpstreamError } from "../../src/upstream/upstream-error.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { type CapturedLog, captureLog } from "../support/log.ts";
import { placeOrder } from "../support/orders.ts";
import { postRaw } from "../support/raw-http.ts";
import { connect, openSocket } from "../support/raw-socket.ts";

test("one document can select every field of every refusal", () => {
  const schema = buildSchema([]);
  const refusals = schema.getPossibleTypes(schema.getType("UserError") as GraphQLInterfaceType);
  expect(refusals.length).toBeGreaterThan(8);
  const facts = refusals.map((type) => {
    const fields = Object.values(type.getFields()).filter(({ deprecationReason }) => deprecationReason === undefined);
    return `... on ${type.name} { ${fields.map(({ name }) => name).join(" ")} }`;
  });
  const document = parse(`mutation { clearCart { userErrors { ${facts.join("\n")} } } }`);
  expect(validate(schema, document)).toEqual([]);
  expect(facts.find((fact) => fact.includes("on SoldOut"))).toContain("availableQuantity");
});

const graphqlJson = { accept: "application/graphql-response+json" };

describe("an error in a client's response", () => {
  const located = (originalError: Error) => new GraphQLError(originalError.message, { originalError, path: ["me"] });
  const upstream = (facts: {
    outcome: "refused" | "transient" | "unknown";
    httpStatus?: number;
    isSignInOver?: boolean;
  }) => new UpstreamError({ service: "client-points", operation: "points", ...facts }, "secret words of theirs");

  test.each([
    [unauthenticated(), "UNAUTHENTICATED", false],
    [forbidden("This is for operators."), "FORBIDDEN", false],
    [badUserInput("input.quantity", "must be 1 or more"), "BAD_USER_INPUT", false],
    [new PublicError("RATE_LIMITED", "Too many."), "RATE_LIMITED", true],
  ])("%s is shown unchanged", (error, code, retryable) => {
    const shown = toPublic(located(error));
    expect(shown.isUnexpected).toBe(false);
    expect(shown.error).toMatchObject({ message: error.message, path: ["me"], extensions: { code, retryable } });
  });

  test.each([
    ["refusal", { outcome: "refused" }, "UPSTREAM_UNAVAILABLE", true],
    ["missing answer", { outcome: "unknown" }, "UPSTREAM_UNAVAILABLE", true],
    ["failure", { outcome: "transient", httpStatus: 503 }, "UPSTREAM_UNAVAILABLE", true],
    ["rejection of the gateway's credentials", { outcome: "transient", httpStatus: 401 }, "UPSTREAM_UNAVAILABLE", true],
    ["rejection of a token", { outcome: "transient", httpStatus: 401, isSignInOver: true }, "UNAUTHENTICATED", false],
  ] as const)("an upstream's %s is shown only as a failure, without the cause", (_, facts, code, retryable) => {
    const shown = toPublic(located(upstream(facts)));
    expect(shown.isUnexpected).toBe(false);
    expect(shown.error.toJSON()).toMatchObject({ extensions: { code, retryable } });
    expect(JSON.stringify(shown.error)).not.toContain("secret");
  });

  test("any other error is only a code, and is logged as unexpected", () => {
    const thrown = new Error("password=hunter2");
    for (const error of [located(thrown), new GraphQLError("x", { originalError: thrown })]) {
      const shown = toPublic(error);
      expect(shown.isUnexpected).toBe(true);
      expect(shown.error.message).toBe("Something went wrong on our side.");
      expect(shown.error.extensions).toEqual({ code: "INTERNAL_SERVER_ERROR", retryable: false });
    }
  });

  test("a stack and the transport's extensions are left out", () => {
    const extensions = { code: "BAD_REQUEST", stacktrace: ["at secret.ts:1"], http: { status: 400 } };
    expect(toPublic(new GraphQLError("no", { extensions })).error.extensions).toEqual({
      code: "BAD_REQUEST",
      retryable: false,
    });
  });
});

describe("a gateway", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  test.each<[string, number, string, unknown]>([
    ["a document that cannot be read", 400, "GRAPHQL_PARSE_FAILED", { query: "{" }],
    ["an unknown field", 400, "GRAPHQL_VALIDATION_FAILED", { query: "{ rewardz }" }],
    [
      "a literal out of range",
      400,
      "GRAPHQL_VALIDATION_FAILED",
      { query: "{ rewards(filter: { pointsMin: -1 }) { totalCount } }" },
    ],
    [
      "a variable out of range",
      400,
      "BAD_USER_INPUT",
      {
        query: "query ($filter: RewardFilter) { rewards(filter: $filter) { totalCount } }",
        variables: { filter: { pointsMin: -1 } },
      },
    ],
    [
      "a variable that is missing",
      400,
      "BAD_USER_INPUT",
      { query: "query ($id: ID!) { node(id: $id) { id } }", variables: {} },
    ],
    [
      "two fields of an input that takes one",
      400,
      "BAD_USER_INPUT",
      {
        query: `mutation ($change: StockChangeInput!) { adjustStock(input: { rewardId: "x", change: $change }) { userErrors { code } } }`,
        variables: { change: { by: 1, to: 2 } },
      },
    ],
    [
      "two operations without a name",
      400,
      "OPERATION_RESOLUTION_FAILURE",
      { query: "query A { __typename } query B { __typename }" },
    ],
    ["a subscription", 400, "BAD_USER_INPUT", { query: `subscription { orderStatus(orderId: "x") { seq } }` }],
    ["an empty request", 400, "BAD_REQUEST", {}],
  ])("answers %s with HTTP %i and %s", async (_, status, code, body) => {
    const answer = await postRaw(gateway.url, body, graphqlJson);
    expect(answer.status).toBe(status);
    expect(answer.json.data).toBeUndefined();
    expect(answer.json.errors).toMatchObject([{ extensions: { code, retryable: false } }]);
    expect(answer.json.errors?.[0]?.extensions).not.toHaveProperty("http");
    expect(answer.text).not.toContain("stacktrace");
  });

  test("has the request's id in every error and as a header", async () => {
    const answer = await postRaw(gateway.url, { query: `{ order(id: "x") { id } a: rewardz }` });
    expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.json.errors?.[0]?.extensions.requestId).toBe(answer.headers.get("x-request-id"));
  });

  test("adopts the caller's request id if it is harmless", async () => {
    const idFor = async (given: string) => {
      const answer = await postRaw(gateway.url, { query: `{ order(id: "x") { id } }` }, { "x-request-id": given });
      expect(answer.json.errors?.[0]?.extensions.requestId).toBe(answer.headers.get("x-request-id"));
      return answer.headers.get("x-request-id");
    };
    expect(await idFor("trace.7_A-9")).toBe("trace.7_A-9");
    for (const harmful of ["a b", "x".repeat(65), "a;b", 'a"b']) expect(await idFor(harmful)).not.toBe(harmful);
  });

  test("reports liveness on /healthz, and readiness on /readyz", async () => {
    const health = await fetch(`${gateway.url}/healthz`);
    expect([health.status, await health.json()]).toEqual([200, { status: "ok" }]);
    const ready = await fetch(`${gateway.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: "ready" }]);
  });

  test("is ready while the upstream is down", async () => {
    gateway.sandbox.faults.add({ upstream: "client", operation: "*", fault: "http-500" });
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    gateway.sandbox.faults.clear();
  });
});

describe("a gateway in production", () => {
  let gateway: TestGateway;
  let written: CapturedLog;
  beforeAll(async () => {
    written = await captureLog();
    gateway = await startTestGateway({ NODE_ENV: "production", CLIENT_SETTLE_SECONDS: "60" }, { log: written.log });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());
  const logged = () =>
    written
      .text()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));

  test("refuses introspection", async () => {
    for (const query of ["{ __schema { queryType { name } } }", `{ __type(name: "Query") { name } }`]) {
      const { json } = await postRaw(gateway.url, { query });
      expect(json.errors).toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }]);
    }
    expect((await postRaw(gateway.url, { query: "{ __typename }" })).json).toEqual({ data: { __typename: "Query" } });
    expect((await fetch(`${gateway.url}/graphiql/`)).status).toBe(404);
  });

  test("refuses introspection that a socket or an event stream has sent before", async () => {
    const query = "{ __schema { description } }";
    const socket = await connect(gateway.url);
    socket.send({ type: "subscribe", id: "1", payload: { query } });
    expect(await socket.next()).toMatchObject({ type: "error" });
    socket.ws.terminate();
    const { json } = await postRaw(gateway.url, { query });
    expect(json.errors).toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }]);
  });

  test("explains the endpoint to a browser that opens it", async () => {
    const response = await fetch(`${gateway.url}/graphql`, { headers: { accept: "text/html" } });
    expect([response.status, response.headers.get("content-type")]).toEqual([400, "text/html; charset=utf-8"]);
    expect(await response.text()).toContain("GraphQL requests, which are sent by POST");
  });

  test.each([
    ["a field", "{ rewardz { id } }", {}],
    ["an argument", "{ rewards(firsst: 1) { totalCount } }", {}],
    ["an enum value", "{ rewards(sort: NAM) { totalCount } }", {}],
    [
      "an enum value in a variable",
      "query ($sort: RewardSort) { rewards(sort: $sort) { totalCount } }",
      { sort: "NAM" },
    ],
    [
      "an input field in a variable",
      "query ($filter: RewardFilter) { rewards(filter: $filter) { totalCount } }",
      { filter: { brand: [] } },
    ],
  ])("suggests no replacement for %s", async (_, query, variables) => {
    const { json } = await postRaw(gateway.url, { query, variables });
    expect(json.errors).toHaveLength(1);
    expect(json.errors?.[0]?.message).not.toContain("Did you mean");
  });

  test("logs each operation with its name, its document, its request and its client", async () => {
    const query = "query Front { rewards(first: 1) { totalCount } }";
    const document = createHash("sha256").update(query).digest("hex").slice(0, 16);
    const client = { "apollographql-client-name": "shop-app", "apollographql-client-version": "2.1" };
    const { headers } = await postRaw(gateway.url, { query }, client);
    const requestId = headers.get("x-request-id");
    const operation = { requestId, operation: "Front", document, viewer: "anonymous" };
    expect(logged().find((line) => line.requestId === requestId)).toMatchObject({
      ...operation,
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      client: "shop-app@2.1",
      msg: "query Front",
    });

    const customer = await gateway.customer();
    const id = await placeOrder(customer, (await gateway.merchandise()).id);
    const socket = await connect(gateway.url, { payload: { authorization: `Bearer ${customer.token}`, ...client } });
    const follow = "subscription Follow ($id: ID!) { orderStatus(orderId: $id) { seq } }";
    socket.send({ type: "subscribe", id: "1", payload: { query: follow, variables: { id } } });
    await socket.next();
    socket.ws.close();
    expect(logged().find(({ msg }) => msg.startsWith("subscription"))).toMatchObject({
      requestId: expect.any(String),
      document: createHash("sha256").update(follow).digest("hex").slice(0, 16),
      client: "shop-app@2.1",
      viewer: "customer",
    });
  });

  test("logs no client name that could forge a line, nor an overlong one", async () => {
    for (const name of ["x".repeat(65), 'a"b']) {
      const { headers } = await postRaw(
        gateway.url,
        { query: "{ __typename }" },
        { "apollographql-client-name": name },
      );
      const requestId = headers.get("x-request-id");
      expect(logged().find((line) => line.requestId === requestId)).not.toHaveProperty("client");
    }
  });

  test("logs no error and no stack for a stranger's requests", async () => {
    written.clear();
    const { port } = new URL(gateway.url);
    const bytes = async (text: string, end: "reset" | "wait") => {
      const socket = netConnect(Number(port), "127.0.0.1").on("error", () => {});
      await once(socket, "connect");
      const closed = once(socket, "close");
      await new Promise<void>((sent) => socket.write(text, () => sent()));
      if (end === "reset") socket.resetAndDestroy();
      else socket.resume().end();
      await closed;
    };
    const head = "POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
    await bytes(`${head}content-length: 100\r\n\r\n{"query":`, "reset");
    await bytes("GET / HTTP/1.1\r\nhost: a\r\nx: \0\r\n\r\n", "wait");
    await bytes(`GET /${"x".repeat(20_000)} HTTP/1.1\r\nhost: a\r\n\r\n`, "wait");
    for (const body of [
      "{",
      "[]",
      "null",
      '{"query":1}',
      '{"query":"{"}',
      '{"query":"{ nothing }"}',
      `{"query":"${"{a".repeat(5_000)}"}`,
    ]) {
      await postRaw(gateway.url, body);
    }
    await postRaw(gateway.url, { query: "query ($id: ID!) { order(id: $id) { id } }", variables: { id: "\0" } });
    for (const authorization of ["Bearer x", "Bearer a.b.c", `Bearer ${"x".repeat(5_000)}`, "Basic ="]) {
      await postRaw(gateway.url, { query: "{ me { customerId } }" }, { authorization });
    }
    for (const path of [
      "/%ff",
      "/assets/../../etc/passwd",
      "/assets/%2e%2e/x",
      "/reward-processor",
      "/webhooks/fulfilment",
    ]) {
      await fetch(`${gateway.url}${path}`, { method: "POST", body: "{" });
    }
    for (const message of ["{", '{"type":"none"}', '{"type":"subscribe"}']) {
      const socket = await openSocket(gateway.url);
      socket.send(message);
      await socket.closed;
    }
    const broken = await openSocket(gateway.url);
    (broken.ws as unknown as { _socket: Socket })._socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    await broken.closed;
    expect(logged().filter(({ level }) => level === "error" || level === "fatal")).toEqual([]);
    expect(written.text()).not.toContain('"stack"');
    expect(written.text()).toContain("A socket broke the rules");
  });

  test("logs the message of a failing upstream, and no stack", async () => {
    written.clear();
    const customer = await gateway.customer();
    const error = new UpstreamError({ service: "client-points", operation: "points", outcome: "unknown" }, "HTTP 500", {
      cause: new Error("a cause"),
    });
    written.log.warn({ err: error, customer: customer.customerId }, "An upstream failed");
    expect(logged()).toMatchObject([{ err: { type: "UpstreamError", message: expect.stringContaining("HTTP 500") } }]);
    expect(written.text()).not.toContain('"stack"');
    written.log.warn({ err: new Error("a fault of the program") }, "A fault");
    expect(written.text()).toContain('"stack"');
  });

  test("shows only the request's id for an unexpected error, and logs all of it", async () => {
    await gateway.sql("alter table rewards rename to rewards_away");
    const answer = await postRaw(
      gateway.url,
      { query: `query Shelf { rewards { totalCount } }` },
      { "x-request-id": "surprise-1" },
    );
    await gateway.sql("alter table rewards_away rename to rewards");

    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      data: null,
      errors: [
        {
          message: "Something went wrong on our side.",
          locations: [{ line: 1, column: 15 }],
          path: ["rewards"],
          extensions: { code: "INTERNAL_SERVER_ERROR", retryable: false, requestId: "surprise-1" },
        },
      ],
    });
    const surprise = logged().find((line) => line.msg === "Unexpected error" && line.requestId === "surprise-1");
    expect(surprise).toMatchObject({ operation: "Shelf", path: ["rewards"] });
    expect(JSON.stringify(surprise.err)).toContain("rewards");
  });

  test("logs no token and no variables", async () => {
    const customer = await gateway.customer();
    await customer.ok("{ me { wallet { balance } cart { total } } }");
    const text = written.text();
    expect(text).toContain("query");
    for (const secret of [
      customer.token,
      customer.refreshToken,
      gateway.sandbox.client.lastOtp(customer.customerId)?.otp,
    ])
      expect(text).not.toContain(secret);
  });

  test("survives the loss of its database: not ready, every error masked, and ready again", async () => {
    const { pathname } = new URL(gateway.databaseUrl);
    const name = pathname.slice(1);
    const adminUrl = new URL(gateway.databaseUrl);
    adminUrl.pathname = "/postgres";
    const admin = new pg.Client({ connectionString: adminUrl.href });
    await admin.connect();
    const customer = await gateway.customer();
    try {
      await admin.query(`alter database ${name} allow_connections false`);
      await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [name]);

      expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503);
      expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
      // A cut connection that the gateway has not noticed yet has an error of its own.
      const codeNow = async () =>
        (await postRaw(gateway.url, { query: "{ rewards { totalCount } }" })).json.errors?.[0]?.extensions?.["code"];
      await expect.poll(codeNow).toBe("INTERNAL_SERVER_ERROR");
      // The second one fails before there is an operation, because its session cannot be read.
      for (const headers of [{}, { authorization: `Bearer ${customer.token}` }]) {
        const answer = await postRaw(gateway.url, { query: "{ rewards { totalCount } }" }, headers);
        expect(answer.json.errors).toMatchObject([
          { message: "Something went wrong on our side.", extensions: { code: "INTERNAL_SERVER_ERROR" } },
        ]);
        expect(answer.text).not.toContain(name);
        const { requestId } = answer.json.errors?.[0]?.extensions ?? {};
        expect(requestId).toBe(answer.headers.get("x-request-id"));
        expect(logged().filter((line) => line.level === "error" && line.requestId === requestId)).toHaveLength(1);
      }
    } finally {
      await admin.query(`alter database ${name} allow_connections true`);
      await admin.end();
    }
    await expect.poll(async () => (await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    expect((await gateway.anonymous.ok<{ rewards: object }>("{ rewards { totalCount } }")).rewards).toBeDefined();
  });
});
