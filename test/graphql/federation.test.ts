import { readFileSync } from "node:fs";
import { composeSchemaContract, composeServices } from "@theguild/federation-composition";
import { buildSchema, parse, validateSchema } from "graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readTypeDefs } from "../../src/graphql/schema.ts";
import { subgraphSdl } from "../../src/graphql/subgraph-sdl.ts";
import { ROUTER_HEADER } from "../../src/graphql/trusted-router.ts";
import {
  type Customer,
  ROUTER_SECRET,
  startTestGateway,
  type TestGateway,
  type TestReward,
} from "../support/gateway.ts";
import type { Caller } from "../support/graphql.ts";
import { post } from "../support/http.ts";
import { captureLog } from "../support/log.ts";
import { addToCart, orderSettled, placeOrder } from "../support/orders.ts";
import { idleInBackground, queriesOf } from "../support/sql-spy.ts";

const written = await captureLog();
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({}, { ...idleInBackground, log: written.log });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const sdlOf = async () => (await gateway.router.ok<{ _service: { sdl: string } }>("{ _service { sdl } }"))._service.sdl;

describe("as a subgraph", () => {
  const reviews = `
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@shareable"])
    type Query { topReviewers: [Customer!]! }
    type Customer @key(fields: "id") { id: ID! reviewCount: Int! }
    type Reward @key(fields: "sku") { sku: String! reviews: [Review!]! }
    type Review { stars: Int! by: Customer! page: PageInfo }
    type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! endCursor: String startCursor: String }`;
  const compose = (sdl: string) =>
    composeServices([
      { name: "tessera", url: "http://tessera/graphql", typeDefs: parse(sdl) },
      { name: "reviews", url: "http://reviews/graphql", typeDefs: parse(reviews) },
    ]);

  test("it composes with another that extends its customers and rewards", async () => {
    const { errors, supergraphSdl, publicSdl } = compose(await sdlOf());
    expect(errors).toBeUndefined();
    expect(supergraphSdl).toContain("reviewCount");
    const types = buildSchema(publicSdl ?? "").getTypeMap();
    expect(types["Reward"]?.toString()).toBe("Reward");
    expect(publicSdl).toMatch(/reviews: \[Review!\]!/);
    expect(publicSdl).toMatch(/wallet: Wallet/);
  });

  test("it would not compose without its keys", async () => {
    expect(compose((await sdlOf()).replaceAll('@key(fields: "id")', "")).errors?.length).toBeGreaterThan(0);
  });

  test("it serves its SDL with descriptions, to trusted routers only", async () => {
    expect(await sdlOf()).toContain("The points that can be spent now: `balance` less `held`.");
    const document = "{ _service { sdl } rewardCategories { name } }";
    for (const caller of [gateway.anonymous, gateway.operator, gateway.service, await gateway.customer()]) {
      const { data, errors } = await caller.send(document);
      expect(data).toBeNull();
      expect(errors).toMatchObject([{ path: ["_service"], extensions: { code: "FORBIDDEN" } }]);
    }
  });

  test("its SDL is valid for tools without the definitions of federation", async () => {
    const sdl = await sdlOf();
    expect(validateSchema(buildSchema(sdl))).toEqual([]);
    expect(readFileSync(new URL("../../docs/subgraph.graphql", import.meta.url), "utf8").trim()).toBe(sdl.trim());
  });

  test("it declares required scopes to routers that support them, if it is set so", () => {
    const supergraphOf = (scopes: boolean) =>
      compose(subgraphSdl(readTypeDefs(), { scopes, names: new Map() })).supergraphSdl ?? "";
    expect(supergraphOf(true)).toContain('@requiresScopes(scopes: [["service"], ["rewards"], ["support"], ["admin"]])');
    expect(supergraphOf(false)).toContain('@tag(name: "service")');
    expect(supergraphOf(false)).not.toContain("requiresScopes");
  });

  test("a contract without the tags of operators and services has none of their fields", async () => {
    const typeDefs = parse(await sdlOf());
    const contract = composeSchemaContract(
      [{ name: "tessera", url: "http://tessera/graphql", typeDefs }],
      { include: new Set(), exclude: new Set(["operator", "service"]) },
      true,
    );
    expect(contract.errors).toBeUndefined();
    expect(contract.publicSdl).toMatch(/placeOrder/);
    expect(contract.publicSdl).not.toMatch(
      /For (services and )?operators?\. |RewardRule\b|Quarantined|openDiscrepancies/,
    );
  });

  test("a router may have a trace of its operation, and a stranger may not", async () => {
    const trace = { "apollo-federation-include-trace": "ftv1" };
    const query = "{ rewards(first: 1) { nodes { name } } }";
    const [asked, refused, wrong] = await Promise.all(
      [ROUTER_SECRET, undefined, "x"].map((secret) =>
        post(gateway.url, { query }, { ...trace, ...(secret !== undefined && { [ROUTER_HEADER]: secret }) }),
      ),
    );
    expect(asked?.body).toMatchObject({ data: {}, extensions: { ftv1: expect.stringMatching(/^[\w+/]+=*$/) } });
    expect(refused?.body).toMatchObject({ data: {} });
    expect(refused?.body).not.toHaveProperty("extensions");
    expect([wrong?.status, wrong?.body.errors?.[0]?.extensions.code]).toEqual([401, "UNAUTHENTICATED"]);
  });

  test("a router may send documents that are over the limits of strangers", async () => {
    const fields = Array.from({ length: 60 }, (_, nth) => `c${nth}: rewardCategories { name }`).join(" ");
    const refused = () => gateway.anonymous.send(`{ ${fields} }`);
    expect(await refused()).toMatchObject({ errors: [{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }] });
    await gateway.router.ok(`{ ${fields} }`);
    // The router's document is cached, but strangers may not use it.
    expect(await refused()).toMatchObject({ errors: [{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }] });
    const tooMany = Array.from({ length: 101 }, (_, nth) => `c${nth}: rewardCategories { name }`).join(" ");
    expect(await gateway.router.send(`{ ${tooMany} }`)).toMatchObject({
      errors: [{ message: expect.stringContaining("100") }],
    });
  });
});

