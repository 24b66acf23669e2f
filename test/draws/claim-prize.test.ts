import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrationsDir } from "../../src/platform/migrate.ts";
import { type Customer, startTestGateway, type TestGateway, type TestReward } from "../support/gateway.ts";
import { address, orderPrepared, orderSettled, placeOrder, readOrder, sendPlaceOrder } from "../support/orders.ts";
import { claim, claimRefused, openDraw, prizesOf, sendClaim, win, winner } from "../support/rewards/prizes.ts";
import { link } from "../support/rewards/rewards.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const report = async (orderId: string, status: string) => {
  const { lines } = await readOrder(gateway.operator, orderId);
  await gateway.operator.ok(
    "mutation ($input: UpdateShipmentInput!) { updateShipment(input: $input) { userErrors { code } } }",
    { input: { orderId, lineId: lines[0]?.id, status } },
  );
};
const cancel = (customer: Customer, orderId: string) =>
  customer.ok("mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { userErrors { code } } }", {
    input: { orderId, idempotencyKey: randomUUID() },
  });
const addCode = (reward: TestReward, code: object) =>
  gateway.operator.ok(
    "mutation ($input: ImportVoucherCodesInput!) { importVoucherCodes(input: $input) { userErrors { code } } }",
    { input: { rewardId: reward.id, rows: [code] } },
  );
const setStock = (reward: TestReward, to: number) =>
  gateway.operator.ok("mutation ($input: AdjustStockInput!) { adjustStock(input: $input) { userErrors { code } } }", {
    input: { rewardId: reward.id, change: { to } },
  });
const shelf = async ({ sku }: TestReward) => {
  const [row] = await gateway.sql<{ stock: number; popularity: number }>(
    `select stock, popularity + (
       select coalesce(sum(units), 0)::int from redemptions_to_count where reward_id = rewards.id) as popularity
     from rewards where sku = $1`,
    [sku],
  );
  return row;
};
const ordersOf = ({ customerId }: Customer) =>
  gateway.sql<{ status: string }>("select status from orders where customer_id = $1 order by placed_at", [customerId]);

/** No call was made for the customer's points except reads. */
function expectNothingTaken(customer: Customer) {
  expect(gateway.ledgerOf(customer)).toEqual([1_000]);
  const moved = gateway.sandbox.calls
    .since(0)
    .filter(({ operation }) => operation === "redeem" || operation === "reverse")
    .filter(({ body }) => (body as { customer_id?: string }).customer_id === customer.customerId);
  expect(moved).toEqual([]);
}

test("a won voucher is claimed, fulfilled and revealed, and costs no points", async () => {
  const reward = await gateway.voucher({ points: 500, codes: 3 });
  const { customer, awardId } = await winner(gateway, reward.sku);
  expect(await prizesOf(customer)).toMatchObject([
    {
      unit: "REWARD",
      quantity: 1,
      state: "PENDING",
      claimable: true,
      settledAt: null,
      reward: { sku: reward.sku },
      order: null,
    },
  ]);

  const orderId = await claim(customer, awardId);
  const order = await orderSettled(customer, orderId);
  expect(order).toMatchObject({
    status: "FULFILLED",
    pointsState: "NOT_TAKEN",
    total: 0,
    pointsTrail: [],
    settled: true,
  });
  const { order: shown } = await customer.ok<{ order: object }>(
    `query ($id: ID!) { order(id: $id) {
      prize { id unit state reward { sku } } history { status message } lines { unitPoints points payWith } } }`,
    { id: orderId },
  );
  expect(shown).toEqual({
    prize: { id: awardId, unit: "REWARD", state: "CREDITED", reward: { sku: reward.sku } },
    history: [
      { status: "PENDING", message: "Your order has been placed." },
      { status: "PROCESSING", message: "We are getting your rewards ready." },
      { status: "FULFILLED", message: "Your order is complete." },
    ],
    lines: [{ unitPoints: 0, points: 0, payWith: "INDIVIDUAL" }],
  });
  const { revealVoucher } = await customer.ok<{ revealVoucher: { vouchers: { code: string }[] } }>(
    "mutation ($input: RevealVoucherInput!) { revealVoucher(input: $input) { vouchers { code } userErrors { code } } }",
    { input: { orderLineId: order.lines[0]?.id } },
  );
  expect(reward.codes).toContain(revealVoucher.vouchers[0]?.code);
  expect(await shelf(reward)).toEqual({ stock: 2, popularity: 1 });
  expectNothingTaken(customer);
  expect(await prizesOf(customer)).toMatchObject([
    { state: "CREDITED", claimable: false, settledAt: expect.any(String), order: { id: orderId, status: "FULFILLED" } },
  ]);

  const events = await gateway.sql<{ type: string; data: Record<string, unknown> }>(
    "select type, data from member_events where customer_id = $1 order by seq",
    [customer.customerId],
  );
  expect(events.map(({ type, data }) => [type, data["unit"] ?? data["status"] ?? data["prizeId"]])).toEqual([
    ["AWARD_MADE", "TICKETS"],
    ["TICKET_DRAWN", undefined],
    ["DRAW_RESULT", "prize"],
    ["AWARD_MADE", "REWARD"],
    ["ORDER_STATUS_CHANGED", "PENDING"],
    ["ORDER_STATUS_CHANGED", "PROCESSING"],
    ["ORDER_STATUS_CHANGED", "FULFILLED"],
    ["AWARD_CREDITED", "REWARD"],
  ]);
  expect(events[2]?.data).toMatchObject({ won: true, points: null });
});

