import { readdirSync, readFileSync } from "node:fs";
import { getIntrospectionQuery, parse, validate } from "graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { costOf, limitError, publicLimits } from "../../src/graphql/limits.ts";
import { buildSchema } from "../../src/graphql/schema.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { postRaw } from "../support/raw-http.ts";
import { connect } from "../support/raw-socket.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const times = (count: number, make: (index: number) => string, separator = " ") =>
  Array.from({ length: count }, (_, index) => make(index)).join(separator);

async function send(query: string, variables?: Record<string, unknown>) {
  const { json } = await postRaw(gateway.url, { query, variables });
  return json;
}
const refusalOf = async (query: string, variables?: Record<string, unknown>) => {
  const { data, errors } = await send(query, variables);
  expect(data ?? null).toBeNull();
  return errors?.[0];
};
const upstreamCalls = () => gateway.sandbox.calls.since(0).length;

describe("a document", () => {
  /** Fields within fields, `depth` levels of them. */
  const deep = (depth: number) => {
    const cycle = ["me", "orders(first: 1)", "nodes", "customer"];
    const path = Array.from({ length: depth - 1 }, (_, index) => cycle[index < 4 ? index : 1 + ((index - 1) % 3)]);
    const leaf = path.at(-1)?.startsWith("orders") ? "totalCount" : "id";
    return `{ ${path.join(" { ")} { ${leaf} ${"}".repeat(depth)}`;
  };

  test("may be 10 levels deep", async () => {
    expect(await send(deep(10))).toEqual({ data: { me: null } });
  });
  test("is refused when it is deeper", async () => {
    expect(await refusalOf(deep(11))).toMatchObject({
      message: "Query depth limit of 10 exceeded, found 11.",
      extensions: { code: "GRAPHQL_VALIDATION_FAILED" },
    });
  });
  test("counts the depth of its fragments", async () => {
    const inline = deep(11).replace("{ customer", "{ ... on Order { customer").replace(/}$/, "} }");
    expect(inline).toContain("... on Order");
    expect((await refusalOf(inline))?.message).toContain("depth limit");
    const named = `{ me { orders { nodes { ...A } } } }
      fragment A on Order { customer { orders { nodes { ...B } } } }
      fragment B on Order { customer { orders { nodes { customer { cart { id } } } } } }`;
    expect((await refusalOf(named))?.message).toContain("depth limit");
  });

  test("may use 15 aliases, and not one more", async () => {
    expect((await send(`{ ${times(15, (i) => `a${i}: rewardCategories { name }`)} }`)).errors).toBeUndefined();
    expect((await refusalOf(`{ ${times(16, (i) => `a${i}: rewardCategories { name }`)} }`))?.message).toBe(
      "Aliases limit of 15 exceeded, found 16.",
    );
  });
  test("may not hide aliases in __typename or in fragments", async () => {
    expect((await refusalOf(`{ ${times(16, (i) => `a${i}: __typename`)} }`))?.message).toContain("Aliases limit");
    const fragment = `fragment F on Query { ${times(8, (i) => `a${i}: __typename`)} }`;
    expect((await refusalOf(`{ ...F ${times(8, (i) => `b${i}: __typename`)} } ${fragment}`))?.message).toContain(
      "Aliases limit",
    );
  });

  test("may use 30 directives, and not one more", async () => {
    const ten = times(10, () => "__typename @include(if: false)");
    const fields = (count: number) =>
      `{ ${ten} me { ${ten} cart { ${ten} } wallet { ${times(count - 30, () => "__typename @include(if: false)")} id } } }`;
    expect((await send(fields(30))).errors).toBeUndefined();
    expect((await refusalOf(fields(31)))?.message).toBe("Directives limit of 30 exceeded, found 31.");
  });

  test("is read no further than its 1,500th token", async () => {
    const brands = (count: number) => `{ rewards(filter: { brands: [${times(count, () => '"b"')}] }) { totalCount } }`;
    const others = brands(0).match(/\w+|[^\s\w]/g)?.length ?? 0;
    expect((await send(brands(publicLimits.tokens - others))).errors).toBeUndefined();
    expect(await refusalOf(brands(publicLimits.tokens - others + 1))).toMatchObject({
      message: "Syntax Error: Document contains more that 1500 tokens. Parsing aborted.",
      extensions: { code: "GRAPHQL_PARSE_FAILED" },
    });
  });
  test("of 6,000 levels is refused before anything walks it", async () => {
    expect(await refusalOf(`${"{ a ".repeat(6_000)}${"}".repeat(6_000)}`)).toMatchObject({
      extensions: { code: "GRAPHQL_PARSE_FAILED" },
    });
  });

  test("with fragments that multiply, or go in a circle, is refused", async () => {
    const doubling = times(20, (i) => `fragment F${i} on Reward { ...F${i + 1} ...F${i + 1} }`);
    expect(await refusalOf(`{ reward(sku: "x") { ...F0 } } ${doubling} fragment F20 on Reward { id }`)).toMatchObject({
      message: "Fields with those of spread fragments limit of 1000 exceeded, found 1048577.",
      extensions: { code: "GRAPHQL_VALIDATION_FAILED" },
    });
    const circle = "fragment A on Reward { ...B } fragment B on Reward { ...A }";
    expect(await refusalOf(`{ reward(sku: "x") { ...A } } ${circle}`)).toMatchObject({
      extensions: { code: "GRAPHQL_VALIDATION_FAILED" },
    });
  });
  describe("that would be expensive to validate is refused before the validation", () => {
    const over = (words: string, limit: number, found: number) => ({
      message: `${words} limit of ${limit} exceeded, found ${found}.`,
      extensions: { code: "GRAPHQL_VALIDATION_FAILED" },
    });
    const ids = (count: number) => times(count, () => "id");
    const fragments = (count: number, body = "id") => times(count, (i) => `fragment F${i} on Reward { ${body} }`);
    const spread = (count: number, of: number) => times(count, (i) => `...F${i % of}`);

    test.each([
      ["ten equal names", `{ reward(sku: "x") { ${ids(10)} } }`],
      ["thirty fragments", `{ reward(sku: "x") { ${spread(30, 30)} } } ${fragments(30)}`],
      ["sixty spreads", `{ reward(sku: "x") { ${spread(60, 2)} } } ${fragments(2)}`],
    ])("but not with %s", async (_, query) => {
      expect((await send(query)).errors).toBeUndefined();
    });

    test.each([
      ["eleven equal names", `{ reward(sku: "x") { ${ids(11)} } }`, over("Equal names in one selection set", 10, 11)],
      [
        "an alias among them",
        `{ reward(sku: "x") { ${ids(10)} id: sku } }`,
        over("Equal names in one selection set", 10, 11),
      ],
      [
        "some in inline fragments",
        `{ reward(sku: "x") { ${ids(5)} ... { ${ids(3)} ... on Reward { ${ids(3)} } } } }`,
        over("Equal names in one selection set", 10, 11),
      ],
      [
        "some in a fragment that is not used",
        `{ __typename } fragment F on Reward { ${ids(11)} }`,
        over("Equal names in one selection set", 10, 11),
      ],
      ["many of them", `{ ${times(370, () => "me{id}")} }`, over("Fields", 250, 740)],
      ["many that do not exist", `{ ${times(251, (i) => `x${i}`)} }`, over("Fields", 250, 251)],
      [
        "thirty-one fragments",
        `{ reward(sku: "x") { ${spread(31, 31)} } } ${fragments(31)}`,
        over("Fragments", 30, 31),
      ],
      [
        "sixty-one spreads",
        `{ reward(sku: "x") { ${spread(61, 2)} } } ${fragments(2)}`,
        over("Fragment spreads", 60, 61),
      ],
    ])("with %s", async (_, query, refusal) => {
      expect(await refusalOf(query)).toMatchObject(refusal);
      expect(await refusalOf(query)).toMatchObject(refusal); // and leaves no cache entry that would allow it
    });

    test("also over a socket", async () => {
      const socket = await connect(gateway.url);
      socket.send({ type: "subscribe", id: "1", payload: { query: `{ ${times(370, () => "me{id}")} }` } });
      expect(await socket.next()).toMatchObject({ type: "error", payload: [over("Fields", 250, 740)] });
      socket.ws.terminate();
    });

    test("and one with many mistakes lists five", async () => {
      const { errors } = await send(`{ ${times(100, (i) => `x${i}`)} }`);
      expect(errors?.length).toBe(6);
      expect(errors?.at(-1)?.message).toContain("Too many validation errors");
    });
  });

  test("is validated once for HTTP and sockets", async () => {
    const socket = await connect(gateway.url);
    const ask = async (id: string, query: string) => {
      socket.send({ type: "subscribe", id, payload: { query } });
      const answer = await socket.next();
      await socket.next(); // it is complete
      return answer;
    };
    // The cache has no entry that is only valid over HTTP.
    const introspection = "{ __schema { queryType { name } } }";
    expect((await send(introspection)).errors).toBeUndefined();
    socket.send({ type: "subscribe", id: "1", payload: { query: introspection } });
    expect(await socket.next()).toMatchObject({ type: "error" });
    expect(await ask("2", "{ rewards { totalCount } }")).toMatchObject({
      payload: { data: { rewards: { totalCount: 0 } } },
    });
    expect((await send("{ rewards { totalCount } }")).data).toEqual({ rewards: { totalCount: 0 } });
    socket.ws.terminate();
  });

  test("that turns introspection on itself is refused", async () => {
    const levels = 5;
    const query = `{ __schema { types { ${"fields { type { ".repeat(levels)} name ${"} } ".repeat(levels)} } } }`;
    expect((await refusalOf(query))?.message).toContain("introspection depth");
  });

  test("holds no NUL character, in a literal or in a variable", async () => {
    const misread = [...Buffer.from("code\n9001\n", "utf16le").toString("latin1")]
      .join("")
      .replaceAll("\0", "\\u0000")
      .replaceAll("\n", "\\n");
    expect(await refusalOf(`{ reward(sku: "${misread}") { id } }`)).toMatchObject({
      message: "Text looks like UTF-16 that was read as another encoding; send it as UTF-8.",
    });
    const problem = { message: "Text must not hold the character U+0000." };
    expect(await refusalOf(`{ reward(sku: "a\\u0000b") { id } }`)).toMatchObject(problem);
    const query = "query ($filter: RewardFilter) { rewards(filter: $filter) { totalCount } }";
    expect(await refusalOf(query, { filter: { brands: ["ok", "a\0b"] } })).toMatchObject({
      ...problem,
      extensions: { code: "BAD_USER_INPUT", field: "filter.brands.1" },
    });
  });

  test.each(["\ud83c", "\udf39", "ab\ud83ccd", "\udf39\ud83c"])(
    "holds no half of a character, such as in %j",
    async (half) => {
      const query = "query ($filter: RewardFilter) { rewards(filter: $filter) { totalCount } }";
      expect(await refusalOf(query, { filter: { search: half } })).toMatchObject({
        message: expect.stringContaining("half a character"),
        extensions: { code: "BAD_USER_INPUT", field: "filter.search" },
      });
      const literal = await refusalOf(`{ reward(sku: ${JSON.stringify(half)}) { id } }`);
      expect(literal).toMatchObject({
        extensions: { code: expect.stringMatching(/^GRAPHQL_(PARSE|VALIDATION)_FAILED$/) },
      });
      const representations = [{ __typename: "Reward", sku: half }];
      const entities = "query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }";
      expect(await refusalOf(entities, { r: representations })).toMatchObject({
        extensions: { code: "BAD_USER_INPUT", field: "r.0.sku" },
      });
    },
  );
  test("may hold whole characters of any script", async () => {
    const query = "query ($filter: RewardFilter) { rewards(filter: $filter) { totalCount } }";
    expect((await send(query, { filter: { search: "🌹 कोड" } })).errors).toBeUndefined();
  });
});

