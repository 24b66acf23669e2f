import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import type { GraphqlAnswer } from "../support/graphql.ts";

/** An operation is decided in the same way and words over HTTP, a websocket and an event stream. */

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Sent {
  query: string;
  variables?: Record<string, unknown>;
  operationName?: string;
  extensions?: Record<string, unknown>;
}
type Answer = GraphqlAnswer<unknown>;

const headers = { "content-type": "application/json" };
async function byHttp(sent: Sent): Promise<Answer> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: "POST",
    headers,
    body: JSON.stringify({ ...sent, query: sent.query || undefined }),
  });
  return (await response.json()) as Answer;
}
async function byEventStream(sent: Sent): Promise<Answer> {
  const response = await fetch(`${gateway.url}/graphql/stream`, {
    method: "POST",
    headers: { ...headers, accept: "text/event-stream" },
    body: JSON.stringify(sent),
  });
  return JSON.parse(/^event: next\ndata: (.*)$/m.exec(await response.text())?.[1] ?? "{}") as Answer;
}
async function byWebsocket(sent: Sent): Promise<Answer> {
  const client = gateway.anonymous.socket();
  try {
    for await (const answer of client.iterate(sent)) return answer as Answer;
    throw new Error("it ended without a word");
  } catch (error) {
    if (Array.isArray(error)) return { errors: error };
    throw error;
  } finally {
    await client.dispose();
  }
}

const repeated = (count: number, make: (nth: number) => string) =>
  Array.from({ length: count }, (_, n) => make(n)).join(" ");
const costly = `{
  rewards(first: 100) { nodes { redeemability(wallet: { payWith: GROUP }) { shortBy } } }
  me { orders(first: 100) { nodes { history { order { lines { reward { id name sku } } } } } } } }`;

test.each<[what: string, sent: Sent]>([
  ["that cannot be read", { query: "{ me {" }],
  ["that is empty", { query: " " }],
  ["of too many tokens", { query: `{ ${repeated(1_000, (n) => `a${n} { b }`)} }` }],
  ["of an unknown field", { query: "{ zzz }" }],
  ["with too many mistakes to name all", { query: `{ ${repeated(20, (n) => `zzz${n}`)} }` }],
  ["that is too deep", { query: `{ me ${repeated(4, () => "{ orders { nodes { customer ")} { id } ${"}".repeat(13)}` }],
  ["with too many aliases", { query: `{ ${repeated(16, (n) => `a${n}: me { id }`)} }` }],
  ["with too many directives", { query: `{ __typename ${repeated(31, () => "@include(if: true)")} }` }],
  ["with too many equal names", { query: `{ ${repeated(11, () => "me { id }")} }` }],
  ["with too many fields", { query: `{ ${repeated(251, () => "me { id }")} }` }],
  ["with fragments in a circle", { query: "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }" }],
  ["with a text that cannot be stored", { query: '{ reward(sku: "a\\u0000") { id } }' }],
  [
    "with a variable that cannot be stored",
    { query: "query ($s: String) { reward(sku: $s) { id } }", variables: { s: "\ud83c" } },
  ],
  ["with a variable of another type", { query: "query ($s: String) { reward(sku: $s) { id } }", variables: { s: 7 } }],
  ["with a variable that is missing", { query: "query ($id: ID!) { order(id: $id) { id } }" }],
  ["that costs too much", { query: costly }],
  ["that does not say which operation to run", { query: "query A { me { id } } query B { me { id } }" }],
  ["that names an operation it does not have", { query: "query A { me { id } }", operationName: "B" }],
  [
    "that is known by no hash",
    { query: "", extensions: { persistedQuery: { version: 1, sha256Hash: "0".repeat(64) } } },
  ],
  ["with a field that is refused", { query: "{ orders { totalCount } }" }],
])("an operation %s is refused in the same words over each transport", async (_, sent) => {
  const words = async ({ data, errors }: Answer) => ({
    data: data ?? null,
    errors: errors?.map(({ message, path, extensions: { requestId: _, ...extensions } }) => ({
      message,
      path,
      extensions,
    })),
  });
  const [http, stream, socket] = await Promise.all(
    [byHttp(sent), byEventStream(sent), byWebsocket(sent)].map(async (answer) => words(await answer)),
  );
  expect(http?.errors?.length).toBeGreaterThan(0);
  expect({ stream, socket }).toEqual({ stream: http, socket: http });
});

test("the cost of an operation is charged in the same way over each transport", async () => {
  const fields =
    "{ nodes { id sku name description points brand category imageUrl terms howToUse stock source kind } }";
  const dear = { query: `{ ${repeated(3, (nth) => `r${nth}: rewards(first: 100) ${fields}`)} }` };
  for (const ask of [byHttp, byEventStream, byWebsocket]) {
    await gateway.restart({ COST_PER_MINUTE_ADDRESS: "5000" }); // nothing is charged yet
    expect((await ask(dear)).errors).toBeUndefined();
    // The limit recovers this cost in 40 s.
    expect(await ask(dear)).toMatchObject({
      errors: [{ extensions: { code: "RATE_LIMITED", retryAfter: expect.any(Number) } }],
    });
  }
});
