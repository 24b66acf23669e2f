import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  callsOf,
  changeCart,
  groupNumber,
  mirroredReward,
  movementsOf,
  newGroup,
  readCart,
  refusalFields,
  syncCatalog,
} from "../support/capillary.ts";
import { type Customer, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { sendPlaceOrder } from "../support/orders.ts";
import { idleInBackground, queriesOf } from "../support/sql-spy.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({}, idleInBackground);
});
afterAll(() => gateway[Symbol.asyncDispose]());

const world = () => gateway.sandbox.capillary;
let customer: Customer;
let leader: string;
let family: string;
beforeEach(async () => {
  customer = await gateway.customer();
  leader = `LEADER-${randomUUID()}`;
  for (const externalId of [leader, customer.customerId]) world().addCustomer({ externalId });
  family = newGroup(gateway, { members: [leader, customer], points: 5_000, name: "Rao family" });
});

type NewReward = Omit<Parameters<ReturnType<typeof world>["addReward"]>[0], "name">;
/** A mirrored reward that either wallet can pay. */
async function newReward(more: NewReward = {}) {
  const name = `Kite ${randomUUID()}`;
  const configs = [
    { id: 901, mode: "POINTS" as const, points: 100 },
    { id: 902, mode: "FREE" as const },
  ];
  const { id: number } = world().addReward({ name, paymentConfigs: configs, ...more });
  await syncCatalog(gateway);
  return { number, id: await mirroredReward(gateway, number), name };
}
async function add(rewardId: string, input: object = {}, who = customer) {
  const { userErrors, cart } = await changeCart(who, "addToCart", { rewardId, ...input });
  expect(userErrors).toEqual([]);
  return cart;
}
const byFamily = () => ({ payWith: "GROUP", groupWalletId: family });

interface Answer {
  order: { id: string; lines: { name: string }[] } | null;
  preview: { total: number; funding: object[]; problems: { code: string }[] } | null;
  userErrors: Record<string, unknown>[];
}
async function place(input: object = {}, who = customer): Promise<Answer> {
  const { data, errors } = await who.send<{ placeOrder: Answer }>(
    `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id lines { name } }
      preview { total funding { payWith groupWallet { id } points available remaining shortBy } problems { code } }
      userErrors { ${refusalFields} } } }`,
    { input: { idempotencyKey: randomUUID(), ...input } },
  );
  if (!data) throw new Error(JSON.stringify(errors));
  return data.placeOrder;
}
/** The refusals of the order, which a dry run shows as well; neither creates an order. */
async function refusals() {
  const dry = await place({ dryRun: true });
  const wet = await place();
  expect(dry.order).toBeNull();
  expect(wet.order).toBeNull();
  expect(dry.userErrors).toEqual(wet.userErrors);
  expect(await gateway.sql("select id from orders where customer_id = $1", [customer.customerId])).toEqual([]);
  return wet.userErrors;
}