test("the prize events arrive in the feed", async () => {
  const { customer, awardId } = await winner(gateway, (await gateway.voucher()).sku);
  await orderSettled(customer, await claim(customer, awardId));
  const client = customer.socket();
  const told: unknown[] = [];
  const after = Buffer.from(JSON.stringify(["event", 0])).toString("base64url");
  for await (const { data, errors } of client.iterate<{ memberEvents: { type: string } }>({
    query: `subscription ($after: String) { memberEvents(after: $after) { type: __typename
      ... on AwardMade { awardId unit quantity rule forDraw } ... on AwardCredited { awardId unit quantity } } }`,
    variables: { after },
  })) {
    expect(errors).toBeUndefined();
    if (data?.memberEvents.type.startsWith("Award")) told.push(data.memberEvents);
    if (data?.memberEvents.type === "AwardCredited") break;
  }
  await client.dispose();
  const [{ drawId } = { drawId: "" }] = await prizesOf(customer);
  expect(told.slice(1)).toEqual([
    { type: "AwardMade", awardId, unit: "REWARD", quantity: 1, rule: `Won in ${drawId}`, forDraw: drawId },
    { type: "AwardCredited", awardId, unit: "REWARD", quantity: 1 },
  ]);
});

test("merchandise is sent to the winner's address, and not before the winner enters one", async () => {
  const reward = await gateway.merchandise({ stock: 2 });
  const { customer, awardId } = await winner(gateway, reward.sku);
  expect(await claimRefused(customer, awardId)).toEqual(["ADDRESS_REQUIRED input shippingAddress"]);
  expect(await claimRefused(customer, awardId, { ...address, country: "Nowhere" })).toEqual([
    "INVALID_INPUT input shippingAddress country",
  ]);
  expect(await ordersOf(customer)).toEqual([]);

  const orderId = await claim(customer, awardId, address);
  expect(await orderPrepared(customer, orderId)).toMatchObject({ status: "PROCESSING", cancellable: true });
  expect(await prizesOf(customer)).toMatchObject([
    { state: "PENDING", claimable: false, order: { status: "PROCESSING" } },
  ]);
  expect(await shelf(reward)).toEqual({ stock: 1, popularity: 1 });
  await report(orderId, "DELIVERED");
  expect(await orderSettled(customer, orderId)).toMatchObject({ status: "FULFILLED", total: 0 });
  expect(await prizesOf(customer)).toMatchObject([{ state: "CREDITED" }]);
  expectNothingTaken(customer);
});

test("a ticket links to its prize", async () => {
  const { customer, awardId } = await winner(gateway, (await gateway.voucher()).sku);
  const { me } = await customer.ok<{ me: { tickets: { nodes: object[] } } }>(
    "{ me { tickets { nodes { won points award { id unit claimable } } } } }",
  );
  expect(me.tickets.nodes).toEqual([
    { won: true, points: null, award: { id: awardId, unit: "REWARD", claimable: true } },
  ]);
});

