// Each operation at two gateways on one database: one compiles every query, the other none. The whole answers are the same to the
// byte. The compiling gateway gets each operation twice: it compiles the first in Apollo's pipeline, and answers the second without it.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CompiledOptions } from "../../src/graphql/compiled.ts";
import { type Customer, type InProcessGateway, startTestGateway, type TestReward } from "../support/gateway.ts";
import { orderSettled, placeOrder } from "../support/orders.ts";
import { idleInBackground } from "../support/sql-spy.ts";

let gateway: InProcessGateway;
let plain: InProcessGateway;
let customer: Customer;
let reward: TestReward;
let orderId: string;
/** Compiled queries: answered by the compiled function, or left to graphql-js because of an error. */
let ran: { came: "answered" | "left"; isDirect: boolean }[] = [];

beforeAll(async () => {
  const onAnswer: CompiledOptions["onAnswer"] = async (_, { errors, isDirect }) => {
    ran.push({ came: errors.length > 0 ? "left" : "answered", isDirect });
  };
  gateway = await startTestGateway({}, { ...idleInBackground, compiled: { at: 1, onAnswer } });
  plain = await startTestGateway(
    { DATABASE_URL: gateway.databaseUrl, CLIENT_API_URL: gateway.sandbox.url },
    { ...idleInBackground, compiled: { at: Number.POSITIVE_INFINITY } },
  );
  customer = await gateway.customer();
  reward = await gateway.voucher({ name: "Two paths" });
  orderId = await placeOrder(customer, reward.id);
  await orderSettled(customer, orderId);
});
afterAll(async () => {
  await plain[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

interface Sent {
  query: string;
  variables?: Record<string, unknown>;
  operationName?: string;
}

async function answerOf({ url }: InProcessGateway, sent: Sent, token: string | undefined, accept: string) {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept,
      "x-request-id": "the-same-for-both",
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(sent),
  });
  const { status, headers } = response;
  const kept = ["content-type", "cache-control", "content-length", "ratelimit-policy"].map((name) => headers.get(name));
  return { status, headers: kept, body: withSortedErrors(await response.text()) };
}

/** Errors of several fields come in the sequence in which the fields were rejected, which no specification fixes. */
function withSortedErrors(body: string): string {
  const { errors, ...rest } = JSON.parse(body) as { errors?: { path?: unknown }[] };
  if (!errors || errors.length < 2) return body;
  return JSON.stringify({ errors: errors.toSorted((a, b) => (String(a.path) < String(b.path) ? -1 : 1)), ...rest });
}

/** Sends an operation to both gateways. @returns the answer of the compiling one, and which path made it */
async function both(sent: Sent, { as = customer.token, accept = "application/json" } = {}) {
  const expected = await answerOf(plain, sent, as, accept);
  ran = [];
  const compiled = await answerOf(gateway, sent, as, accept);
  expect(compiled).toEqual(expected);
  expect(await answerOf(gateway, sent, as, accept)).toEqual(expected);
  const [first, second, ...others] = ran;
  expect(others).toEqual([]);
  if (first) expect(first.isDirect).toBe(false);
  expect(second).toEqual(first && { ...first, isDirect: true });
  return { ...compiled, came: first?.came ?? "not compiled" };
}

test("answers without errors", async () => {
  const queries: Sent[] = [
    {
      query:
        "{ me { customerId wallet { balance earned held available } } rewards(first: 5) { nodes { sku name stock } pageInfo { hasNextPage endCursor } totalCount } }",
    },
    {
      query:
        "query It($first: Int = 1) { me { o: orders(first: $first) { edges { node { ...O } } } } } fragment O on Order { number status placedAt lines { name reward { sku } } history { seq status at } }",
    },
    {
      query:
        "query ($id: ID!, $none: ID!) { node(id: $id) { __typename id ... on Reward { name kind } ... on Order { number total } } none: node(id: $none) { id } nodes(ids: [$id, $none]) { ... on Node { id } __typename } }",
      variables: { id: orderId, none: "nothing" },
    },
    {
      query: "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Order { seq } ... on Reward { sku } } }",
      variables: { ids: [orderId, reward.id] },
    },
    { query: "query A { me { id } } query B { me { customerId } }", operationName: "B" },
  ];
  for (const sent of queries) {
    const { came, status, body } = await both(sent);
    expect({ status, came, errors: body.includes('"errors"') }, sent.query).toEqual({
      status: 200,
      came: "answered",
      errors: false,
    });
  }
  expect((await both({ query: "{ me { id } rewards(first: 1) { nodes { sku } } }" }, { as: "" })).came).toBe(
    "answered",
  );
});

test("conditions, and questions about the schema", async () => {
  const query =
    "query ($yes: Boolean!) { me { id @skip(if: $yes) customerId @include(if: $yes) ...W @include(if: $yes) } a: __typename } fragment W on Customer { wallet { balance } maskedMobile @skip(if: $yes) }";
  for (const yes of [true, false]) expect((await both({ query, variables: { yes } })).came).toBe("not compiled");
  expect((await both({ query: "{ __schema { queryType { name } } }" })).came).toBe("not compiled");
});

test.each(["application/json", "application/graphql-response+json"])(
  "refused documents and variables, for %s",
  async (accept) => {
    const query =
      "query ($id: ID!, $first: Int, $filter: RewardFilter) { node(id: $id) { id } rewards(first: $first, filter: $filter) { nodes { id } } }";
    const wrong: Sent[] = [
      { query },
      { query, variables: { id: null } },
      { query, variables: { id: orderId, first: "ten" } },
      { query, variables: { id: orderId, first: 2 ** 40 } },
      { query, variables: { id: orderId, filter: { unknown: true } } },
      { query: "{ nothing }" },
      { query: "{ me { id }" },
      { query: "query A { me { id } } query B { me { id } }" },
      { query: "query A { me { id } }", operationName: "C" },
    ];
    for (const sent of wrong) {
      const { came, body } = await both(sent, { accept });
      expect(came, JSON.stringify(sent)).toBe("not compiled");
      expect(body).toContain('"errors"');
    }
  },
);

test("expected errors of resolvers, beside fields without errors", async () => {
  const errors: Sent[] = [
    { query: "{ auditLog(first: 1) { nodes { action } } }" }, // of a role that the customer does not have
    { query: "{ me { id orders(first: 1000) { nodes { id } } } }" },
    {
      query: "query ($after: String) { rewards(first: 1, after: $after) { nodes { sku } } }",
      variables: { after: "no cursor" },
    },
    { query: `{ a: orders(first: 1) { nodes { id } } b: rewards(first: -1) { nodes { sku } } c: me { id } }` },
  ];
  for (const sent of errors) {
    const { came, body } = await both(sent);
    expect(came, sent.query).toBe("left");
    expect(body).toContain('"errors"');
  }
});

test("a ledger that fails leaves the field null, and the rest of the answer stands", async () => {
  gateway.fault("points", { fault: "refuse", message: "secret words of theirs", times: 100 });
  const query = "{ me { id wallet { balance } again: wallet { held } } rewards(first: 1) { nodes { sku } } }";
  const { came, body } = await both({ query });
  expect(came).toBe("left");
  expect(JSON.parse(body)).toMatchObject({ data: { me: { wallet: null }, rewards: { nodes: [{}] } } });
  expect(body).not.toContain("secret");
});

test("an unexpected error is masked, and null propagates to the nearest nullable field", async () => {
  await gateway.sql("alter table order_lines rename to lost_lines");
  try {
    const query = `query ($id: ID!) { node(id: $id) { ... on Order { number lines { name } } } nodes(ids: ["x"]) { id } me { id orders(first: 2) { nodes { number lines { points } } } } }`;
    const { came, body } = await both({ query, variables: { id: orderId } });
    expect(came).toBe("left");
    expect(JSON.parse(body).data).toEqual({ node: null, nodes: [null], me: null });
    expect(body).toContain("INTERNAL_SERVER_ERROR");
    expect(body).not.toContain("order_lines");
  } finally {
    await gateway.sql("alter table lost_lines rename to order_lines");
  }
});