describe("an order is refused", () => {
  let reward: Awaited<ReturnType<typeof newReward>>;
  beforeEach(async () => {
    reward = await newReward();
  });
  const changed = (change: object) => world().changeReward({ id: reward.number, ...change });

  test("of a customer who has left the group that is to pay", async () => {
    await add(reward.id, byFamily());
    world().changeMember(groupNumber(family), customer.customerId, { active: false });
    expect(await refusals()).toMatchObject([
      { __typename: "NotRedeemable", code: "NOT_A_GROUP_MEMBER", reason: "NOT_A_GROUP_MEMBER" },
    ]);
  });

  test.each([
    ["DELETED", { code: "GROUP_NOT_FOUND", reason: "GROUP_NOT_FOUND", message: "Rao family has ended." }],
    ["INACTIVE", { code: "NOT_REDEEMABLE", reason: "GROUP_INACTIVE" }],
  ] as const)("when the group is %s", async (status, refusal) => {
    await add(reward.id, byFamily());
    world().changeGroup(groupNumber(family), { status });
    expect(await refusals()).toMatchObject([refusal]);
  });

  test("when no rule allows spending the group's points", async () => {
    family = newGroup(gateway, { members: [customer], points: 3_000, redemptionConfigured: false });
    await add(reward.id, byFamily());
    expect(await refusals()).toMatchObject([
      { __typename: "NotRedeemable", code: "NOT_REDEEMABLE", reason: "NOT_CONFIGURED", upstreamCode: "828" },
    ]);
  });

  test("of a member who may not spend the group's points", async () => {
    world().changeMember(groupNumber(family), customer.customerId, { mayRedeem: false });
    await add(reward.id, byFamily());
    expect(await refusals()).toMatchObject([{ reason: "NOT_CONFIGURED", upstreamCode: "828" }]);
  });

  test("of a customer marked as fraud", async () => {
    customer = await gateway.customer();
    world().addCustomer({ externalId: customer.customerId, isFraud: true });
    family = newGroup(gateway, { members: [customer], points: 3_000 });
    await add(reward.id, byFamily());
    expect(await refusals()).toMatchObject([{ reason: "NOT_ELIGIBLE", upstreamCode: "820" }]);
  });

  test("when the group's balance has become too low", async () => {
    await add(reward.id, { quantity: 3, ...byFamily() });
    world().setBalance({ group: groupNumber(family), points: 250 });
    expect(await refusals()).toMatchObject([
      { __typename: "InsufficientPoints", code: "INSUFFICIENT_POINTS", required: 300, available: 250, shortBy: 50 },
    ]);
  });

  test("when a limit leaves a smaller quantity than ordered", async () => {
    await add(reward.id, { quantity: 3, ...byFamily() });
    changed({ limits: [{ id: 1, level: "CUSTOMER", kpi: "QUANTITY", limit: 2, frequency: "LIFETIME" }] });
    expect(await refusals()).toMatchObject([
      { __typename: "LimitReached", code: "LIMIT_REACHED", limit: 2, alreadyRedeemed: 0 },
    ]);
  });

  test.each([
    [{ startsAt: "2035-01-01T00:00:00.000Z" }, "NOT_STARTED"],
    [{ startsAt: "2025-01-01T00:00:00.000Z", endsAt: "2025-02-01T00:00:00.000Z" }, "ENDED"],
  ])("by the current dates, not the recorded ones: %o", async (dates, reason) => {
    await add(reward.id, byFamily());
    changed(dates);
    expect(await refusals()).toMatchObject([{ __typename: "NotRedeemable", code: "NOT_REDEEMABLE", reason }]);
  });

  test("of a customer outside the reward's segment", async () => {
    await add(reward.id);
    changed({ segment: "gold" });
    expect(await refusals()).toMatchObject([
      { __typename: "NotRedeemable", code: "NOT_REDEEMABLE", reason: "NOT_ELIGIBLE", upstreamCode: "12034" },
    ]);
  });

  test("when the payment option no longer exists", async () => {
    await add(reward.id);
    changed({ paymentConfigs: [{ id: 901, mode: "POINTS", points: 100 }] });
    expect(await refusals()).toMatchObject([{ code: "WALLET_NOT_SUPPORTED" }]);
    changed({ paymentConfigs: [{ id: 903, mode: "CASH", cash: 5 }], intouchPoints: 100 });
    expect(await refusals()).toMatchObject([{ code: "NOT_REDEEMABLE", reason: "NOT_CONFIGURED" }]);
  });

  test("at another price, until the customer accepts it", async () => {
    await add(reward.id);
    changed({
      paymentConfigs: [
        { id: 901, mode: "POINTS", points: 130 },
        { id: 902, mode: "FREE" },
      ],
    });
    expect(await refusals()).toMatchObject([{ code: "PRICE_CHANGED", message: expect.stringContaining("100 to 130") }]);
    const { lines, total } = await readCart(customer);
    expect(total).toBe(130);
    await changeCart(customer, "updateCartLine", { lineId: lines[0]?.id });
    expect((await place()).order).not.toBeNull();
  });

  test("with all of its problems at once", async () => {
    await add(reward.id, byFamily());
    const { id } = await gateway.merchandise();
    await add(id);
    world().changeMember(groupNumber(family), customer.customerId, { active: false });
    changed({ segment: "gold" });
    expect((await refusals()).map(({ code }) => code)).toEqual([
      "NOT_REDEEMABLE",
      "NOT_A_GROUP_MEMBER",
      "ADDRESS_REQUIRED",
    ]);
  });
});

describe("a dry run", () => {
  test("shows how many points each wallet would pay, and reads each group once", async () => {
    const [tea, cake] = await Promise.all([newReward(), newReward()]);
    const team = newGroup(gateway, { members: [customer], points: 500 });
    const { id } = await gateway.voucher({ points: 40 });
    await add(id);
    await add(tea.id, { quantity: 2, ...byFamily() });
    await add(cake.id, byFamily());
    await add(cake.id);
    await add(cake.id, { payWith: "GROUP", groupWalletId: team });
    let answer: Answer | undefined;
    const calls = await callsOf(gateway, async () => {
      answer = await place({ dryRun: true });
    });
    expect(answer).toMatchObject({
      userErrors: [],
      preview: {
        total: 540,
        funding: [
          { payWith: "INDIVIDUAL", groupWallet: null, points: 140, available: 10_000, remaining: 9_860 },
          { payWith: "GROUP", groupWallet: { id: family }, points: 300, available: 5_000, remaining: 4_700 },
          { payWith: "GROUP", groupWallet: { id: team }, points: 100, available: 500, remaining: 400 },
        ],
        problems: [],
      },
    });
    // Once for the order, and once more to show the groups in the answer.
    expect(calls).toEqual({ get: 2, customers: 2, "user-reward": 2, isredeemable: 2 });
    const asked = gateway.sandbox.calls.since(0).filter(({ operation }) => operation === "isredeemable");
    expect(
      asked
        .slice(-2)
        .map(({ query }) => (query as { points: string }).points)
        .toSorted(),
    ).toEqual(["100", "300"]);
  });
});