describe("a prize can be claimed once:", () => {
  test("ten concurrent claims make one order, and later claims return it", async () => {
    const reward = await gateway.voucher({ codes: 5 });
    const { customer, awardId } = await winner(gateway, reward.sku);
    const answers = await Promise.all(Array.from({ length: 10 }, () => sendClaim(customer, awardId)));
    const claims = answers.map(({ data }) => data?.claimPrize);
    expect(claims.flatMap((each) => each?.userErrors)).toEqual([]);
    expect(new Set(claims.map((each) => each?.order?.id)).size).toBe(1);
    expect(claims.filter((each) => each?.replayed === false)).toHaveLength(1);

    const orderId = claims[0]?.order?.id ?? "";
    await orderSettled(customer, orderId);
    const { data } = await sendClaim(customer, awardId, { ...address, country: "Nowhere" });
    expect(data?.claimPrize).toMatchObject({ order: { id: orderId }, replayed: true, userErrors: [] });
    expect(await ordersOf(customer)).toEqual([{ status: "FULFILLED" }]);
    expect(await shelf(reward)).toEqual({ stock: 4, popularity: 1 });
  });

  test("the table itself rejects a second order of a prize that is open or fulfilled", async () => {
    const { customer, awardId } = await winner(gateway, (await gateway.voucher()).sku);
    await orderSettled(customer, await claim(customer, awardId));
    const again = gateway.sql(
      `insert into orders (id, number, customer_id, award_id, total, placed_at)
       select gen_random_uuid(), number || 'X', customer_id, award_id, 0, now() from orders where customer_id = $1`,
      [customer.customerId],
    );
    await expect(again).rejects.toThrow("orders_one_a_prize");
  });

  test("a reversed prize counts as fulfilled, and is not issued again", async () => {
    const reward = await gateway.voucher();
    const { customer, awardId } = await winner(gateway, reward.sku);
    const orderId = await claim(customer, awardId);
    await orderSettled(customer, orderId);
    await gateway.operator.ok(
      "mutation ($input: ReverseOrderInput!) { reverseOrder(input: $input) { userErrors { code } } }",
      { input: { orderId, reason: "FULFILMENT_FAILURE", idempotencyKey: randomUUID() } },
    );
    expect(await orderSettled(customer, orderId)).toMatchObject({ status: "REVERSED", pointsTrail: [] });
    expect(await prizesOf(customer)).toMatchObject([{ state: "CREDITED", claimable: false }]);
    expect((await sendClaim(customer, awardId)).data?.claimPrize).toMatchObject({
      order: { id: orderId },
      replayed: true,
    });
    expectNothingTaken(customer);
  });
});

describe("an unfulfilled prize can be claimed again:", () => {
  test("the warehouse could not send it", async () => {
    const reward = await gateway.merchandise({ stock: 5 });
    const { customer, awardId } = await winner(gateway, reward.sku);
    const first = await claim(customer, awardId, address);
    await orderPrepared(customer, first);
    await report(first, "REJECTED");
    expect(await orderSettled(customer, first)).toMatchObject({
      status: "FAILED",
      pointsState: "NOT_TAKEN",
      pointsTrail: [],
    });
    expect(await prizesOf(customer)).toMatchObject([
      { state: "PENDING", claimable: true, order: { id: first, status: "FAILED" } },
    ]);

    const second = await claim(customer, awardId, address);
    expect(second).not.toBe(first);
    await orderPrepared(customer, second);
    expect((await sendClaim(customer, awardId)).data?.claimPrize).toMatchObject({
      order: { id: second },
      replayed: true,
    });
    await report(second, "DELIVERED");
    await orderSettled(customer, second);
    expect(await prizesOf(customer)).toMatchObject([{ state: "CREDITED", order: { id: second } }]);
    expectNothingTaken(customer);
  });

  test("the winner cancelled it, and its stock was restored", async () => {
    const reward = await gateway.merchandise({ stock: 5 });
    const { customer, awardId } = await winner(gateway, reward.sku);
    const first = await claim(customer, awardId, address);
    await orderPrepared(customer, first);
    await cancel(customer, first);
    expect(await readOrder(customer, first)).toMatchObject({ status: "CANCELLED" });
    expect((await shelf(reward))?.stock).toBe(5);
    const again = await Promise.all(Array.from({ length: 5 }, () => claim(customer, awardId, address)));
    expect(new Set(again).size).toBe(1);
    expect(again).not.toContain(first);
    expect((await ordersOf(customer)).map(({ status }) => status)).toHaveLength(2);
    expectNothingTaken(customer);
  });

  test("its last code had expired", async () => {
    const reward = await gateway.voucher({ codes: 0 });
    await addCode(reward, { code: "OLD-CODE", validUntil: "2099-01-01" });
    await gateway.sql(
      "update voucher_codes set valid_until = '2020-01-01' where reward_id = (select id from rewards where sku = $1)",
      [reward.sku],
    );
    const { customer, awardId } = await winner(gateway, reward.sku);
    const first = await orderSettled(customer, await claim(customer, awardId));
    expect(first).toMatchObject({ status: "FAILED", lines: [{ failure: { reason: "SOLD_OUT" } }] });
    await addCode(reward, { code: "NEW-CODE" });
    expect(await orderSettled(customer, await claim(customer, awardId))).toMatchObject({ status: "FULFILLED" });
    expectNothingTaken(customer);
  });
});