describe("the cost of a document", () => {
  const tooMuch = { extensions: { code: "BAD_USER_INPUT", maximumCost: 5_000 } };
  test("is the cost of its fields times the pages above them", async () => {
    const nested = (outer: number, inner: number) =>
      `{ me { orders(first: ${outer}) { nodes { customer { orders(first: ${inner}) { nodes { id } } } } } } }`;
    expect((await send(nested(20, 50))).errors).toBeUndefined();
    expect(await refusalOf(nested(100, 50))).toMatchObject(tooMuch);
  });

  test("counts a page asked for by variable, and one by default", async () => {
    const nested = `query ($n: Int = 100) { me { orders(first: $n) { nodes { customer { orders(first: $n) { nodes { id } } } } } } }`;
    expect(await refusalOf(nested)).toMatchObject(tooMuch);
    expect(await refusalOf(nested, { n: 80 })).toMatchObject(tooMuch);
    expect((await send(nested, { n: 10 })).errors).toBeUndefined();
  });

  test("is no lower for a page that will be refused later", async () => {
    const nested = `{ me { orders(first: -5) { nodes { ${times(10, (i) => `a${i}: id`)} } } } }`;
    expect(await send(nested)).toEqual({ data: { me: null } });
    const huge = `{ me { orders(first: 1000000) { nodes { customer { orders(first: 1000000) { nodes { id } } } } } } }`;
    expect(await refusalOf(huge)).toMatchObject(tooMuch);
  });

  test("counts each id and each federated reference", async () => {
    const references = Array.from({ length: 2_000 }, (_, index) => ({ __typename: "Reward", sku: `S-${index}` }));
    const entities = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Reward { id sku name } } }";
    expect(await refusalOf(entities, { r: references })).toMatchObject(tooMuch);
    expect((await send(entities, { r: references.slice(0, 100) })).errors).toBeUndefined();
    const nodes = `query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Customer { orders(first: 100) { nodes { id } } } } }`;
    expect(await refusalOf(nodes, { ids: Array.from({ length: 60 }, () => "x") })).toMatchObject(tooMuch);
  });

  test("of a group's redeemability allows a page for three groups, with any key of the group", async () => {
    const query = (groups: number) =>
      `query ($wallet: WalletInput) { rewards(first: 100) { nodes { ${times(
        groups,
        (i) => `a${i}: redeemability(wallet: $wallet) { redeemable }`,
      )} } } }`;
    expect((await send(query(3), { wallet: { payWith: "GROUP" } })).errors).toBeUndefined();
    expect(await refusalOf(query(4), { wallet: { payWith: "GROUP" } })).toMatchObject(tooMuch);
    expect((await send(query(4), { wallet: { payWith: "INDIVIDUAL" } })).errors).toBeUndefined();
  });

  test("cannot be avoided with an invalid argument", async () => {
    const query = `query ($kind: RewardKind = COUPON) {
      rewards(filter: { kinds: [$kind] }) { totalCount }
      me { orders(first: 100) { nodes { customer { orders(first: 100) { nodes { id } } } } } }
    }`;
    expect(await refusalOf(query, { kind: null })).toMatchObject({
      message: expect.stringContaining("has invalid value"),
      extensions: { code: "BAD_USER_INPUT" },
    });
  });
});