describe("a reward that Capillary issues for free", () => {
  test("is ordered with the customer's own points, without asking Capillary whether they could be redeemed", async () => {
    const reward = await newReward();
    await add(reward.id);
    const calls = await callsOf(gateway, async () => {
      const { order, userErrors } = await place();
      expect(userErrors).toEqual([]);
      expect(order?.lines).toMatchObject([{ name: reward.name }]);
    });
    expect(calls).toMatchObject({ "user-reward": 1 });
    expect(calls["isredeemable"] ?? 0).toBe(0);
  });

  test("needs no address although it is physical: Capillary ships it", async () => {
    await add((await newReward({ type: "PHYSICAL_VOUCHER", redemptionType: "PHYSICAL_REWARD" })).id);
    expect(await place({ dryRun: true })).toMatchObject({ userErrors: [], preview: { problems: [] } });
  });
});

describe("an order of our own rewards only", () => {
  test("makes no call to Capillary, and sends the database no query about groups", async () => {
    const { id } = await gateway.voucher();
    await add(id);
    let queries: string[] = [];
    const calls = await callsOf(gateway, async () => {
      queries = await queriesOf(async () => {
        const { data } = await sendPlaceOrder(customer);
        expect(data?.placeOrder).toMatchObject({ order: {}, userErrors: [] });
      });
    });
    expect(calls).toEqual({});
    expect(queries.filter((text) => /pg_advisory|group_id = any/.test(text))).toEqual([]);
    expect(queries.filter((text) => /from carts/i.test(text) && /for update/i.test(text))).toHaveLength(1);
  });
});

describe("Capillary's answer", () => {
  const askedTimes = (from: number, operation: string) =>
    gateway.sandbox.calls.since(from).filter((call) => call.operation === operation).length;
  /** Places the order, and runs this while the call to Capillary is in flight. */
  async function placeWhile(operation: string, work: () => Promise<unknown>, input: object) {
    const from = gateway.sandbox.calls.since(0).at(-1)?.seq ?? 0;
    const call = gateway.sandbox.faults.add({ upstream: "capillary", operation, fault: "hold" });
    const placing = place(input);
    await gateway.sandbox.faults.held(call);
    await work();
    gateway.sandbox.faults.release({ id: call.id });
    return { answer: await placing, asked: (name: string) => askedTimes(from, name) };
  }

  test("is requested again when the cart has changed by the time it arrives", async () => {
    const [first, second] = await Promise.all([newReward(), newReward()]);
    await add(first.id);
    const rewardId = second.id;
    const addMore = `mutation ($input: AddToCartInput!) { addToCart(input: $input) { cart { id } userErrors { code } } }`;
    const { answer, asked } = await placeWhile("user-reward", () => customer.ok(addMore, { input: { rewardId } }), {});
    expect(answer.userErrors).toEqual([]);
    expect(answer.order?.lines.map(({ name }) => name)).toEqual([first.name, second.name]);
    expect(asked("user-reward")).toBe(4); // one for the first cart, one for adding, two for the second cart
  });

  test("about a group is requested again when points of the group were taken since", async () => {
    const reward = await newReward();
    await add(reward.id, { quantity: 40, ...byFamily() });
    const { answer, asked } = await placeWhile(
      "isredeemable",
      async () => {
        await movementsOf(gateway, family, [["CONFIRMED", 2_000]]);
        world().setBalance({ group: groupNumber(family), points: 3_000 });
      },
      { dryRun: true },
    );
    expect(answer.userErrors).toMatchObject([{ code: "INSUFFICIENT_POINTS", required: 4_000, available: 3_000 }]);
    expect(asked("userGroup2") + asked("customers")).toBe(3); // twice for the order, once to show it
  });

  test("about a group is used if its points suffice even without those that were taken since", async () => {
    const reward = await newReward();
    await add(reward.id, { quantity: 29, ...byFamily() });
    const { answer, asked } = await placeWhile(
      "isredeemable",
      () => movementsOf(gateway, family, [["CONFIRMED", 2_000]]),
      { dryRun: true },
    );
    expect(answer).toMatchObject({ userErrors: [], preview: { funding: [{ available: 3_000, remaining: 100 }] } });
    expect(asked("isredeemable")).toBe(1);
  });

  test("is requested for twenty concurrent orders of one cart, which make one order", async () => {
    await add((await newReward()).id);
    const idempotencyKey = randomUUID();
    const answers = await Promise.all(Array.from({ length: 20 }, () => place({ idempotencyKey })));
    expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([]);
    expect(new Set(answers.map(({ order }) => order?.id)).size).toBe(1);
  });
});
