import { parse } from "graphql";
import { type Client, createClient } from "graphql-sse";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Customer,
  ROUTER_SECRET,
  startTestGateway,
  type TestGateway,
  type TestReward,
} from "../support/gateway.ts";
import type { Caller, GraphqlAnswer } from "../support/graphql.ts";
import { orderPrepared, orderSettled, placeOrder } from "../support/orders.ts";
import { idleInBackground, queriesOf } from "../support/sql-spy.ts";
import { compositions, type Part, type Router, startApolloGateway, startHiveGateway } from "./support/routers.ts";
import { type Subgraph, startSubgraph } from "./support/subgraph.ts";

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@shareable"])`;
/** Refers to the gateway's entities by their public keys, and has type names that many subgraphs have. */
const reviewsSdl = `
  ${link}
  type Query {
    node(id: ID!): Node
    nodes(ids: [ID!]!): [Node]!
    reviews: [Review!]!
    complaints: [Complaint!]!
    families(groupIds: [String!]!): [GroupWallet]!
  }
  interface Node { id: ID! }
  type Review implements Node @key(fields: "id") { id: ID! stars: Int! by: Customer about: Reward }
  type Complaint { about: Order sentTo: Address }
  type Customer @key(fields: "customerId") { customerId: String! nickname: String }
  type Order @key(fields: "number") { number: String! complaint: String! }
  type Reward @key(fields: "sku") { sku: String! reviewCount: Int! }
  type GroupWallet @key(fields: "groupId") { groupId: String! motto: String! }
  type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! endCursor: String startCursor: String }
  type Address @shareable {
    name: String! line1: String! line2: String city: String! region: String postalCode: String! country: String! phone: String
  }`;
/** Refers to groups by the brand's name for them, and to the other entities by global ids. */
const familiesSdl = `
  ${link}
  type Query { familyOfTheYear: GroupWallet fans: [Customer!]! notes: [Note!]! }
  type Note { cart: Cart wallet: Wallet order: Order }
  type GroupWallet @key(fields: "externalId") { externalId: String yearsTogether: Int! }
  type Customer @key(fields: "id") { id: ID! }
  type Cart @key(fields: "id") { id: ID! }
  type Wallet @key(fields: "id") { id: ID! }
  type Order @key(fields: "id") { id: ID! mood: String! }`;

/** The data of the other subgraphs; set once the entities exist. */
const known = {
  customerIds: [] as string[],
  skus: [] as string[],
  orderNumbers: [] as string[],
  groupExternalId: "",
  customerGlobalIds: [] as string[],
  cartId: "",
  walletId: "",
  orderId: "",
};

let gateway: TestGateway;
let others: Subgraph[];
let parts: Part[];
let [owner, other] = [] as unknown as [Customer, Customer];
let rewards: TestReward[];
let order: { id: string; number: string };
/** Groups of the owner, of which the first has points. */
let groupIds: string[];