describe("entities", () => {
  let [owner, other] = [] as unknown as [Customer, Customer];
  let reward: TestReward;
  let references: Record<string, Record<string, string>>;
  beforeAll(async () => {
    owner = await gateway.customer({ balance: 1_000 });
    other = await gateway.customer();
    reward = await gateway.voucher({ points: 10 });
    const orderId = await placeOrder(owner, reward.id);
    const order = await orderSettled(owner, orderId);
    const externalId = `family of ${owner.customerId}`;
    gateway.sandbox.capillary.addCustomer({ externalId: owner.customerId });
    const group = gateway.sandbox.capillary.addGroup({ externalId, members: [{ customer: owner.customerId }] });
    await addToCart(owner, reward.id);
    const { me } = await owner.ok<{ me: { id: string; wallet: { id: string }; cart: { id: string } } }>(
      "{ me { id wallet { id } cart { id } } }",
    );
    references = {
      Customer: { __typename: "Customer", id: me.id },
      Wallet: { __typename: "Wallet", id: me.wallet.id },
      Cart: { __typename: "Cart", id: me.cart.id },
      Order: { __typename: "Order", id: orderId },
      "Customer by customerId": { __typename: "Customer", customerId: owner.customerId },
      "Order by number": { __typename: "Order", number: order.number },
      "GroupWallet by groupId": { __typename: "GroupWallet", groupId: String(group.id) },
      "GroupWallet by externalId": { __typename: "GroupWallet", externalId },
      "Reward by id": { __typename: "Reward", id: reward.id },
      "Reward by sku": { __typename: "Reward", sku: reward.sku },
    };
  });
  const query = `query ($references: [_Any!]!) { _entities(representations: $references) { __typename
    ... on Customer { customerId maskedMobile } ... on Wallet { balance } ... on Cart { total } ... on Order { total }
    ... on GroupWallet { externalId } ... on Reward { id sku } } }`;
  const resolve = async (caller: Caller, ...wanted: unknown[]) => {
    const { data, errors } = await caller.send<{ _entities: unknown[] }>(query, { references: wanted });
    expect(errors).toBeUndefined();
    return data?._entities;
  };

  test("of a customer are visible only to the customer and to operators", async () => {
    const personal = ["Customer", "Wallet", "Cart", "Order"].map((name) => references[name]);
    const seen = [
      { __typename: "Customer", customerId: owner.customerId, maskedMobile: "98XXXXXX45" },
      { __typename: "Wallet", balance: 990 },
      { __typename: "Cart", total: 10 },
      { __typename: "Order", total: 10 },
    ];
    expect(await resolve(owner, ...personal)).toEqual(seen);
    expect(await resolve(other, ...personal)).toEqual([null, null, null, null]);
    expect(await resolve(gateway.anonymous, ...personal)).toEqual([null, null, null, null]);
    const [customer, , cart, order] = personal;
    expect(await resolve(gateway.operator, customer, cart, order)).toEqual([seen[0], seen[2], seen[3]]);
  });

  test("are found by their public keys, with the same access rules", async () => {
    const byName = ["Customer by customerId", "Order by number", "GroupWallet by groupId", "GroupWallet by externalId"];
    const wanted = byName.map((name) => references[name]);
    const group = { __typename: "GroupWallet", externalId: `family of ${owner.customerId}` };
    const seen = [
      { __typename: "Customer", customerId: owner.customerId, maskedMobile: "98XXXXXX45" },
      { __typename: "Order", total: 10 },
      group,
      group,
    ];
    expect(await resolve(owner, ...wanted)).toEqual(seen);
    expect(await resolve(gateway.operator, ...wanted)).toEqual(seen);
    for (const caller of [other, gateway.anonymous, gateway.service, gateway.router]) {
      expect(await resolve(caller, ...wanted)).toEqual([null, null, null, null]);
    }
  });

  test("that are rewards are public, by id and by SKU", async () => {
    const found = { __typename: "Reward", id: reward.id, sku: reward.sku };
    for (const caller of [owner, other, gateway.operator, gateway.anonymous])
      expect(await resolve(caller, references["Reward by id"], references["Reward by sku"])).toEqual([found, found]);
  });

  test("come in the order of their references, with null for missing and malformed ones", async () => {
    const unknown = [
      { __typename: "Reward", sku: "none" },
      { __typename: "Reward" },
      { __typename: "Reward", sku: 7 },
      { __typename: "Reward", sku: null },
      { __typename: "Reward", id: { $ne: null } },
      { __typename: "Reward", id: references["Cart"]?.["id"] },
      ...["Customer", "Wallet", "GroupWallet", "Cart", "Order"].flatMap((name) => [
        { __typename: name },
        { __typename: name, id: 7 },
        { __typename: name, id: "x" },
        { __typename: name, id: reward.id },
      ]),
      ...Object.entries({
        Customer: ["customerId"],
        Order: ["number"],
        GroupWallet: ["groupId", "externalId"],
      }).flatMap(([name, keys]) =>
        keys.flatMap((key) =>
          ["none", "", " ", 7, null, ["x"], {}].map((value) => ({ __typename: name, [key]: value })),
        ),
      ),
    ];
    const answer = await resolve(owner, references["Reward by id"], ...unknown, references["Customer"]);
    expect(answer?.slice(1, -1)).toEqual(unknown.map(() => null));
    expect([answer?.at(0), answer?.at(-1)]).toMatchObject([{ sku: reward.sku }, { customerId: owner.customerId }]);
  });

  test("with an invalid reference are refused one by one, and the others are resolved", async () => {
    const good = references["Reward by sku"];
    const mistakes = [
      { __typename: "Nope", id: "1" },
      { __typename: "PageInfo" },
      { __typename: "Query" },
      { __typename: "constructor" },
      { __typename: 7, id: "1" },
      { __typename: null },
      { id: "1" },
      {},
      "Reward",
      7,
      true,
      [good],
    ];
    const before = written.text().split("\n").length;
    const { data, errors } = await gateway.anonymous.send<{ _entities: unknown[] }>(query, {
      references: [good, ...mistakes, good],
    });
    expect(data?._entities.slice(1, -1)).toEqual(mistakes.map(() => null));
    expect([data?._entities.at(0), data?._entities.at(-1)]).toMatchObject([{ sku: reward.sku }, { sku: reward.sku }]);
    expect(errors?.map(({ path }) => path)).toEqual(mistakes.map((_, place) => ["_entities", place + 1]));
    expect(new Set(errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(["BAD_USER_INPUT"]));
    const logged = written
      .text()
      .split("\n")
      .slice(before - 1);
    expect(logged.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });

  test("read only the key of their reference", async () => {
    const forged = { ...references["Customer"], customerId: "CUST67890", maskedMobile: "00", balance: 1e6, total: 0 };
    expect(await resolve(owner, forged)).toEqual([
      { __typename: "Customer", customerId: owner.customerId, maskedMobile: "98XXXXXX45" },
    ]);
    const query = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Customer { customerId } } }";
    for (const type of ["Session", "OrderLine", "RevealedVoucher", "Query"]) {
      const { data } = await gateway.anonymous.send(query, {
        r: [{ __typename: type, id: "x", customerId: "CUST67890" }],
      });
      expect(JSON.stringify(data)).not.toContain("CUST67890");
    }
  });

  test("that are 50 rewards take one query, and so do 50 orders", async () => {
    const rewards = await Promise.all(Array.from({ length: 50 }, () => gateway.merchandise()));
    const bySku = rewards.map(({ sku }) => ({ __typename: "Reward", sku }));
    const byId = rewards.map(({ id }) => ({ __typename: "Reward", id }));
    for (const wanted of [bySku, byId])
      expect(
        await queriesOf(async () => {
          expect(await resolve(gateway.anonymous, ...wanted)).toEqual(
            rewards.map(({ id, sku }) => ({ __typename: "Reward", id, sku })),
          );
        }),
      ).toHaveLength(1);
    for (const name of ["Order", "Order by number"]) {
      const orders = Array.from({ length: 50 }, () => references[name]);
      expect(await queriesOf(() => resolve(gateway.operator, ...orders))).toHaveLength(1);
    }
  });

  test("resolve beside one wallet that cannot be read", async () => {
    gateway.sandbox.faults.add({ upstream: "client", operation: "points", fault: "http-500" });
    const { data, errors } = await owner.send<{ _entities: unknown[] }>(query, {
      references: [references["Wallet"], references["Reward by sku"]],
    });
    expect(data?._entities).toEqual([null, { __typename: "Reward", id: reward.id, sku: reward.sku }]);
    expect(errors).toMatchObject([{ path: ["_entities", 0], extensions: { code: "UPSTREAM_UNAVAILABLE" } }]);
  });
});
