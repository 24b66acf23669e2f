import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Customer, startTestGateway, type TestGateway, type TestReward } from "../support/gateway.ts";
import { orderSettled, placeOrder } from "../support/orders.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Cart {
  id: string;
  version: number;
  total: number;
  lines: { id: string; quantity: number; unitPoints: number; points: number; reward: { id: string } }[];
  funding: { points: number; available: number | null; remaining: number | null; shortBy: number | null }[];
  problems: { code: string; lineId: string | null; message: string }[];
  readyToOrder: boolean;
}
interface Payload {
  cart: Cart | null;
  userErrors: Record<string, unknown>[];
}
const cartFields = `id version total lines { id quantity unitPoints points reward { id } }
  funding { payWith points available remaining shortBy } problems { code lineId message } readyToOrder`;
const payloadFields = `cart { ${cartFields} } userErrors { code message field
  ... on CartConflict { currentVersion } ... on InsufficientPoints { required available shortBy } ... on SoldOut { soldOut: available }
  ... on LimitReached { limit alreadyRedeemed } ... on NotRedeemable { reason } }`;

async function change(customer: Customer, mutation: string, input: Record<string, unknown>): Promise<Payload> {
  const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) { answer: ${mutation}(input: $input) { ${payloadFields} } }`;
  const { data, errors } = await customer.send<{ answer: Payload }>(query, { input });
  if (!data) throw new Error(JSON.stringify(errors));
  return data.answer;
}
const add = (customer: Customer, { id }: TestReward, input: Record<string, unknown> = {}) =>
  change(customer, "addToCart", { rewardId: id, ...input });
const update = (customer: Customer, lineId: string | undefined, input: Record<string, unknown>) =>
  change(customer, "updateCartLine", { lineId, ...input });
const remove = (customer: Customer, lineId: string | undefined, input: Record<string, unknown> = {}) =>
  change(customer, "removeCartLine", { lineId, ...input });
const read = async (customer: Customer) =>
  (await customer.ok<{ me: { cart: Cart } }>(`{ me { cart { ${cartFields} } } }`)).me.cart;
const operate = (mutation: string, input: Record<string, unknown>) =>
  gateway.operator.ok(
    `mutation ($input: ${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!) {
    ${mutation}(input: $input) { userErrors { message } } }`,
    { input },
  );
/** A customer with one line in the cart. */
async function withLine(reward: TestReward, quantity = 1, balance = 10_000) {
  const customer = await gateway.customer({ balance });
  const { cart, userErrors } = await add(customer, reward, { quantity });
  expect(userErrors).toEqual([]);
  return { customer, lineId: cart?.lines[0]?.id ?? "" };
}
const DAY_MS = 24 * 60 * 60 * 1_000;

describe("a new cart", () => {
  test("is empty, has no problems, and is not ready to order", async () => {
    expect(await read(await gateway.customer())).toEqual({
      id: expect.any(String),
      version: 0,
      total: 0,
      lines: [],
      funding: [],
      problems: [],
      readyToOrder: false,
    });
  });
  test("is the same cart on every read, also on concurrent ones", async () => {
    const customer = await gateway.customer();
    const carts = await Promise.all(Array.from({ length: 20 }, () => read(customer)));
    expect(new Set(carts.map(({ id }) => id)).size).toBe(1);
  });
});

describe("adding", () => {
  test("makes a line with the current price, and shows the points it takes and leaves", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 150 });
    const { cart, userErrors } = await add(customer, reward, { quantity: 2 });
    expect(userErrors).toEqual([]);
    expect(cart).toMatchObject({
      version: 1,
      total: 300,
      lines: [{ quantity: 2, unitPoints: 150, points: 300, reward: { id: reward.id } }],
      funding: [{ payWith: "INDIVIDUAL", points: 300, available: 1_000, remaining: 700, shortBy: null }],
      problems: [],
      readyToOrder: true,
    });
    expect(await read(customer)).toEqual(cart);
  });

  test("the same reward again increases its line", async () => {
    const reward = await gateway.voucher();
    const { customer, lineId } = await withLine(reward);
    await add(customer, await gateway.voucher());
    const { cart } = await add(customer, reward, { quantity: 3 });
    expect(cart?.lines.map(({ id, quantity }) => [id === lineId, quantity])).toEqual([
      [true, 4],
      [false, 1],
    ]);
  });

  test("fifty at once loses none of them", async () => {
    const customer = await gateway.customer();
    const reward = await gateway.merchandise({ points: 1 });
    const answers = await Promise.all(Array.from({ length: 50 }, () => add(customer, reward, { quantity: 2 })));
    expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([]);
    expect(await read(customer)).toMatchObject({ version: 50, lines: [{ quantity: 100 }] });
  });

  test("twenty rewards at once gives twenty lines", async () => {
    const customer = await gateway.customer();
    const rewards = await Promise.all(Array.from({ length: 20 }, () => gateway.merchandise({ points: 1 })));
    await Promise.all(rewards.map((reward) => add(customer, reward)));
    const { lines, version } = await read(customer);
    expect(lines.map(({ reward }) => reward.id).toSorted()).toEqual(rewards.map(({ id }) => id).toSorted());
    expect(version).toBe(20);
  });

  test.each([0, -1, 101, 2_147_483_647])("a quantity of %i is refused", async (quantity) => {
    const customer = await gateway.customer();
    expect(await add(customer, await gateway.merchandise(), { quantity })).toMatchObject({
      cart: { version: 0, lines: [] },
      userErrors: [{ code: "QUANTITY_INVALID", field: ["input", "quantity"] }],
    });
  });
  test("beyond 100 of one reward is refused, and the line stays", async () => {
    const reward = await gateway.merchandise({ points: 1 });
    const { customer } = await withLine(reward, 100);
    expect(await add(customer, reward)).toMatchObject({
      cart: { version: 1, lines: [{ quantity: 100 }] },
      userErrors: [{ code: "QUANTITY_INVALID", message: "A line holds at most 100; there are 100 already." }],
    });
  });
  test("beyond 50 lines is refused", async () => {
    const customer = await gateway.customer();
    const rewards = await Promise.all(Array.from({ length: 51 }, () => gateway.merchandise({ points: 1 })));
    const answers = await Promise.all(rewards.map((reward) => add(customer, reward)));
    expect(answers.flatMap(({ userErrors }) => userErrors)).toMatchObject([
      { code: "QUANTITY_INVALID", message: "A cart holds at most 50 lines." },
    ]);
    expect((await read(customer)).lines).toHaveLength(50);
  });

  test("an unknown reward is refused, for ids of any form", async () => {
    const customer = await gateway.customer();
    const { id } = await read(customer);
    for (const rewardId of [Buffer.from(`Reward:${randomUUID()}`).toString("base64url"), id, "x", ""])
      expect(await change(customer, "addToCart", { rewardId })).toMatchObject({
        cart: { lines: [] },
        userErrors: [{ code: "REWARD_NOT_FOUND", field: ["input", "rewardId"] }],
      });
  });

  test("an unavailable reward is refused with the reason", async () => {
    const customer = await gateway.customer();
    const inactive = await gateway.merchandise();
    await operate("updateReward", { rewardId: inactive.id, active: false });
    const archived = await gateway.merchandise();
    await operate("archiveReward", { rewardId: archived.id });
    const cases: [TestReward, string][] = [
      [await gateway.merchandise({ validUntil: new Date(Date.now() - DAY_MS).toISOString() }), "ENDED"],
      [await gateway.merchandise({ validFrom: new Date(Date.now() + DAY_MS).toISOString() }), "NOT_STARTED"],
      [inactive, "INACTIVE"],
      [archived, "INACTIVE"],
    ];
    for (const [reward, reason] of cases)
      expect((await add(customer, reward)).userErrors).toMatchObject([{ code: "NOT_REDEEMABLE", reason }]);
  });

  test("more than the stock is refused with the quantity left", async () => {
    const customer = await gateway.customer();
    const reward = await gateway.voucher({ codes: 2 });
    expect((await add(customer, reward, { quantity: 3 })).userErrors).toMatchObject([{ code: "SOLD_OUT", soldOut: 2 }]);
    expect((await add(customer, reward, { quantity: 2 })).userErrors).toEqual([]);
    expect((await add(customer, reward)).userErrors).toMatchObject([{ code: "SOLD_OUT", soldOut: 2 }]);
    const none = await gateway.voucher({ codes: 0 });
    expect((await add(customer, none)).userErrors).toMatchObject([{ code: "SOLD_OUT", soldOut: 0 }]);
  });

  test("beyond the limit is refused, counting earlier redemptions", async () => {
    const [customer, other] = [await gateway.customer(), await gateway.customer()];
    const reward = await gateway.voucher({ limitPerCustomer: 3 });
    await orderSettled(customer, await placeOrder(customer, [reward.id, 2]));
    const refused = await add(customer, reward, { quantity: 2 });
    expect(refused.userErrors).toMatchObject([{ code: "LIMIT_REACHED", limit: 3, alreadyRedeemed: 2 }]);
    expect((await add(customer, reward)).userErrors).toEqual([]);
    expect((await add(customer, reward)).userErrors).toMatchObject([{ code: "LIMIT_REACHED" }]);
    expect((await add(other, reward, { quantity: 3 })).userErrors).toEqual([]);
  });

  test("more than the balance pays for is refused with the missing points of the whole cart", async () => {
    const reward = await gateway.voucher({ points: 400 });
    const { customer } = await withLine(reward, 2, 1_000);
    expect(await add(customer, reward)).toMatchObject({
      cart: { version: 1, total: 800 },
      userErrors: [{ code: "INSUFFICIENT_POINTS", required: 1_200, available: 1_000, shortBy: 200 }],
    });
    expect((await add(customer, await gateway.voucher({ points: 200 }))).userErrors).toEqual([]);
    expect((await add(customer, await gateway.voucher({ points: 1 }))).userErrors).toMatchObject([
      { code: "INSUFFICIENT_POINTS", required: 1_001, available: 1_000, shortBy: 1 },
    ]);
  });

  test("more points than can be represented is refused", async () => {
    const customer = await gateway.customer();
    const reward = await gateway.merchandise({ points: Number.MAX_SAFE_INTEGER });
    expect((await add(customer, reward, { quantity: 2 })).userErrors).toMatchObject([{ code: "QUANTITY_INVALID" }]);
  });

  test("with a group's points is refused", async () => {
    const { customer, lineId } = await withLine(await gateway.voucher());
    const reward = await gateway.voucher();
    const refusal = { code: "WALLET_NOT_SUPPORTED", field: ["input", "payWith"] };
    const group = { payWith: "GROUP", groupWalletId: "x" };
    expect((await add(customer, reward, group)).userErrors).toMatchObject([refusal]);
    expect((await update(customer, lineId, group)).userErrors).toMatchObject([refusal]);
    expect((await read(customer)).lines).toHaveLength(1);
  });
});

describe("a line", () => {
  test("takes a new quantity, and is removed with a quantity of 0", async () => {
    const { customer, lineId } = await withLine(await gateway.voucher({ points: 100 }), 2);
    expect((await update(customer, lineId, { quantity: 5 })).cart).toMatchObject({ version: 2, total: 500 });
    expect((await update(customer, lineId, { quantity: 1 })).cart).toMatchObject({ version: 3, total: 100 });
    expect((await update(customer, lineId, { quantity: 0 })).cart).toMatchObject({ version: 4, lines: [] });
  });

  test.each([-1, 101])("refuses a quantity of %i", async (quantity) => {
    const { customer, lineId } = await withLine(await gateway.merchandise({ points: 1 }));
    expect(await update(customer, lineId, { quantity })).toMatchObject({
      cart: { version: 1, lines: [{ quantity: 1 }] },
      userErrors: [{ code: "QUANTITY_INVALID" }],
    });
  });

  test("may shrink despite other problems, and grow only as far as stock, limit and points allow", async () => {
    const reward = await gateway.merchandise({ points: 100, stock: 5, limitPerCustomer: 4 });
    const { customer, lineId } = await withLine(reward, 3, 350);
    expect((await update(customer, lineId, { quantity: 6 })).userErrors).toMatchObject([{ code: "SOLD_OUT" }]);
    expect((await update(customer, lineId, { quantity: 5 })).userErrors).toMatchObject([{ code: "LIMIT_REACHED" }]);
    expect((await update(customer, lineId, { quantity: 4 })).userErrors).toMatchObject([
      { code: "INSUFFICIENT_POINTS", required: 400, shortBy: 50 },
    ]);
    await operate("adjustStock", { rewardId: reward.id, change: { to: 1 } });
    await operate("archiveReward", { rewardId: reward.id });
    expect((await update(customer, lineId, { quantity: 2 })).userErrors).toEqual([]);
    expect((await update(customer, lineId, { quantity: 3 })).userErrors).toMatchObject([{ code: "NOT_REDEEMABLE" }]);
  });

  test("is removed, once", async () => {
    const { customer, lineId } = await withLine(await gateway.voucher());
    await add(customer, await gateway.voucher());
    expect(await remove(customer, lineId)).toMatchObject({
      cart: { version: 3, lines: { length: 1 } },
      userErrors: [],
    });
    expect(await remove(customer, lineId)).toMatchObject({
      cart: { version: 3 },
      userErrors: [{ code: "LINE_NOT_FOUND", field: ["input", "lineId"] }],
    });
  });

  test("of another customer, unknown or malformed is not found, and all three answers are alike", async () => {
    const { customer: owner, lineId } = await withLine(await gateway.voucher());
    const { customer } = await withLine(await gateway.voucher());
    const before = await read(owner);
    const ids = [lineId, Buffer.from(`CartLine:${randomUUID()}`).toString("base64url"), before.id, "x", ""];
    const notFound = [{ code: "LINE_NOT_FOUND", message: "The cart has no such line.", field: ["input", "lineId"] }];
    for (const id of ids) {
      expect((await update(customer, id, { quantity: 2 })).userErrors).toEqual(notFound);
      expect((await update(customer, id, { quantity: 0 })).userErrors).toEqual(notFound);
      expect((await remove(customer, id)).userErrors).toEqual(notFound);
    }
    expect(await read(owner)).toEqual(before);
    expect(await read(customer)).toMatchObject({ version: 1, lines: [{ quantity: 1 }] });
  });

  test("of an ordered cart cannot be changed any more", async () => {
    const { customer, lineId } = await withLine(await gateway.voucher());
    await orderSettled(customer, await placeOrder(customer));
    expect((await update(customer, lineId, { quantity: 3 })).userErrors).toMatchObject([{ code: "LINE_NOT_FOUND" }]);
    expect(await gateway.sql("select quantity from cart_lines where id = $1", [uuidOf(lineId)])).toEqual([
      { quantity: 1 },
    ]);
  });
});

test("clearing empties the cart, also one that is empty", async () => {
  const { customer } = await withLine(await gateway.voucher());
  await add(customer, await gateway.voucher());
  const clear = () =>
    customer.ok<{ clearCart: Payload }>(`mutation { clearCart { cart { version lines { id } } userErrors { code } } }`);
  expect((await clear()).clearCart.cart).toEqual({ version: 3, lines: [] });
  expect((await clear()).clearCart.cart).toMatchObject({ lines: [] });
});

describe("an expected version", () => {
  test("refuses every change of a cart that another request changed, and changes nothing", async () => {
    const reward = await gateway.voucher();
    const { customer, lineId } = await withLine(reward);
    const stale = { expectedVersion: 0 };
    for (const answer of [
      await add(customer, reward, stale),
      await update(customer, lineId, { quantity: 2, ...stale }),
      await remove(customer, lineId, stale),
    ])
      expect(answer).toMatchObject({
        cart: { version: 1, lines: [{ quantity: 1 }] },
        userErrors: [{ code: "CART_CONFLICT", currentVersion: 1 }],
      });
    expect((await add(customer, reward, { expectedVersion: 1 })).userErrors).toEqual([]);
  });

  test("lets one of ten clients with the same version change it", async () => {
    const reward = await gateway.voucher();
    const { customer } = await withLine(reward);
    const answers = await Promise.all(Array.from({ length: 10 }, () => add(customer, reward, { expectedVersion: 1 })));
    expect(answers.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1);
    expect(answers.filter(({ userErrors }) => userErrors[0]?.["code"] === "CART_CONFLICT")).toHaveLength(9);
    expect(await read(customer)).toMatchObject({ version: 2, lines: [{ quantity: 2 }] });
  });
});

describe("a change of a reward in a cart", () => {
  const problemsOf = async (customer: Customer) => {
    const { problems, readyToOrder } = await read(customer);
    expect(readyToOrder).toBe(problems.length === 0);
    return problems;
  };

  test("to a new price is a problem until the customer accepts it, and the cart shows the new price", async () => {
    const reward = await gateway.voucher({ points: 100, name: "Mug" });
    const { customer, lineId } = await withLine(reward, 2);
    await operate("updateReward", { rewardId: reward.id, points: 130 });

    expect(await problemsOf(customer)).toEqual([
      {
        code: "PRICE_CHANGED",
        lineId,
        message: "The price of Mug changed from 100 to 130 points. Accept it in the cart.",
      },
    ]);
    expect(await read(customer)).toMatchObject({ total: 260, lines: [{ unitPoints: 130, points: 260 }] });
    const { cart } = await update(customer, lineId, {});
    expect(cart).toMatchObject({ problems: [], readyToOrder: true, lines: [{ quantity: 2 }] });
  });

  test("to a new price and back is no problem", async () => {
    const reward = await gateway.voucher({ points: 100 });
    const { customer } = await withLine(reward);
    await operate("updateReward", { rewardId: reward.id, points: 130 });
    await operate("updateReward", { rewardId: reward.id, points: 100 });
    expect(await problemsOf(customer)).toEqual([]);
  });

  test("to a new price is not accepted by adding one more", async () => {
    const reward = await gateway.voucher({ points: 100 });
    const { customer } = await withLine(reward);
    await operate("updateReward", { rewardId: reward.id, points: 130 });
    const { cart } = await add(customer, reward);
    expect(cart?.problems).toMatchObject([{ code: "PRICE_CHANGED" }]);
  });

  test("that withdraws or ends the reward is a problem of its line", async () => {
    const [archived, ended] = [await gateway.voucher(), await gateway.voucher()];
    const { customer, lineId } = await withLine(archived);
    await add(customer, ended);
    await operate("archiveReward", { rewardId: archived.id });
    await operate("updateReward", { rewardId: ended.id, validUntil: new Date(Date.now() - DAY_MS).toISOString() });
    const problems = await problemsOf(customer);
    expect(problems.map(({ code }) => code)).toEqual(["INACTIVE", "INACTIVE"]);
    expect(problems[0]?.lineId).toBe(lineId);
  });

  test("of the stock to less than the quantity is a problem", async () => {
    const reward = await gateway.merchandise({ stock: 5, name: "Mug" });
    const { customer, lineId } = await withLine(reward, 3);
    await operate("adjustStock", { rewardId: reward.id, change: { to: 2 } });
    expect(await problemsOf(customer)).toEqual([{ code: "SOLD_OUT", lineId, message: "Only 2 of Mug left." }]);
    await operate("adjustStock", { rewardId: reward.id, change: { to: 0 } });
    expect(await problemsOf(customer)).toEqual([{ code: "SOLD_OUT", lineId, message: "Mug is sold out." }]);
    await operate("adjustStock", { rewardId: reward.id, change: { to: 3 } });
    expect(await problemsOf(customer)).toEqual([]);
  });

  test("of the limit to less than the redeemed and added quantity is a problem", async () => {
    const customer = await gateway.customer();
    const reward = await gateway.voucher({ limitPerCustomer: 5, name: "Mug" });
    await orderSettled(customer, await placeOrder(customer, [reward.id, 2]));
    await add(customer, reward, { quantity: 2 });
    await operate("updateReward", { rewardId: reward.id, limitPerCustomer: 3 });
    expect(await problemsOf(customer)).toMatchObject([
      { code: "LIMIT_REACHED", message: "Mug is limited to 3 a customer, and you have had 2." },
    ]);
  });

  test("of the balance by another system is a problem of the cart, with the missing points", async () => {
    const { customer } = await withLine(await gateway.voucher({ points: 600 }), 1, 1_000);
    await gateway.spendElsewhere(customer.customerId, 500);
    expect(await problemsOf(customer)).toEqual([
      { code: "INSUFFICIENT_POINTS", lineId: null, message: "You are 100 points short." },
    ]);
    expect((await read(customer)).funding).toEqual([
      { payWith: "INDIVIDUAL", points: 600, available: 500, remaining: null, shortBy: 100 },
    ]);
  });
});

describe("while the balance cannot be read", () => {
  test("the cart can be filled, and shows that it cannot be ordered now", async () => {
    const customer = await gateway.customer({ balance: 10 });
    const reward = await gateway.voucher({ points: 5_000 });
    gateway.sandbox.faults.add({ upstream: "client", operation: "points", fault: "http-500" });
    const { cart, userErrors } = await add(customer, reward);
    expect(userErrors).toEqual([]);
    expect(cart).toMatchObject({ lines: [{ quantity: 1 }], funding: [{ available: null }] });

    gateway.sandbox.faults.add({ upstream: "client", operation: "points", fault: "http-500" });
    expect(await read(customer)).toMatchObject({
      total: 5_000,
      funding: [{ points: 5_000, available: null, remaining: null, shortBy: null }],
      problems: [{ code: "WALLET_UNAVAILABLE", lineId: null }],
      readyToOrder: false,
    });
    expect(await read(customer)).toMatchObject({ problems: [{ code: "INSUFFICIENT_POINTS" }] });
  });

  test.each(["refuse", "malformed", "drop-before", "rate-limit"] as const)(
    "after a fault (%s), the customer's page still loads",
    async (fault) => {
      const reward = await gateway.voucher();
      const { customer } = await withLine(reward);
      gateway.sandbox.faults.add({ upstream: "client", operation: "points", fault });
      const { data, errors } = await customer.send<{ me: { cart: Cart } }>(
        `{ me { customerId cart { lines { quantity } problems { code } readyToOrder } } }`,
      );
      expect(errors).toBeUndefined();
      expect(data?.me).toEqual({
        customerId: customer.customerId,
        cart: { lines: [{ quantity: 1 }], problems: [{ code: "WALLET_UNAVAILABLE" }], readyToOrder: false },
      });
      gateway.sandbox.faults.add({ upstream: "client", operation: "points", fault });
      expect((await add(customer, reward)).userErrors).toEqual([]);
    },
  );

  test("a cart that costs nothing can still be ordered", async () => {
    const { customer } = await withLine(await gateway.voucher({ points: 0 }));
    gateway.sandbox.faults.add({ upstream: "client", operation: "points", fault: "http-500" });
    expect(await read(customer)).toMatchObject({ problems: [], readyToOrder: true });
  });
});

const uuidOf = (globalId: string) => Buffer.from(globalId, "base64url").toString().split(":")[1];