beforeAll(async () => {
  gateway = await startTestGateway({}, idleInBackground);
  owner = await gateway.customer({ balance: 5_000 });
  other = await gateway.customer();
  const first = await gateway.voucher({ points: 10, codes: 20 });
  rewards = [first, ...(await Promise.all(Array.from({ length: 49 }, () => gateway.merchandise())))];
  const { number, id } = await orderSettled(owner, await placeOrder(owner, first.id));
  order = { id, number };
  const foreign = await orderSettled(other, await placeOrder(other, first.id));
  const { capillary } = gateway.sandbox;
  capillary.addCustomer({ externalId: owner.customerId });
  const groups = Array.from({ length: 50 }, (_, nth) =>
    capillary.addGroup({ externalId: `family-${nth}`, members: [{ customer: owner.customerId }] }),
  );
  groupIds = groups.map(({ id }) => String(id));
  capillary.setBalance({ group: groups[0]?.id ?? 0, points: 700 });
  const ids = "{ me { id cart { id } wallet { id } } }";
  const { me } = await owner.ok<{ me: { id: string; cart: { id: string }; wallet: { id: string } } }>(ids);
  const { me: foreigner } = await other.ok<{ me: { id: string } }>("{ me { id } }");
  Object.assign(known, {
    customerIds: [owner.customerId, other.customerId],
    customerGlobalIds: [me.id, foreigner.id],
    skus: rewards.map(({ sku }) => sku),
    orderNumbers: [order.number, foreign.number],
    groupExternalId: "family-0",
    cartId: me.cart.id,
    walletId: me.wallet.id,
    orderId: order.id,
  });

  others = await Promise.all([
    startSubgraph("reviews", reviewsSdl, {
      Query: {
        node: (_: unknown, { id }: { id: string }) => ({ __typename: "Review", id, stars: 5 }),
        nodes: () => [],
        reviews: () =>
          known.skus.map((sku, nth) => ({
            id: `review-${nth}`,
            stars: 4,
            about: { sku },
            by: { customerId: known.customerIds[nth % 2] },
          })),
        complaints: () => known.orderNumbers.map((number) => ({ about: { number } })),
        families: (_: unknown, { groupIds }: { groupIds: string[] }) => groupIds.map((groupId) => ({ groupId })),
      },
      Customer: { nickname: ({ customerId }: { customerId: string }) => `nick of ${customerId}` },
      Order: { complaint: ({ number }: { number: string }) => `${number} is late` },
      Reward: { reviewCount: () => 3 },
      GroupWallet: { motto: ({ groupId }: { groupId: string }) => `${groupId} for all` },
    }),
    startSubgraph("families", familiesSdl, {
      Query: {
        familyOfTheYear: () => ({ externalId: known.groupExternalId }),
        fans: () => known.customerGlobalIds.map((id) => ({ id })),
        notes: () => [{ cart: { id: known.cartId }, wallet: { id: known.walletId }, order: { id: known.orderId } }],
      },
      GroupWallet: { yearsTogether: () => 7 },
      Order: { mood: () => "glad" },
    }),
  ]);
  const { _service } = await gateway.router.ok<{ _service: { sdl: string } }>("{ _service { sdl } }");
  parts = [{ name: "tessera", url: `${gateway.url}/graphql`, typeDefs: parse(_service.sdl) }, ...others];
});
afterAll(async () => {
  for (const each of others ?? []) await each[Symbol.asyncDispose]();
  await gateway?.[Symbol.asyncDispose]();
});

test.each(Object.entries(compositions))("%s accepts the subgraphs", (_, compose) => {
  const supergraph = compose(parts);
  expect(supergraph).toContain("nickname");
});

const [firstOf, secondOf] = [<T>(list: T[]) => list[0], <T>(list: T[]) => list[1]];

