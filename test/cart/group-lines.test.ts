import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type CartSeen,
  callsOf,
  changeCart,
  groupNumber,
  groupWalletId,
  mirroredReward,
  movementsOf,
  newGroup,
  readCart,
  syncCatalog,
} from "../support/capillary.ts";
import { type Customer, startTestGateway, type TestGateway } from "../support/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
  await syncCatalog(gateway);
});
afterAll(() => gateway[Symbol.asyncDispose]());

const world = () => gateway.sandbox.capillary;
let customer: Customer;
let family: string;
let team: string;
beforeEach(async () => {
  customer = await gateway.customer();
  world().addCustomer({ externalId: customer.customerId });
  family = newGroup(gateway, { members: [customer], points: 5_000, name: "Rao family" });
  team = newGroup(gateway, { members: [customer], points: 120 });
});

const reward = (number: number) => mirroredReward(gateway, number);
const add = async (number: number, input: object = {}) =>
  changeCart(customer, "addToCart", { rewardId: await reward(number), ...input });
const byFamily = () => ({ payWith: "GROUP", groupWalletId: family });
const byTeam = () => ({ payWith: "GROUP", groupWalletId: team });
const update = (lineId: string | undefined, input: object) =>
  changeCart(customer, "updateCartLine", { lineId, ...input });
const wallets = (cart: CartSeen | null) =>
  cart?.lines.map(({ quantity, payWith, groupWallet }) => [quantity, payWith, groupWallet?.id ?? null]);

describe("a line paid by a group", () => {
  test("shows the group, its balance, and the points that would be left", async () => {
    const { cart, userErrors } = await add(15470, { quantity: 2, ...byFamily() });
    expect(userErrors).toEqual([]);
    expect(cart).toMatchObject({
      total: 600,
      lines: [{ quantity: 2, points: 600, payWith: "GROUP", groupWallet: { id: family, name: "Rao family" } }],
      funding: [
        {
          payWith: "GROUP",
          groupWallet: { id: family },
          points: 600,
          available: 5_000,
          remaining: 4_400,
          shortBy: null,
        },
      ],
      problems: [],
      readyToOrder: true,
    });
    expect(await readCart(customer)).toEqual(cart);
  });

  test("grows when it is added again, and another wallet makes another line", async () => {
    await add(15465, byFamily());
    await add(15465, { quantity: 2, ...byFamily() });
    const { cart } = await add(15465, byTeam());
    expect(wallets(cart)).toEqual([
      [3, "GROUP", family],
      [1, "GROUP", team],
    ]);
  });

  test("funds a mixed cart wallet by wallet", async () => {
    const { id } = await gateway.voucher({ points: 700 });
    await changeCart(customer, "addToCart", { rewardId: id });
    await add(15470);
    await add(15465, byTeam());
    await add(15480, byFamily());
    const { cart } = await add(15466, { quantity: 100, ...byTeam() });
    expect(cart?.funding).toMatchObject([
      { payWith: "INDIVIDUAL", groupWallet: null, points: 1_000, available: 10_000, remaining: 9_000 },
      { payWith: "GROUP", groupWallet: { id: team }, points: 101, available: 120, remaining: 19 },
    ]);
  });

  test("is refused without a group, or with one where the customer pays", async () => {
    const refusal = { code: "INVALID_INPUT", field: ["input", "groupWalletId"] };
    expect((await add(15465, { payWith: "GROUP" })).userErrors).toMatchObject([refusal]);
    expect((await add(15470, { groupWalletId: family })).userErrors).toMatchObject([refusal]);
    expect((await add(15470, { payWith: "INDIVIDUAL", groupWalletId: family })).userErrors).toMatchObject([refusal]);
  });

  test("cannot be for one of our own rewards", async () => {
    const { id } = await gateway.voucher();
    const calls = await callsOf(gateway, async () => {
      const { userErrors } = await changeCart(customer, "addToCart", { rewardId: id, ...byFamily() });
      expect(userErrors).toMatchObject([{ code: "WALLET_NOT_SUPPORTED", field: ["input", "payWith"] }]);
    });
    expect(calls).toEqual({});
  });

  test("cannot be for a reward that is free for groups", async () => {
    expect((await add(15473, byFamily())).userErrors).toMatchObject([{ code: "WALLET_NOT_SUPPORTED" }]);
  });

  test("is refused when the group has too little, with what is missing", async () => {
    expect(await add(15470, byTeam())).toMatchObject({
      cart: { lines: [] },
      userErrors: [{ __typename: "InsufficientPoints", required: 300, available: 120, shortBy: 180 }],
    });
  });

  test("subtracts the points that open orders take from the group", async () => {
    await add(15465, { quantity: 50, ...byTeam() });
    await movementsOf(gateway, team, [
      ["PENDING", 60],
      ["UNCERTAIN", 20],
      ["NEEDS_ATTENTION", 10],
      ["CONFIRMED", 1_000],
      ["REFUSED", 1_000],
    ]);
    const cart = await readCart(customer);
    expect(cart).toMatchObject({
      funding: [{ points: 50, available: 30, remaining: null, shortBy: 20 }],
      problems: [{ code: "INSUFFICIENT_POINTS", lineId: null }],
      readyToOrder: false,
    });
    await movementsOf(gateway, team, [["PENDING", 500]]);
    expect((await readCart(customer)).funding).toMatchObject([{ available: 0, shortBy: 50 }]);
  });
});