test("a sold-out prize waits for its stock, and a claim makes no order until then", async () => {
  const reward = await gateway.merchandise({ stock: 1 });
  const { customer, awardId } = await winner(gateway, reward.sku);
  await setStock(reward, 0);
  expect(await claimRefused(customer, awardId, address)).toEqual(["SOLD_OUT"]);
  expect(await ordersOf(customer)).toEqual([]);
  await setStock(reward, 1);
  await orderPrepared(customer, await claim(customer, awardId, address));
});

test("price, limit, validity and visibility of a reward do not apply to a prize, and a prize does not count toward the limit", async () => {
  const reward = await gateway.voucher({ points: 100, limitPerCustomer: 1, validFrom: "2020-01-01T00:00:00Z" });
  const { customer, awardId } = await winner(gateway, reward.sku);
  const second = await winner(gateway, reward.sku);
  await orderSettled(second.customer, await claim(second.customer, second.awardId));
  await orderSettled(second.customer, await placeOrder(second.customer, reward.id));

  await orderSettled(customer, await placeOrder(customer, reward.id));
  await gateway.sql(
    "update rewards set active = false, valid_until = '2021-01-01', archived_at = now() where sku = $1",
    [reward.sku],
  );
  expect(await orderSettled(customer, await claim(customer, awardId))).toMatchObject({ status: "FULFILLED", total: 0 });
  expect(gateway.ledgerOf(customer)).toEqual([1_000, -100]);
});

test("the cart stays unchanged", async () => {
  const reward = await gateway.voucher();
  const { customer, awardId } = await winner(gateway, reward.sku);
  await customer.ok("mutation ($input: AddToCartInput!) { addToCart(input: $input) { userErrors { code } } }", {
    input: { rewardId: reward.id },
  });
  await orderSettled(customer, await claim(customer, awardId));
  const { data } = await sendPlaceOrder(customer);
  expect(await orderSettled(customer, data?.placeOrder.order?.id ?? "")).toMatchObject({
    total: 100,
    pointsState: "TAKEN",
  });
  const { me } = await customer.ok<{ me: { orders: { nodes: { prize: object | null }[] } } }>(
    "{ me { orders { nodes { prize { id } } } } }",
  );
  expect(me.orders.nodes).toEqual([{ prize: null }, { prize: { id: awardId } }]);
});

test("another customer's prize, an award of points and an unknown award are refused alike", async () => {
  const { awardId } = await winner(gateway, (await gateway.voucher()).sku);
  const other = await gateway.customer();
  const userId = 9_001;
  await link(gateway, { customerId: other.customerId, userId: String(userId) });
  await win(gateway, { kind: "points", points: 50 }, userId);
  const [points] = await prizesOf(other);
  const unknown = Buffer.from(`RewardAward:${randomUUID()}`).toString("base64url");
  const answers = await Promise.all(
    [awardId, points?.id ?? "", unknown, "x", ""].map(async (id) =>
      JSON.stringify(await sendClaim(other, id, address)),
    ),
  );
  expect(new Set(answers).size).toBe(1);
  expect(await claimRefused(other, awardId)).toEqual(["PRIZE_NOT_FOUND input awardId"]);
});

describe("a winner who is linked to a customer later", () => {
  test("has the prize after the link, and can then claim it", async () => {
    const reward = await gateway.voucher();
    const { userId } = await win(gateway, { kind: "reward", sku: reward.sku });
    const customer = await gateway.customer({ balance: 1_000 });
    expect(await prizesOf(customer)).toEqual([]);
    expect(
      (await link(gateway, { customerId: customer.customerId, userId: String(userId) })).linkMember.awardsReleased,
    ).toBe(2);
    const [prize] = await prizesOf(customer);
    expect(prize).toMatchObject({ state: "PENDING", claimable: true });
    expect(await orderSettled(customer, await claim(customer, prize?.id ?? ""))).toMatchObject({ status: "FULFILLED" });
    expectNothingTaken(customer);
  });

  test("with two ids has the prizes of both", async () => {
    const reward = await gateway.voucher();
    const [one, two] = [
      await win(gateway, { kind: "reward", sku: reward.sku }),
      await win(gateway, { kind: "reward", sku: reward.sku }),
    ];
    const customer = await gateway.customer({ balance: 1_000 });
    const { customerId } = customer;
    await link(gateway, { customerId, userId: String(one.userId) });
    const [first] = await prizesOf(customer);
    await orderSettled(customer, await claim(customer, first?.id ?? ""));
    await link(gateway, { customerId, userId: String(two.userId) });
    const prizes = await prizesOf(customer);
    expect(prizes.map(({ state }) => state).toSorted()).toEqual(["CREDITED", "PENDING"]);
    for (const { id } of prizes) await orderSettled(customer, await claim(customer, id));
    expect(await ordersOf(customer)).toHaveLength(2);
    expectNothingTaken(customer);
  });
});