const starts = {
  "Apollo Gateway": startApolloGateway,
  "Hive Gateway": startHiveGateway("ws"),
  "Hive Gateway that subscribes by event streams": startHiveGateway("http"),
};
describe.each(Object.entries(starts))("behind %s", (name, start) => {
  let router: Router;
  beforeAll(async () => {
    router = await start(parts, { secret: ROUTER_SECRET });
  });
  afterAll(() => router?.[Symbol.asyncDispose]());

  const headersOf = (token: string | undefined): Record<string, string> => ({
    "content-type": "application/json",
    ...(token && { authorization: `Bearer ${token}` }),
  });
  async function ask<Data>(token: string | undefined, query: string, variables = {}): Promise<GraphqlAnswer<Data>> {
    const body = JSON.stringify({ query, variables });
    const response = await fetch(router.url, { method: "POST", headers: headersOf(token), body });
    return (await response.json()) as GraphqlAnswer<Data>;
  }
  async function ok<Data>(token: string | undefined, query: string, variables = {}): Promise<Data> {
    const answer = await ask<Data>(token, query, variables);
    expect(answer).toEqual({ data: expect.anything() }); // and nothing else, such as `errors` or `extensions`
    return answer.data as Data;
  }
  /** The calls that the upstreams receive during `work`. */
  async function callsOf(work: () => Promise<unknown>): Promise<string[]> {
    const from = gateway.sandbox.calls.since(0).at(-1)?.seq ?? 0;
    await work();
    return gateway.sandbox.calls.since(from).map(({ operation }) => operation);
  }

  const everyKey = `query ($groups: [String!]!) {
    reviews { by { customerId maskedMobile nickname } about { sku name reviewCount } }
    complaints { about { id number total complaint } }
    families(groupIds: $groups) { externalId groupId balance motto yearsTogether }
    familyOfTheYear { externalId groupId balance motto yearsTogether }
    fans { id customerId nickname }
    notes { cart { version } wallet { balance held } order { number mood complaint } } }`;
  test("entities are joined by each of their keys", async () => {
    const data = await ok<Record<"reviews" | "complaints" | "families" | "fans" | "notes", object[]>>(
      owner.token,
      everyKey,
      { groups: groupIds.slice(0, 1) },
    );
    const nickname = `nick of ${owner.customerId}`;
    const groupId = groupIds[0];
    const family = { externalId: "family-0", groupId, balance: 700, motto: `${groupId} for all`, yearsTogether: 7 };
    expect(firstOf(data.reviews)).toEqual({
      by: { customerId: owner.customerId, maskedMobile: "98XXXXXX45", nickname },
      about: { sku: rewards[0]?.sku, name: expect.stringContaining("Reward"), reviewCount: 3 },
    });
    expect(firstOf(data.complaints)).toEqual({ about: { ...order, total: 10, complaint: `${order.number} is late` } });
    expect(data).toMatchObject({ families: [family], familyOfTheYear: family });
    expect(firstOf(data.fans)).toEqual({ id: known.customerGlobalIds[0], customerId: owner.customerId, nickname });
    expect(data.notes).toEqual([
      {
        cart: { version: expect.any(Number) },
        wallet: { balance: 4_990, held: 0 },
        order: { number: order.number, mood: "glad", complaint: `${order.number} is late` },
      },
    ]);
  });

  test("entities that the viewer may not see are null, without an error", async () => {
    const nobodys = `query ($groups: [String!]!) {
      reviews { by { customerId maskedMobile wallet { balance } } }
      complaints { about { id number total lines { name } } }
      families(groupIds: $groups) { groupId externalId balance members { name } }
      familyOfTheYear { externalId groupId name }
      fans { id customerId }
      notes { cart { id version lines { id } } wallet { id held } order { id number } } }`;
    for (const token of [undefined, other.token]) {
      const data = await ok<Record<"reviews" | "complaints" | "fans", object[]>>(token, nobodys, {
        groups: groupIds.slice(0, 1),
      });
      expect(firstOf(data.reviews)).toEqual({
        by: { customerId: owner.customerId, maskedMobile: null, wallet: null },
      });
      expect(firstOf(data.complaints)).toEqual({ about: { id: null, number: order.number, total: null, lines: null } });
      expect(firstOf(data.fans)).toEqual({ id: known.customerGlobalIds[0], customerId: null });
      expect(data).toMatchObject({
        families: [{ groupId: groupIds[0], externalId: null, balance: null, members: null }],
        familyOfTheYear: { externalId: "family-0", groupId: null, name: null },
        notes: [
          {
            cart: { id: known.cartId, version: null, lines: null },
            wallet: { id: known.walletId, held: null },
            order: { id: order.id, number: null },
          },
        ],
      });
    }
    const { complaints } = await ok<{ complaints: object[] }>(other.token, "{ complaints { about { number total } } }");
    expect(secondOf(complaints)).toEqual({ about: { number: known.orderNumbers[1], total: 10 } });
  });

  test("fifty references cost no more calls than one", async () => {
    const groups = (count: number) => () =>
      ok(owner.token, "query ($groups: [String!]!) { families(groupIds: $groups) { name status } }", {
        groups: groupIds.slice(0, count),
      });
    const one = await callsOf(groups(1));
    expect(one.length).toBeGreaterThan(0);
    expect(await callsOf(groups(50))).toEqual(one);

    const mine = () => ok(owner.token, "{ reviews { by { wallet { balance } } } }"); // 25 of 50 are the viewer's
    expect(await callsOf(mine)).toEqual(["points"]);

    const read = () => ok(owner.token, "{ reviews { about { name } } }");
    expect(await queriesOf(read, /from "public"."rewards"|from rewards/i)).toHaveLength(1);
  });

  test("customers change their carts, and operators change the catalogue", async () => {
    const rewardId = rewards[1]?.id;
    const { addToCart } = await ok<{ addToCart: { cart: { lines: object[] } } }>(
      owner.token,
      `mutation ($input: AddToCartInput!) { addToCart(input: $input) {
        cart { lines { quantity reward { sku reviewCount } } } userErrors { code } } }`,
      { input: { rewardId } },
    );
    expect(addToCart).toMatchObject({
      cart: { lines: [{ reward: { sku: rewards[1]?.sku, reviewCount: 3 } }] },
      userErrors: [],
    });
    await ok(owner.token, "mutation { clearCart { userErrors { code } } }");

    const update = `mutation ($input: UpdateRewardInput!) { updateReward(input: $input) { reward { terms } userErrors { code } } }`;
    const input = { rewardId, terms: `Changed behind ${name}.` };
    expect(await ok(gateway.operator.token, update, { input })).toMatchObject({
      updateReward: { reward: { terms: input.terms } },
    });
    const refused = await ask(owner.token, update, { input });
    expect(refused.errors).toHaveLength(1);
  });

  test("other subgraphs keep their own root fields", async () => {
    expect(await ok(undefined, `{ node(id: "r-1") { __typename id } nodes(ids: []) { id } }`)).toEqual({
      node: { __typename: "Review", id: "r-1" },
      nodes: [],
    });
  });

  // Apollo Gateway serves no subscriptions.
  const ofSubscriptions = name === "Apollo Gateway" ? () => {} : test;
  ofSubscriptions("an order is followed, with the fields of other subgraphs", async () => {
    const follower = await gateway.customer();
    const orderId = await placeOrder(follower, (await gateway.merchandise()).id);
    const { id, lines } = await orderPrepared(follower, orderId);
    const client: Client = createClient({ url: router.url, headers: headersOf(follower.token), retryAttempts: 0 });
    const events = client.iterate<{ orderStatus: { seq: number; order: object } }>({
      query: "subscription ($id: ID!) { orderStatus(orderId: $id) { seq status order { number complaint mood } } }",
      variables: { id },
    });
    const first = (await events.next()).value?.data?.orderStatus;
    expect(first).toMatchObject({ order: { complaint: expect.stringContaining("is late"), mood: "glad" } });
    await gateway.operator.ok(
      "mutation ($input: UpdateShipmentInput!) { updateShipment(input: $input) { userErrors { code } } }",
      { input: { orderId, lineId: lines[0]?.id, status: "DELIVERED" } },
    );
    const second = (await events.next()).value?.data?.orderStatus;
    expect(second?.seq).toBeGreaterThan(first?.seq ?? 0);
    await events.return?.();
    client.dispose();
  });
});

