import { randomUUID } from "node:crypto";
import fc from "fast-check";
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from "graphql";
import { request } from "undici";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildSchema } from "../../src/graphql/schema.ts";
import { sign } from "../../src/platform/webhook-signature.ts";
import {
  type Customer,
  REWARD_SERVICE_TOKEN,
  startTestGateway,
  type TestGateway,
  WEBHOOK_SECRET,
} from "../support/gateway.ts";
import { captureLog } from "../support/log.ts";
import { addToCart, orderPrepared, placeOrder } from "../support/orders.ts";

/**
 * Each endpoint answers any value by a result or a refusal: never HTTP 5xx, INTERNAL_SERVER_ERROR, or an error in the log.
 * FUZZ_RUNS sets the number of values for each endpoint, FUZZ_SEED the values.
 */

const runs = Number(process.env["FUZZ_RUNS"] ?? 8);
const seed = Number(process.env["FUZZ_SEED"] ?? 20261128);
const AT_ONCE = 8;

const schema = buildSchema([]);
const written = await captureLog();
let gateway: TestGateway;
let customer: Customer;
/** Global ids and other texts that refer to records. */
const known: string[] = [];
let orderNumber = "";

beforeAll(async () => {
  gateway = await startTestGateway({ SEED: "sample" }, { log: written.log });
  customer = await gateway.customer();
  const [parcel, voucher] = [await gateway.merchandise(), await gateway.voucher()];
  const id = await placeOrder(customer, parcel.id, voucher.id);
  const order = await orderPrepared(customer, id);
  orderNumber = order.number;
  await addToCart(customer, parcel.id);
  const { me } = await customer.ok<{ me: { id: string; cart: { id: string; lines: { id: string }[] } } }>(
    "{ me { id cart { id lines { id } } } }",
  );
  known.push(id, parcel.id, voucher.id, me.id, me.cart.id, ...me.cart.lines.map((line) => line.id), parcel.sku);
  known.push(...order.lines.map((line) => line.id), customer.customerId, order.number, "welcome-bonus");
});
afterAll(() => gateway[Symbol.asyncDispose]());

const encode = (text: string) => Buffer.from(text).toString("base64url");
const cursor = (...key: unknown[]) => encode(JSON.stringify(key));
const uglyTexts = [
  ...[
    "",
    " ",
    "\0",
    "a\0b",
    "\ud83c",
    "a\udf39b",
    "\ufeff",
    "\u200b",
    "\u202e",
    "क",
    "😀".repeat(70),
    "x".repeat(5_000),
  ],
  ...[
    "'; drop table orders; --",
    "%_\\",
    "{}",
    "[]",
    "null",
    "true",
    "{",
    "\ufeff{}",
    '{"a":"\\ud83c"}',
    '{"a":"\\u0000"}',
  ],
  ...[
    "0",
    "-1",
    "1e309",
    "2147483648",
    "9223372036854775808",
    "NaN",
    "123456",
    "१२३४५६",
    "00000000-0000-0000-0000-000000000000",
  ],
  ...["2026-02-30", "0000-01-01", "9999-12-31", "2026-11-28T00:00:00Z", "+275760-09-13T00:00:00Z"],
  ...[
    "Reward:x",
    "Order:",
    "constructor:x",
    `Order:${"9".repeat(40)}`,
    "Customer:\0",
    "GroupWallet:99999999999999999999",
  ].map(encode),
  ...[
    cursor("POPULAR", 2 ** 31, randomUUID()),
    cursor("NEWEST", "0000-01-01T00:00:00Z", randomUUID()),
    cursor("0000-01-01T00:00:00.000Z", randomUUID()),
    cursor("event", 2 ** 31),
    cursor("2026-01-01T00:00:00.000Z", "\0", 2 ** 40),
    cursor("2026-01-01T00:00:00.000Z", "\ud83c", 1),
  ],
  ...["code,pin\n1,2\n", "code\n\0", "sep=;\ncode;pin\n;", "code,,\n\n", '"code\n'],
];
const text = (): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...uglyTexts) },
    { weight: 3, arbitrary: fc.nat().map((n) => known[n % known.length] ?? "") },
    { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
    { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 300 }) },
    { weight: 1, arbitrary: fc.uuid() },
    { weight: 1, arbitrary: fc.json() },
  );
const integer = fc.oneof(
  fc.constantFrom(0, 1, -1, 2, 5, 100, 101, 2 ** 31 - 1, -(2 ** 31)),
  fc.integer({ min: -5, max: 200 }),
);
const points = fc.oneof(fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER), fc.nat());
const moment = fc.constantFrom(
  "0001-01-01T00:00:00Z",
  "1969-12-31T23:59:59.999Z",
  "2026-11-28T12:00:00+14:00",
  "9999-12-31T23:59:59Z",
);
const day = fc.constantFrom("0001-01-01", "2026-11-28", "2099-12-31", "9999-12-31");