describe("a group that the customer is not a member of", () => {
  const outcome = async (groupWalletId: string) => {
    let answer: unknown;
    const calls = await callsOf(gateway, async () => {
      answer = await add(15465, { payWith: "GROUP", groupWalletId });
    });
    return { answer, calls };
  };

  test("has the same answer as an unknown group, with the same calls", async () => {
    const foreign = await outcome(newGroup(gateway, { members: ["CUST12345"], points: 1 }));
    expect(foreign.answer).toMatchObject({
      cart: { lines: [] },
      userErrors: [{ code: "GROUP_NOT_FOUND", field: ["input", "groupWalletId"] }],
    });
    expect(await outcome(groupWalletId(99_999_999))).toEqual(foreign);
    expect(await outcome("nonsense")).toEqual(foreign);
    const ended = newGroup(gateway, { members: [customer], points: 1, status: "DELETED" });
    expect(await outcome(ended)).toEqual(foreign);
  });

  test("cannot be put on a line", async () => {
    const { cart } = await add(15465, byFamily());
    const other = newGroup(gateway, { members: ["CUST12345"], points: 1 });
    expect(await update(cart?.lines[0]?.id, { groupWalletId: other })).toMatchObject({
      cart: { version: 1, lines: [{ groupWallet: { id: family } }] },
      userErrors: [{ code: "GROUP_NOT_FOUND" }],
    });
  });
});

describe("changing who pays", () => {
  test.each<[from: () => object, change: () => object, to: (line: CartSeen["lines"][number]) => unknown]>([
    [byFamily, () => ({ quantity: 3 }), ({ groupWallet }) => expect(groupWallet?.id).toBe(family)],
    [byFamily, () => ({ payWith: "GROUP" }), ({ groupWallet }) => expect(groupWallet?.id).toBe(family)],
    [byFamily, () => ({ groupWalletId: null }), ({ groupWallet }) => expect(groupWallet?.id).toBe(family)],
    [
      byFamily,
      () => ({ payWith: "INDIVIDUAL" }),
      (line) => expect(line).toMatchObject({ payWith: "INDIVIDUAL", groupWallet: null }),
    ],
    [() => ({}), byFamily, (line) => expect(line).toMatchObject({ payWith: "GROUP", groupWallet: { id: family } })],
  ])("case %#: omitted fields stay, and paying individually removes the group", async (from, change, seen) => {
    const { cart } = await add(15470, from());
    const answer = await update(cart?.lines[0]?.id, change());
    expect(answer.userErrors).toEqual([]);
    seen(answer.cart?.lines[0] as CartSeen["lines"][number]);
  });

  test("to another group needs only its id", async () => {
    const { cart } = await add(15465, byFamily());
    const answer = await update(cart?.lines[0]?.id, { groupWalletId: team });
    expect(wallets(answer.cart)).toEqual([[1, "GROUP", team]]);
  });

  test.each([
    [() => ({}), () => ({ payWith: "GROUP" })],
    [() => ({}), () => ({ groupWalletId: family })],
    [byFamily, () => ({ payWith: "INDIVIDUAL", groupWalletId: family })],
  ])("case %#: is refused where the wallet is ambiguous", async (from, change) => {
    const { cart } = await add(15470, from());
    expect((await update(cart?.lines[0]?.id, change())).userErrors).toMatchObject([
      { code: "INVALID_INPUT", field: ["input", "groupWalletId"] },
    ]);
  });

  test("is refused where another line has that wallet already", async () => {
    await add(15465, byTeam());
    const { cart } = await add(15465, byFamily());
    const { userErrors } = await update(cart?.lines[1]?.id, byTeam());
    expect(userErrors).toMatchObject([{ code: "WALLET_NOT_SUPPORTED" }]);
  });

  test("is refused where the new wallet has too little", async () => {
    const { cart } = await add(15470, byFamily());
    expect((await update(cart?.lines[0]?.id, byTeam())).userErrors).toMatchObject([{ code: "INSUFFICIENT_POINTS" }]);
  });
});

