import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigError } from "../../src/config/config.ts";
import { buildSchema } from "../../src/graphql/schema.ts";
import { readManifests } from "../../src/graphql/trusted-documents.ts";
import { type Customer, OPERATOR_TOKEN, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { orderPrepared, placeOrder } from "../support/orders.ts";
import { postRaw } from "../support/raw-http.ts";
import { connect } from "../support/raw-socket.ts";

const me = "query Me { me { customerId } }";
const watch = "subscription Watch($id: ID!) { orderStatus(orderId: $id) { seq } }";
const free = "{ me { maskedMobile } }";
const named = "query Free { me { maskedMobile } }";
const name = { operationName: "Free" };
const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");
const persisted = (text: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash: hashOf(text) } } });
const byId = (text: string) => ({ documentId: `sha256:${hashOf(text)}` });
const manifestOf = (...texts: string[]) => Object.fromEntries(texts.map((text) => [`sha256:${hashOf(text)}`, text]));

const folder = mkdtempSync(join(tmpdir(), "tessera-manifests-"));
function write(name: string, content: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}
afterAll(() => rmSync(folder, { recursive: true }));

const json = { accept: "application/graphql-response+json, application/json" };
const bearer = (token = "") => ({ ...json, authorization: `Bearer ${token}` });
const codesOf = ({ json }: Awaited<ReturnType<typeof postRaw>>) =>
  json.errors?.map(({ extensions }) => extensions.code);