test("a router may send its own documents to a gateway that runs only trusted ones", async () => {
  await gateway.restart({ TRUSTED_DOCUMENTS: "only" });
  const query = "{ me { customerId maskedMobile } rewards(first: 1) { nodes { sku reviewCount } } }";
  expect(await owner.send(query.replace("reviewCount", "name"))).toMatchObject({
    errors: [{ extensions: { code: "QUERY_NOT_IN_SAFELIST" } }],
  });
  const [tessera, ...rest] = parts as [Part, ...Part[]];
  await using router = await startApolloGateway([{ ...tessera, url: `${gateway.url}/graphql` }, ...rest], {
    secret: ROUTER_SECRET,
  });
  const response = await fetch(router.url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${owner.token}` },
    body: JSON.stringify({ query }),
  });
  expect(await response.json()).toMatchObject({
    data: { me: { customerId: owner.customerId }, rewards: { nodes: [{ reviewCount: 3 }] } },
  });
});

describe("beside a subgraph with types of the same names", () => {
  const namesakesSdl = `
    ${link}
    type Query { browserSession: Session! strayShipments: [Shipment!]! problems: [UserError!]! stored: Voucher! }
    type Mutation { moveHouse(address: AddressInput!, of: OrderLine): String! }
    type Session { browser: String! }
    type Shipment { parcels: Int! status: OrderStatus! }
    input AddressInput { street: String! }
    input OrderLine { nth: Int! }
    enum OrderStatus { STRAY FOUND }
    interface UserError { text: String! }
    type BasicUserError implements UserError { text: String! }
    type Voucher @key(fields: "id") { id: ID! printed: Boolean! }`;
  let namesakes: Subgraph;
  beforeAll(async () => {
    namesakes = await startSubgraph("namesakes", namesakesSdl, {
      Query: {
        browserSession: () => ({ browser: "Netscape" }),
        strayShipments: () => [{ parcels: 2, status: "STRAY" }],
        problems: () => [{ __typename: "BasicUserError", text: "of theirs" }],
        stored: () => ({ id: "v-1", printed: true }),
      },
      Mutation: { moveHouse: (_: unknown, { address }: { address: { street: string } }) => address.street },
    });
  });
  afterAll(() => namesakes?.[Symbol.asyncDispose]());
  const sdlOf = async () =>
    (await gateway.router.ok<{ _service: { sdl: string } }>("{ _service { sdl } }"))._service.sdl;

  test.each(Object.entries(compositions))("%s refuses to compose them, and names a type", (_, compose) => {
    expect(() => compose([...parts, namesakes])).toThrow(/Session|Shipment|UserError|OrderLine/);
  });

  test.each(Object.entries(starts))("each keeps its own behind %s, by a prefix for ours", async (name, start) => {
    await gateway.restart({ ROUTER_TYPE_PREFIX: "Tessera_" });
    const [tessera, ...rest] = parts as [Part, ...Part[]];
    const ours = { ...tessera, url: `${gateway.url}/graphql`, typeDefs: parse(await sdlOf()) };
    await using router = await start([ours, ...rest, namesakes], { secret: ROUTER_SECRET });
    const ask = async (query: string, variables = {}) => {
      const response = await fetch(router.url, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${owner.token}` },
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()) as GraphqlAnswer<Record<string, unknown>>;
    };

    const read = `query ($id: ID!) {
      browserSession { __typename browser } strayShipments { __typename status } stored { id printed }
      problems { __typename ... on BasicUserError { text } }
      order(id: $id) { status lines { __typename quantity vouchers { __typename maskedCode } } complaint }
      reviews { about { __typename sku reviewCount } } }`;
    for (let times = 0; times < 2; times += 1) {
      const { data, errors } = await ask(read, { id: order.id });
      expect(errors).toBeUndefined();
      expect(data).toMatchObject({
        browserSession: { __typename: "Session", browser: "Netscape" },
        strayShipments: [{ __typename: "Shipment", status: "STRAY" }],
        stored: { id: "v-1", printed: true },
        problems: [{ __typename: "BasicUserError", text: "of theirs" }],
        order: {
          status: "FULFILLED",
          lines: [{ __typename: "Tessera_OrderLine", quantity: 1, vouchers: [{ __typename: "Tessera_Voucher" }] }],
          complaint: `${order.number} is late`,
        },
      });
      expect(firstOf(data?.["reviews"] as object[])).toMatchObject({ about: { __typename: "Reward", reviewCount: 3 } });
    }

    const change = `mutation ($input: Tessera_AddToCartInput!, $street: String!) {
      moveHouse(address: { street: $street })
      addToCart(input: $input) { userErrors { __typename code ... on Tessera_InsufficientPoints { shortBy } } } }`;
    const dear = await gateway.voucher({ points: 1_000_000 });
    expect(await ask(change, { input: { rewardId: dear.id }, street: "Elm" })).toMatchObject({
      data: {
        moveHouse: "Elm",
        addToCart: { userErrors: [{ __typename: "Tessera_InsufficientPoints", code: "INSUFFICIENT_POINTS" }] },
      },
    });

    if (name === "Apollo Gateway") return; // it serves no subscriptions
    const client: Client = createClient({
      url: router.url,
      headers: { authorization: `Bearer ${owner.token}` },
      retryAttempts: 0,
    });
    const events = client.iterate({
      query: "subscription ($id: ID!) { orderStatus(orderId: $id, afterSeq: 0) { __typename seq } }",
      variables: { id: order.id },
    });
    expect((await events.next()).value).toEqual({
      data: { orderStatus: { __typename: "Tessera_OrderStatusEvent", seq: 1 } },
    });
    await events.return?.();
    client.dispose();
  });

  test("direct clients see no prefix, and entities are found by both names", async () => {
    await gateway.restart({ ROUTER_TYPE_PREFIX: "Tessera_", ROUTER_UNPREFIXED_TYPES: "Customer" });
    const query = "{ rewards(first: 1) { __typename nodes { __typename } } }";
    expect(await gateway.anonymous.ok(query)).toEqual({
      rewards: { __typename: "RewardConnection", nodes: [{ __typename: "Reward" }] },
    });
    expect(await gateway.router.ok(query)).toEqual({
      rewards: { __typename: "Tessera_RewardConnection", nodes: [{ __typename: "Tessera_Reward" }] },
    });
    const [sku] = known.skus;
    const find = (caller: Caller, name: string) =>
      caller.send(`query ($of: [_Any!]!) { _entities(representations: $of) { ... on ${name} { sku } } }`, {
        of: [{ __typename: name, sku }],
      });
    expect(await find(gateway.router, "Tessera_Reward")).toEqual({ data: { _entities: [{ sku }] } });
    expect(await find(gateway.anonymous, "Reward")).toEqual({ data: { _entities: [{ sku }] } });
    const names = parse(await sdlOf()).definitions.flatMap((definition) =>
      /^(Object|Interface|Enum|Input)\w*Definition$/.test(definition.kind) && "name" in definition
        ? [definition.name?.value ?? ""]
        : [],
    );
    const unprefixed = names.filter((name) => !/^(Tessera_|link__|federation__)/.test(name));
    const roots = ["Query", "Mutation", "Subscription", "_Service"];
    expect(unprefixed.toSorted()).toEqual(["Customer", "PageInfo", ...roots].toSorted());
  });

  test("an unprefixed type must be one of the gateway's", async () => {
    await expect(gateway.restart({ ROUTER_UNPREFIXED_TYPES: "Customer, Ordre" })).rejects.toThrow(
      "ROUTER_UNPREFIXED_TYPES: Ordre",
    );
    await gateway.restart();
  });
});
