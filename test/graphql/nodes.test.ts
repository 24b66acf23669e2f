import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { customerIdOf, fromGlobalId, type GlobalType, toGlobalId, uuidOf } from "../../src/graphql/global-id.ts";
import { type Customer, startTestGateway, type TestGateway, type TestReward } from "../support/gateway.ts";
import type { Caller } from "../support/graphql.ts";
import { addToCart, orderSettled, placeOrder } from "../support/orders.ts";
import { postRaw } from "../support/raw-http.ts";
import { winner } from "../support/rewards/prizes.ts";

const encode = (text: string) => Buffer.from(text).toString("base64url");

describe("a global id", () => {
  test.each<[GlobalType, string]>([
    ["Reward", randomUUID()],
    ["Customer", "CUST12345"],
    ["Customer", "with:colons:in it"],
    ["Customer", "ünïcode@example.com"],
  ])("of a %s with the id %s decodes to it, and is safe in a URL", (type, localId) => {
    const globalId = toGlobalId(type, localId);
    expect(globalId).toMatch(/^[\w-]+$/);
    expect(fromGlobalId(globalId)).toEqual({ type, localId });
  });
  test("is accepted only for its own type", () => {
    const uuid = randomUUID();
    expect(uuidOf("Reward", toGlobalId("Reward", uuid))).toBe(uuid);
    expect(uuidOf("Reward", toGlobalId("Order", uuid))).toBeNull();
    expect(uuidOf("Reward", toGlobalId("Reward", "1"))).toBeNull();
    expect(customerIdOf("Customer", toGlobalId("Customer", "C-1"))).toBe("C-1");
    expect(customerIdOf("Customer", toGlobalId("Wallet", "C-1"))).toBeNull();
    expect(customerIdOf("Customer", toGlobalId("Customer", ""))).toBeNull();
  });
  test.each(["", "x", ":", encode(":x"), encode("Reward"), encode("a:\0"), null, undefined, 7, {}, ["x"]])(
    "cannot be %j",
    (value) => expect(fromGlobalId(value)).toBeNull(),
  );
});

interface OrderParts {
  lines: { id: string; vouchers: { id: string }[] }[];
  pointsTrail: { id: string }[];
}