test("a prize is never credited as points, by the worker or by an operator", async () => {
  const { customer, awardId } = await winner(gateway, (await gateway.voucher()).sku);
  const userId = 9_002;
  await link(gateway, { customerId: customer.customerId, userId: String(userId) });
  await win(gateway, { kind: "points", points: 50 }, userId);
  await gateway.until(async () =>
    (await prizesOf(customer)).some(({ unit, state }) => unit === "POINTS" && state === "CREDITED"),
  );
  for (const resolution of ["HAPPENED", "DID_NOT_HAPPEN", "TRY_AGAIN"]) {
    const { data } = await gateway.operator.send<{ resolveAward: { userErrors: { code: string }[] } }>(
      "mutation ($input: ResolveAwardInput!) { resolveAward(input: $input) { userErrors { code } } }",
      { input: { awardId, resolution, note: "n" } },
    );
    expect(data?.resolveAward.userErrors).toEqual([{ code: "NOTHING_TO_RESOLVE" }]);
  }
  expect(gateway.ledgerOf(customer)).toEqual([1_000, 50]);
  expect((await prizesOf(customer)).find(({ id }) => id === awardId)).toMatchObject({
    state: "PENDING",
    claimable: true,
  });
});

describe("a draw cannot be opened with", () => {
  const problems = async (sku: string) => {
    const { data } = await openDraw(gateway, `draw-${randomUUID()}`, { kind: "reward", sku });
    expect(data?.openLuckyDraw.draw).toBeNull();
    return data?.openLuckyDraw.userErrors;
  };
  const field = ["input", "announcement", "prizes", "0", "sku"];

  test("an unknown reward", async () => {
    expect(await problems("NO-SUCH-SKU")).toEqual([
      { code: "INVALID_INPUT", field, message: "prizes.0.sku: there is no reward with the SKU NO-SUCH-SKU" },
    ]);
  });
  test("an archived reward", async () => {
    const { id, sku } = await gateway.merchandise();
    await gateway.operator.ok(
      "mutation ($input: ArchiveRewardInput!) { archiveReward(input: $input) { userErrors { code } } }",
      { input: { rewardId: id } },
    );
    expect(await problems(sku)).toEqual([
      { code: "INVALID_INPUT", field, message: `prizes.0.sku: ${sku} is archived` },
    ]);
  });
  test("a reward of Capillary's that cannot be issued for free", async () => {
    await gateway.operator.ok("mutation { syncCatalog { userErrors { code } } }");
    const [{ sku } = { sku: "" }] = await gateway.sql<{ sku: string }>(
      "select sku from rewards where source = 'CAPILLARY' limit 1",
    );
    expect(await problems(sku)).toMatchObject([
      { code: "INVALID_INPUT", field, message: expect.stringContaining("one of ours") },
    ]);
  });
});

test("a prize won before claims existed can be claimed now", async () => {
  const reward = await gateway.voucher();
  const { customer, awardId } = await winner(gateway, reward.sku);
  await gateway.sql(
    `insert into draw_tickets (draw_id, number, award_id, member_id, holder, holder_id, ticket_secret, issued_at, roll, hit, prize, hash)
     select draw_id, number + 1, award_id, member_id, holder, holder_id, ticket_secret, issued_at, roll, hit, prize, hash
     from draw_tickets where draw_id = (select draw_id from reward_awards where unit = 'REWARD' and customer_id = $1)`,
    [customer.customerId],
  );
  await gateway.sql(readFileSync(`${migrationsDir}/0010_prizes_won_before/migration.sql`, "utf8"));
  const prizes = await prizesOf(customer);
  expect(prizes.map(({ claimable }) => claimable)).toEqual([true, true]);
  const before = prizes.find(({ id }) => id !== awardId);
  expect(await orderSettled(customer, await claim(customer, before?.id ?? ""))).toMatchObject({ status: "FULFILLED" });
});