describe("mutations that invite guessing", () => {
  const request = (customerId: string) => `requestOtp(input: { customerId: "${customerId}" }) { challengeId }`;

  test("are refused a thousand at a time, and the upstream receives none", async () => {
    const before = upstreamCalls();
    expect(await refusalOf(`mutation { ${times(1_000, (i) => `a${i}: ${request(`C-${i}`)}`)} }`)).toBeDefined();
    expect(upstreamCalls()).toBe(before);
  });
  test.each([
    ["under aliases", `mutation { a: ${request("C-1")} b: ${request("C-2")} }`],
    [
      "of two kinds",
      `mutation { ${request("C-1")} verifyOtp(input: { challengeId: "x", otp: "000000" }) { __typename } }`,
    ],
    ["in a fragment", `mutation { ...F a: ${request("C-1")} } fragment F on Mutation { ${request("C-2")} }`],
    ["in an inline fragment", `mutation { a: ${request("C-1")} ... { b: ${request("C-2")} } }`],
  ])("are refused two at a time: %s", async (_, query) => {
    const before = upstreamCalls();
    expect((await refusalOf(query))?.message).toMatch(/^Only one of requestOtp, /);
    expect(upstreamCalls()).toBe(before);
    expect(await gateway.sql("select from otp_challenges where customer_id in ('C-1', 'C-2')")).toEqual([]);
  });
});