describe("a reward that Capillary refuses to the customer", () => {
  test.each([
    [15480, "NOT_ELIGIBLE", "12034"],
    [15481, "NOT_STARTED", null],
    [15482, "ENDED", null],
    [15483, "INACTIVE", null],
    [15475, "NOT_CONFIGURED", null],
  ])("%i stays out of the cart: %s", async (number, reason, upstreamCode) => {
    expect(await add(number, byFamily())).toMatchObject({
      cart: { lines: [] },
      userErrors: [{ __typename: "NotRedeemable", code: "NOT_REDEEMABLE", reason, upstreamCode }],
    });
  });

  test("in a quantity beyond the limit stays out of the cart, with the limit", async () => {
    expect(await add(15478, { quantity: 2, ...byFamily() })).toMatchObject({
      cart: { lines: [] },
      userErrors: [{ __typename: "LimitReached", limit: 1, alreadyRedeemed: 0 }],
    });
    await add(15478, byFamily());
    expect(await add(15478)).toMatchObject({ userErrors: [{ code: "LIMIT_REACHED" }] });
  });

  test("beyond the limit of points a month stays out of the cart", async () => {
    expect(await add(15489, { quantity: 5, ...byFamily() })).toMatchObject({
      userErrors: [{ __typename: "NotRedeemable", code: "LIMIT_REACHED", reason: "LIMIT_REACHED" }],
    });
    expect((await add(15489, { quantity: 4, ...byFamily() })).userErrors).toEqual([]);
  });

  test("is any reward, for a customer whom Capillary does not know", async () => {
    const stranger = await gateway.customer();
    const { userErrors } = await changeCart(stranger, "addToCart", { rewardId: await reward(15470) });
    expect(userErrors).toMatchObject([{ code: "NOT_REDEEMABLE", reason: "NOT_ELIGIBLE" }]);
  });
});

describe("a changed price", () => {
  test("is used when the reward is added, also before it was recorded", async () => {
    const number = await ownReward(90);
    world().changeReward({ id: number, intouchPoints: 95 });
    const { cart, userErrors } = await add(number, byFamily());
    expect(userErrors).toEqual([]);
    expect(cart).toMatchObject({ total: 95, problems: [], lines: [{ unitPoints: 95 }] });
  });

  test("is a problem until it is accepted", async () => {
    const number = await ownReward(90);
    await add(number, byFamily());
    world().changeReward({ id: number, intouchPoints: 110 });
    const changed = await readCart(customer);
    expect(changed).toMatchObject({
      funding: [{ points: 110 }],
      problems: [{ code: "PRICE_CHANGED", message: expect.stringContaining("from 90 to 110") }],
    });
    const { cart, userErrors } = await update(changed.lines[0]?.id, {});
    expect(userErrors).toEqual([]);
    expect(cart).toMatchObject({ total: 110, problems: [], readyToOrder: true });
  });
});

describe("a group that the customer has left, or that has changed", () => {
  const problemsAfter = async (change: () => unknown) => {
    await add(15465, byFamily());
    change();
    return readCart(
      customer,
      "lines { groupWallet { id } } funding { available groupWallet { id } } problems { code message }",
    );
  };
  const id = () => groupNumber(family);

  test("is not shown any more, and the line cannot be ordered", async () => {
    const cart = await problemsAfter(() => world().changeMember(id(), customer.customerId, { active: false }));
    expect(cart).toEqual({
      lines: [{ groupWallet: null }],
      funding: [{ available: null, groupWallet: null }],
      problems: [{ code: "NOT_ELIGIBLE", message: "You are no longer in the group that is to pay for this." }],
    });
  });

  test.each([
    ["INACTIVE", "Rao family is not active, so its points cannot be spent now."],
    ["DELETED", "Rao family has ended."],
  ] as const)("%s: the cart says so", async (status, message) => {
    const { problems } = await problemsAfter(() => world().changeGroup(id(), { status }));
    expect(problems).toEqual([{ code: "NOT_ELIGIBLE", message }]);
  });

  test("whose points no rule allows to spend is not configured", async () => {
    const { problems } = await problemsAfter(() => world().changeGroup(id(), { redemptionConfigured: false }));
    expect(problems).toEqual([{ code: "NOT_CONFIGURED", message: "Rao family's points cannot be spent on this now." }]);
  });
});

test("a cart of one group's lines costs five calls on each read", async () => {
  await add(15465, byFamily());
  await add(15466, byFamily());
  const calls = await callsOf(gateway, () =>
    customer.ok(`{ me { cart { problems { code } readyToOrder funding { available groupWallet { name } } lines { groupWallet { name } } }
      again: cart { readyToOrder } groupWallets { name } } }`),
  );
  expect(calls).toEqual({ get: 1, customers: 1, "user-reward": 2, isredeemable: 1 });
});

/** A reward of its own for the test, mirrored. @returns its number */
async function ownReward(intouchPoints: number): Promise<number> {
  const { id } = world().addReward({ name: `Kite ${randomUUID()}`, intouchPoints });
  await syncCatalog(gateway);
  return id;
}