function anyValue(type: GraphQLInputType, depth = 0): fc.Arbitrary<unknown> {
  if (!isNonNullType(type)) {
    return fc.oneof({ weight: 3, arbitrary: givenValue(type, depth) }, { weight: 1, arbitrary: fc.constant(null) });
  }
  return givenValue(type.ofType, depth);
}
function givenValue(type: GraphQLInputType, depth: number): fc.Arbitrary<unknown> {
  if (isListType(type)) return fc.array(anyValue(type.ofType, depth + 1), { maxLength: 3 });
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map(({ name }) => name));
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    if (type.isOneOf) {
      return fc.oneof(
        ...fields.map(({ name, type: inner }) =>
          givenValue(getNullableType(inner), depth + 1).map((it) => ({ [name]: it })),
        ),
      );
    }
    return fc.record(
      Object.fromEntries(fields.map((field) => [field.name, fieldValue(field.name, field.type, depth + 1)])),
      {
        requiredKeys: fields
          .filter(({ type: of, defaultValue }) => isNonNullType(of) && defaultValue === undefined)
          .map(({ name }) => name),
      },
    );
  }
  switch (getNamedType(type).name) {
    case "Int":
      return integer;
    case "Float":
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case "Boolean":
      return fc.boolean();
    case "Points":
      return points;
    case "DateTime":
      return moment;
    case "Date":
      return day;
    case "_Any":
      return fc.oneof(
        fc.record({ __typename: text(), id: text(), sku: fc.jsonValue() }),
        fc.jsonValue().filter((it) => it !== null),
      );
    default:
      return text();
  }
}
/** Most fields of a special format are valid most of the time, so that values pass their checks. */
function fieldValue(name: string, type: GraphQLInputType, depth: number): fc.Arbitrary<unknown> {
  const often = (right: fc.Arbitrary<unknown>) =>
    fc.oneof({ weight: 3, arbitrary: right }, { weight: 1, arbitrary: anyValue(type, depth) });
  if (name === "idempotencyKey") return often(fc.uuid());
  if (name === "country") return often(fc.constant("IN"));
  if (name === "imageUrl") return often(fc.constant("/x"));
  if (name === "ruleId" || name === "drawId") return often(fc.stringMatching(/^[a-z]{2,8}(-[a-z]{1,4})?$/));
  if (name === "sku") return often(fc.stringMatching(/^[A-Z]{2,8}-[0-9]{1,4}$/));
  return anyValue(type, depth);
}

const argumentsOf = (args: readonly GraphQLArgument[]) =>
  fc.record(Object.fromEntries(args.map((arg) => [arg.name, fieldValue(arg.name, arg.type, 0)])));

function documentOf(operation: "query" | "mutation", field: GraphQLField<unknown, unknown>): string {
  const variables = field.args.map(({ name, type }) => `$${name}: ${type}`).join(", ");
  const passed = field.args.map(({ name }) => `${name}: $${name}`).join(", ");
  const selection = isCompositeType(getNamedType(field.type)) ? " { __typename }" : "";
  return `${operation} (${variables}) { it: ${field.name}(${passed})${selection} }`;
}

/** Sends values of the arbitrary, several at once. @returns the forbidden answers */
async function surprises<T>(arbitrary: fc.Arbitrary<T>, send: (value: T, nth: number) => Promise<string | null>) {
  const values = fc.sample(arbitrary, { numRuns: runs, seed });
  const found: { value: T; problem: string }[] = [];
  for (let from = 0; from < values.length; from += AT_ONCE) {
    await Promise.all(
      values.slice(from, from + AT_ONCE).map(async (value, nth) => {
        const problem = await send(value, from + nth);
        if (problem !== null) found.push({ value, problem });
      }),
    );
  }
  return found;
}