describe("a request body", () => {
  test("of more than a megabyte is answered 413", async () => {
    const answer = await postRaw(gateway.url, { query: "{ __typename }", variables: { pad: "x".repeat(1024 * 1024) } });
    expect(answer.status).toBe(413);
    expect(answer.json).toMatchObject({
      error: "Request body is too large",
      errors: [{ extensions: { code: "BAD_USER_INPUT", requestId: answer.headers.get("x-request-id") } }],
    });
  });
  test("that is a batch of operations is refused", async () => {
    const answer = await postRaw(gateway.url, [{ query: "{ __typename }" }, { query: "{ __typename }" }]);
    expect(answer.status).toBe(400);
    expect(answer.json.errors).toMatchObject([{ message: "Operation batching disabled." }]);
  });
  test.each(["{", '{"query": "{ __typename }"', "null", "7", '"text"', ""])("of %j is refused", async (body) => {
    expect((await postRaw(gateway.url, body)).status).toBe(400);
  });
  test("in a form's media type, which a page of any site could send, is refused", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
      const { status } = await postRaw(gateway.url, { query: "{ __typename }" }, { "content-type": type });
      expect([400, 415]).toContain(status);
    }
  });
  test("is needed for a mutation: GET changes nothing", async () => {
    const url = `${gateway.url}/graphql?query=${encodeURIComponent('mutation { requestOtp(input: { customerId: "C-9" }) { challengeId } }')}`;
    const before = upstreamCalls();
    const response = await fetch(url, { headers: { "apollo-require-preflight": "1" } });
    expect(response.status).toBe(405);
    expect(upstreamCalls()).toBe(before);
  });
});

describe("the gateway's own pages", () => {
  test("may send the full introspection query", async () => {
    const query = getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    const { errors, data } = await send(query);
    expect(errors).toBeUndefined();
    expect(data?.["__schema"]).toMatchObject({ queryType: { name: "Query" } });
  });

  const schema = buildSchema([]);
  const tabs = new URL("../../graphiql/src/tabs/", import.meta.url);
  const documents = readdirSync(tabs, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".graphql"),
  );
  test.each(documents)("may send %s", (file) => {
    const document = parse(readFileSync(new URL(file, tabs), "utf8"), { maxTokens: publicLimits.tokens });
    expect([limitError(schema, document), ...validate(schema, document)]).toEqual([null]);
    expect(costOf({ schema, document })).toBeTypeOf("number");
  });
});