let gateway: TestGateway;
let customer: Customer;
let orderId: string;
beforeAll(async () => {
  const TRUSTED_DOCUMENTS_MANIFESTS = write("brand.json", manifestOf(me, watch));
  gateway = await startTestGateway({ TRUSTED_DOCUMENTS_MANIFESTS });
  customer = await gateway.customer();
  orderId = await placeOrder(customer, (await gateway.merchandise()).id);
  await orderPrepared(customer, orderId);
  await gateway.restart({ TRUSTED_DOCUMENTS: "only" });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const known = [
  ["a document id", byId(me)],
  ["a document id and the text", { ...byId(me), query: me }],
  ["Apollo's hash", persisted(me)],
  ["Apollo's hash and the text", { ...persisted(me), query: me }],
  ["the text", { query: me }],
] as const;

describe("a gateway that runs only trusted documents", () => {
  test.each(known)("accepts %s from the public", async (_, body) => {
    const { status, json: answer } = await postRaw(gateway.url, body, bearer(customer.token));
    expect([status, answer]).toEqual([200, { data: { me: { customerId: customer.customerId } } }]);
    expect((await postRaw(gateway.url, body, json)).json).toEqual({ data: { me: null } });
  });

  test("accepts an id by GET", async () => {
    const get = (id: object) =>
      fetch(`${gateway.url}/graphql?${new URLSearchParams(id as Record<string, string>)}`, {
        headers: { ...bearer(customer.token), "apollo-require-preflight": "true" },
      });
    expect(await (await get(byId(me))).json()).toEqual({ data: { me: { customerId: customer.customerId } } });
    const hash = { extensions: JSON.stringify(persisted(me).extensions) };
    expect(await (await get(hash)).json()).toEqual({ data: { me: { customerId: customer.customerId } } });
    expect((await get(byId(free))).status).toBe(404);
    expect((await get({ query: free })).status).toBe(403);
  });

  test.each([
    ["an unknown id", 404, "PERSISTED_QUERY_NOT_IN_LIST", byId(free)],
    ["an unknown hash", 404, "PERSISTED_QUERY_NOT_IN_LIST", persisted(free)],
    ["an unknown id of an operation with a name", 404, "PERSISTED_QUERY_NOT_IN_LIST", { ...byId(named), ...name }],
    ["an unknown text of one", 403, "QUERY_NOT_IN_SAFELIST", { query: named, ...name, variables: { first: 1 } }],
    ["an unknown text", 403, "QUERY_NOT_IN_SAFELIST", { query: free }],
    ["a text with its own hash", 403, "QUERY_NOT_IN_SAFELIST", { ...persisted(free), query: free }],
    ["a text under another's id", 400, "BAD_USER_INPUT", { ...byId(me), query: free }],
    ["a text under another's hash", 400, "BAD_USER_INPUT", { ...persisted(me), query: free }],
    ["a trusted text, spaced otherwise", 403, "QUERY_NOT_IN_SAFELIST", { query: `${me} ` }],
    ["an operation beside a trusted one", 403, "QUERY_NOT_IN_SAFELIST", { query: `${me} query Free ${free}` }],
    ["introspection", 403, "QUERY_NOT_IN_SAFELIST", { query: "{ __schema { types { name } } }" }],
    ["a text that is not GraphQL", 403, "QUERY_NOT_IN_SAFELIST", { query: "{ nonsense" }],
    ["an id of another shape", 400, "BAD_USER_INPUT", { documentId: hashOf(me) }],
    ["no document", 400, "BAD_REQUEST", { variables: {} }],
    ["an empty one", 400, "BAD_REQUEST", { query: "" }],
    ["a hash without a hash", 200, "PERSISTED_QUERY_NOT_FOUND", { extensions: { persistedQuery: { version: 1 } } }],
    ["a batch", 400, "BAD_REQUEST", [{ query: me }, { query: free }]],
  ] as const)("refuses %s", async (_, status, code, body) => {
    for (const headers of [json, bearer(customer.token)]) {
      const answer = await postRaw(gateway.url, body, headers);
      expect([answer.status, codesOf(answer), answer.json.data ?? null]).toEqual([status, [code], null]);
    }
  });

  test("names the setting and the remedy in a refusal, and nothing of the schema", async () => {
    const { json: answer } = await postRaw(gateway.url, { query: "{ mee rewardz }" }, json);
    expect(answer.errors).toEqual([
      {
        message: expect.stringMatching(/TRUSTED_DOCUMENTS=only.*TRUSTED_DOCUMENTS_MANIFESTS.*operator's bearer token/),
        extensions: { code: "QUERY_NOT_IN_SAFELIST", retryable: false, requestId: expect.any(String) },
      },
    ]);
  });

  test("accepts any document from operators and services, without making it public", async () => {
    for (const caller of [gateway.operator, gateway.service]) {
      expect(await caller.send(free)).toEqual({ data: { me: null } });
      const registered = await postRaw(gateway.url, { ...persisted(free), query: free }, bearer(caller.token));
      expect(registered.json).toEqual({ data: { me: null } });
      expect((await postRaw(gateway.url, byId(free), bearer(caller.token))).json).toEqual({ data: { me: null } });
      expect((await postRaw(gateway.url, persisted(free), json)).status).toBe(404);
    }
  });

  test("does not treat the bearer of a bad token as an operator", async () => {
    expect((await postRaw(gateway.url, { query: free }, bearer(`${OPERATOR_TOKEN}x`))).status).toBe(403);
  });

  async function over(payload: object, token = customer.token) {
    const socket = await connect(gateway.url, { payload: { authorization: `Bearer ${token}` } });
    socket.send({ type: "subscribe", id: "1", payload });
    const { type, payload: answer } = await socket.next();
    socket.ws.terminate();
    return type === "error" ? (answer as { extensions: { code: string } }[])[0]?.extensions.code : answer;
  }

  test("applies the same rules over a socket", async () => {
    const variables = { id: orderId };
    const event = { data: { orderStatus: { seq: expect.any(Number) } } };
    expect(await over({ query: watch, variables })).toEqual(event);
    expect(await over({ query: "", ...byId(watch), variables })).toEqual(event);
    expect(await over({ query: "", ...persisted(watch), variables })).toEqual(event);

    const other = watch.replace("seq", "seq status");
    expect(await over({ query: other, variables })).toBe("QUERY_NOT_IN_SAFELIST");
    expect(await over({ query: "", ...byId(other), variables })).toBe("PERSISTED_QUERY_NOT_IN_LIST");
    expect(await over({ query: other, ...byId(watch), variables })).toBe("BAD_USER_INPUT");
    expect(await over({ query: "" })).toBe("GRAPHQL_PARSE_FAILED");
    expect(await over({ query: other.replace("status", "at"), variables }, OPERATOR_TOKEN)).toEqual({
      data: { orderStatus: { seq: expect.any(Number), at: expect.any(String) } },
    });
    expect(await over({ query: "", ...byId(other) }, OPERATOR_TOKEN)).toBe("PERSISTED_QUERY_NOT_FOUND");
  });
});

describe("a gateway that runs any document", () => {
  beforeAll(() => gateway.restart());

  test.each(known)("runs a known document by %s", async (_, body) => {
    expect((await postRaw(gateway.url, body, json)).json).toEqual({ data: { me: null } });
  });

  test("runs an unknown document by its text, and from then on by its id", async () => {
    expect(codesOf(await postRaw(gateway.url, byId(free), json))).toEqual(["PERSISTED_QUERY_NOT_FOUND"]);
    expect((await postRaw(gateway.url, { ...persisted(free), query: free }, json)).json).toEqual({
      data: { me: null },
    });
    expect((await postRaw(gateway.url, persisted(free), json)).json).toEqual({ data: { me: null } });
    expect((await postRaw(gateway.url, byId(free), json)).json).toEqual({ data: { me: null } });
  });
});

test("adds the valid documents of an earlier build's manifest, and always starts", () => {
  const files = [write("old.json", manifestOf(me, "{ mee }")), write("broken.json", "{"), join(folder, "missing.json")];
  const documents = readManifests([], buildSchema([]), { newest: [], earlier: files });
  expect([...documents]).toEqual([[hashOf(me), me]]);
});

describe("a manifest", () => {
  const schema = buildSchema([]);
  const problemsOf = (name: string, content: unknown) => {
    try {
      readManifests([write(name, content)], schema);
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return error.message.replaceAll(`${folder}/`, "").split("\n");
      throw error;
    }
  };

  test("may have Apollo's format, too", () => {
    const operations = [{ id: hashOf(me), name: "Me", type: "query", body: me }];
    const file = write("apollo.json", { format: "apollo-persisted-query-manifest", version: 1, operations });
    expect([...readManifests([file], schema)]).toEqual([[hashOf(me), me]]);
  });

  test.each([
    ["that is no JSON", "{", "is not JSON"],
    ["of another shape", [me], "expected an object of texts by their ids, or Apollo's persisted query manifest"],
    ["with the hash of another text", { [hashOf(free)]: me }, `${hashOf(free)}: is not the SHA-256 of its text`],
    ["with an unknown field", manifestOf("{ mee }"), `Cannot query field "mee" on type "Query"`],
    ["that is no GraphQL", manifestOf("{"), "Syntax Error"],
    [
      "over a limit",
      manifestOf(`{ ${"a: me { id } b: me { id } ".repeat(8).replace(/[ab]:/g, (_, at) => `a${at}:`)} }`),
      "Aliases",
    ],
  ])("%s is named", (_, content, problem) => {
    const [first, ...others] = problemsOf("wrong.json", content);
    expect(others).toEqual([]);
    expect(first).toMatch(/^TRUSTED_DOCUMENTS_MANIFESTS: wrong\.json: /);
    expect(first).toContain(problem);
  });

  test("that is missing or wrong stops the start", async () => {
    const files = [join(folder, "none.json"), write("broken.json", "{")];
    const start = gateway.restart({ TRUSTED_DOCUMENTS_MANIFESTS: files.join(", ") });
    const message = `TRUSTED_DOCUMENTS_MANIFESTS: ${files[0]}: cannot be read (ENOENT)\nTRUSTED_DOCUMENTS_MANIFESTS: ${files[1]}: is not JSON`;
    await expect(start).rejects.toThrow(new ConfigError(message));
  });
});