/** Sends the body by POST, or asks by GET if there is none. @returns the problem with the answer */
async function problemOf(path: string, body: string | undefined, headers: Record<string, string>) {
  const { statusCode, body: answer } = await request(`${gateway.url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { "content-type": "application/json", ...headers },
    ...(body !== undefined && { body }),
  });
  const text = await answer.text();
  const isBad = statusCode >= 500 || text.includes("INTERNAL_SERVER_ERROR");
  return isBad ? `${statusCode} ${text.slice(0, 500)}` : null;
}

const fields = (["query", "mutation"] as const).flatMap((operation) => {
  const type = operation === "query" ? schema.getQueryType() : schema.getMutationType();
  return Object.values(type?.getFields() ?? {})
    .filter(({ args }) => args.length > 0)
    .map((field) => [`${operation} ${field.name}`, operation, field] as const);
});

test.each(fields)("%s answers every value of every argument", async (_, operation, field) => {
  written.clear();
  const query = documentOf(operation, field);
  // Authorized viewers alternate: a refusal for lack of a role would test nothing.
  const tokens = [customer.token, gateway.operator.token];
  const found = await surprises(argumentsOf(field.args), async (variables, nth) =>
    problemOf("/graphql", JSON.stringify({ query, variables }), {
      authorization: `Bearer ${tokens[nth % tokens.length]}`,
    }),
  );
  expect(found).toEqual([]);
  expect(unexpectedInLog()).toEqual([]);
});

test("the warehouse webhook answers every report", async () => {
  written.clear();
  const often = <T>(right: T, wrong: fc.Arbitrary<unknown>) =>
    fc.oneof({ weight: 4, arbitrary: fc.constant(right) as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: wrong });
  const anything = fc.oneof(text(), integer, fc.jsonValue());
  const report = fc.record({
    id: fc.oneof(fc.uuid(), anything),
    type: often("shipment.updated", anything),
    occurredAt: fc.oneof(
      fc.date({ min: new Date(0), noInvalidDate: true }).map((at) => at.toISOString()),
      moment,
      anything,
    ),
    data: fc.record({
      orderNumber: fc.nat().map((n) => (n % 4 === 0 ? "ORD-1" : orderNumber)),
      line: fc.oneof(fc.constantFrom<unknown>(1, 2, 2 ** 31, 1.5, -1, "1"), anything),
      status: fc.oneof(fc.constantFrom<unknown>("SHIPPED", "DELIVERED", "RETURNED", "LOST", "REJECTED"), anything),
      carrier: fc.oneof(fc.constant(null), anything),
      trackingNumber: fc.oneof(fc.constant(null), anything),
    }),
  });
  const bodies = fc.oneof(
    report.map((it) => JSON.stringify(it)),
    fc.json(),
    text(),
  );
  const found = await surprises(bodies, async (body) =>
    problemOf("/webhooks/fulfilment", body, { "x-tessera-signature": sign(body, WEBHOOK_SECRET, new Date()) }),
  );
  expect(found).toEqual([]);
  expect(unexpectedInLog()).toEqual([]);
});

test("the endpoint for reward messages answers every message", async () => {
  written.clear();
  const anything = fc.oneof(text(), integer, fc.jsonValue());
  const actions = [
    "register",
    "registerreferral",
    "transactionpromo",
    "transactionreferral",
    "dailycheckin",
    "luckydraw",
  ];
  const message = fc.record(
    {
      Action: fc.oneof(fc.constantFrom<unknown>(...actions), anything),
      TicketId: anything,
      Resource: anything,
      ResourceId: anything,
      UserId: anything,
      Data: fc.record(
        {
          id: anything,
          command: fc.oneof(fc.constantFrom<unknown>(...actions), anything),
          date: fc.oneof(moment, anything),
          "id-user-share": anything,
          "id-user-receive": anything,
          transaction: fc.oneof(
            fc.array(
              fc.record(
                { date: fc.oneof(moment, anything), amount: anything, product_id: anything },
                { requiredKeys: [] },
              ),
              { maxLength: 3 },
            ) as fc.Arbitrary<unknown>,
            anything,
          ),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ["Action"] },
  );
  const bodies = fc.oneof({ weight: 4, arbitrary: message.map((it) => JSON.stringify(it)) }, fc.json(), text());
  const found = await surprises(bodies, async (body) =>
    problemOf("/reward-processor", body, { authorization: `Bearer ${REWARD_SERVICE_TOKEN}` }),
  );
  expect(found).toEqual([]);
  expect(unexpectedInLog()).toEqual([]);
});

test("the endpoints of the REST API answer every request", async () => {
  written.clear();
  const anything = fc.oneof(text(), integer, fc.jsonValue());
  const usually = (...right: unknown[]) =>
    fc.oneof({ weight: 4, arbitrary: fc.constantFrom<unknown>(...right) }, { weight: 1, arbitrary: anything });
  const order = fc.record(
    {
      order_timestamp: usually("2026-06-03T10:00:00Z", 1_780_000_000),
      order_total: usually(0, 1, 2 ** 53, -1, 1.5), // no reward's price, so no order is placed
      order_items: usually(1, 2),
      line_items: fc.oneof(
        fc.array(fc.record({ order_id: usually("ORDER-1"), SKU: usually(...known), qty: usually(1, 2, 2 ** 31) }), {
          maxLength: 3,
        }) as fc.Arbitrary<unknown>,
        anything,
      ),
      shipping_address: fc.oneof(
        fc.record({ name: text(), line1: text(), city: text(), postalCode: text(), country: usually("IN", "UK") }),
        anything,
      ),
    },
    { requiredKeys: ["order_total"] },
  );
  const post = fc.oneof({ weight: 4, arbitrary: order.map((it) => JSON.stringify(it)) }, fc.json(), text());
  const wellFormed = text().map((it) => encodeURIComponent(it.toWellFormed()));
  const requests = fc.oneof(
    post.map((body) => ({ path: "orders", body })),
    wellFormed.map((it) => ({ path: `orders/status?order_id=${it}`, body: undefined })),
    wellFormed.map((it) => ({ path: `catalog?after_id=${it}`, body: undefined })),
  );
  const found = await surprises(requests, async ({ path, body }) =>
    problemOf(`/api/v1/${path}`, body, { authorization: `Bearer ${customer.token}` }),
  );
  expect(found).toEqual([]);
  expect(unexpectedInLog()).toEqual([]);
});

const unexpectedInLog = () =>
  written
    .text()
    .split("\n")
    .filter((line) => /Unexpected error|could not be processed|could not be read|"stack":/.test(line));