describe("node and nodes", () => {
  let gateway: TestGateway;
  let [owner, other] = [] as unknown as [Customer, Customer];
  let reward: TestReward;
  let ids: Record<"Customer" | "Wallet" | "Cart" | "Order" | "Reward", string>;
  let lineId = "";
  beforeAll(async () => {
    gateway = await startTestGateway();
    owner = await gateway.customer({ balance: 1_000 });
    other = await gateway.customer();
    reward = await gateway.voucher({ points: 10 });
    const orderId = await placeOrder(owner, reward.id);
    lineId = (await orderSettled(owner, orderId)).lines[0]?.id ?? "";
    await addToCart(owner, reward.id);
    const { me } = await owner.ok<{ me: { id: string; wallet: { id: string }; cart: { id: string } } }>(
      "{ me { id wallet { id } cart { id } } }",
    );
    ids = { Customer: me.id, Wallet: me.wallet.id, Cart: me.cart.id, Order: orderId, Reward: reward.id };
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  const nodes = async (caller: Caller, wanted: string[]) => {
    const { data, errors } = await caller.send<{ nodes: ({ __typename: string; id: string } | null)[] }>(
      `query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Customer { customerId } ... on Wallet { balance }
        ... on Cart { total lines { quantity } problems { code } } ... on Order { total customer { id } } ... on Reward { sku } } }`,
      { ids: wanted },
    );
    expect(errors).toBeUndefined();
    return data?.nodes ?? [];
  };

  test("find all types of the customer's own data by id, in the requested order", async () => {
    const wanted = [ids.Order, ids.Reward, ids.Customer, ids.Wallet, ids.Cart];
    const answer = await nodes(owner, [...wanted, ids.Reward]);
    expect(answer.map((node) => node?.id)).toEqual([...wanted, ids.Reward]);
    expect(answer).toMatchObject([
      { __typename: "Order", total: 10, customer: { id: ids.Customer } },
      { __typename: "Reward", sku: reward.sku },
      { __typename: "Customer", customerId: owner.customerId },
      { __typename: "Wallet", balance: 990 },
      { __typename: "Cart", total: 10, lines: [{ quantity: 1 }], problems: [] },
      { __typename: "Reward" },
    ]);
  });

  test("find parts of an object for every viewer of the whole", async () => {
    const { me } = await owner.ok<{ me: { cart: { lines: { id: string }[] }; orders: { nodes: OrderParts[] } } }>(
      "{ me { cart { lines { id } } orders { nodes { lines { id vouchers { id } } pointsTrail { id } } } } }",
    );
    const [order] = me.orders.nodes;
    const [line] = order?.lines ?? [];
    const parts = [me.cart.lines[0]?.id, line?.id, line?.vouchers[0]?.id, order?.pointsTrail[0]?.id].map(String);
    const types = ["CartLine", "OrderLine", "Voucher", "PointsMovement"];
    const seen = parts.map((id, nth) => ({ __typename: types[nth], id }));
    expect(await nodes(owner, parts)).toEqual(seen);
    expect(await nodes(gateway.operator, parts)).toEqual(seen);
    for (const caller of [other, gateway.service, gateway.anonymous])
      expect(await nodes(caller, parts)).toEqual([null, null, null, null]);
  });

  test("find awards, and records that only operators see", async () => {
    const { customer, awardId } = await winner(gateway, reward.sku);
    expect(await nodes(customer, [awardId])).toEqual([{ __typename: "RewardHistoryEntry", id: awardId }]);
    await gateway.service.send(
      "mutation ($p: String!) { processReward(input: { payload: $p }) { userErrors { code } } }",
      {
        p: '{"Action":"none"}',
      },
    );
    const { quarantinedRewards } = await gateway.operator.ok<{ quarantinedRewards: { nodes: { id: string }[] } }>(
      "{ quarantinedRewards { nodes { id } } }",
    );
    const messageId = quarantinedRewards.nodes[0]?.id ?? "";
    const discrepancyId = randomUUID();
    await gateway.sql(
      "insert into discrepancies (id, order_id, message, found_at) select $1, id, 'For a test.', now() from orders limit 1",
      [discrepancyId],
    );
    const forOperators = [messageId, toGlobalId("Discrepancy", discrepancyId)];
    expect((await nodes(gateway.operator, forOperators)).map((node) => node?.__typename)).toEqual([
      "QuarantinedReward",
      "Discrepancy",
    ]);
    for (const caller of [owner, other, gateway.service, gateway.anonymous])
      expect(await nodes(caller, [...forOperators, awardId])).toEqual([null, null, null]);
  });

  test("find only public data for other customers", async () => {
    const wanted = [ids.Customer, ids.Wallet, ids.Cart, ids.Order, ids.Reward];
    for (const caller of [other, gateway.anonymous])
      expect(await nodes(caller, wanted)).toMatchObject([null, null, null, null, { sku: reward.sku }]);
  });

  test("answer the same, to the byte, for ids that are foreign, unknown, malformed or of no node", async () => {
    const wanted = [
      ...[ids.Customer, ids.Wallet, ids.Cart, ids.Order],
      ...["Reward", "Cart", "Order"].map((type) => encode(`${type}:${randomUUID()}`)),
      ...["Customer:NOBODY", "Wallet:NOBODY", "Order:1", "Session:x", `OrderLine:${randomUUID()}`].map(encode),
      ...["constructor:x", "toString:x", "__proto__:x", "hasOwnProperty:x", ":", "", "\0:\0"].map(encode),
      lineId,
      "",
      "%",
      "🎁",
      "x".repeat(10_000),
    ];
    const answers = new Set<string>();
    for (const id of wanted) {
      const { text } = await postRaw(
        gateway.url,
        { query: "query ($id: ID!) { node(id: $id) { __typename id } }", variables: { id } },
        { authorization: `Bearer ${other.token}` },
      );
      answers.add(text);
    }
    expect([...answers]).toEqual(['{"data":{"node":null}}']);
  });

  test("take 100 ids, and no more", async () => {
    expect(await nodes(gateway.anonymous, Array(100).fill("x"))).toEqual(Array(100).fill(null));
    const { errors } = await gateway.anonymous.send("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {
      ids: Array(101).fill("x"),
    });
    expect(errors).toMatchObject([{ message: "ids: at most 100, found 101", extensions: { code: "BAD_USER_INPUT" } }]);
  });
});
