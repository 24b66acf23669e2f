import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  callsOf,
  groupNumber,
  groupWalletId,
  mirroredReward,
  movementsOf,
  newGroup,
  syncCatalog,
} from "../support/capillary.ts";
import { type Customer, startTestGateway, type TestGateway } from "../support/gateway.ts";

let gateway: TestGateway;
let customer: Customer;
let family: string;
let groupId = 40_000;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(async () => {
  gateway.sandbox.reset();
  await syncCatalog(gateway);
  customer = await gateway.customer();
  world().addCustomer({ externalId: customer.customerId });
  // A unique number: the sandbox is reset for each test, but the orders are not.
  groupId += 1;
  family = newGroup(gateway, { id: groupId, members: [customer, "CUST12345"], points: 5_000 });
});

const world = () => gateway.sandbox.capillary;
interface Redeemability {
  redeemable: boolean;
  shortBy: number | null;
  reasons: string[];
}
const yes: Redeemability = { redeemable: true, shortBy: null, reasons: [] };
const no = (...reasons: string[]): Redeemability => ({ redeemable: false, shortBy: null, reasons });

async function ask(number: number, wallet?: object) {
  const { data, errors } = await customer.send<{ reward: { redeemability: Redeemability | null } }>(
    `query ($id: ID!, $wallet: WalletInput) { reward(id: $id) { redeemability(wallet: $wallet) { redeemable shortBy reasons } } }`,
    { id: await mirroredReward(gateway, number), wallet },
  );
  return { found: data?.reward.redeemability, errors: errors?.map(({ extensions }) => extensions.code) };
}
const byGroup = (groupWalletId = family) => ({ payWith: "GROUP", groupWalletId });
const fromGroup = async (number: number, group?: string) => (await ask(number, byGroup(group))).found;
const fromOwn = async (number: number) => (await ask(number)).found;

describe("a reward of Capillary", () => {
  test("can be redeemed with the customer's own points if it is free at Capillary, and with a group's", async () => {
    expect(await fromOwn(15470)).toEqual(yes);
    expect(await fromGroup(15470)).toEqual(yes);
    expect(await fromGroup(15465)).toEqual(yes);
  });

  test("reports the group's shortfall, with open orders counted", async () => {
    await movementsOf(gateway, family, [["PENDING", 4_800]]);
    expect(await fromGroup(15470)).toEqual({ ...no("INSUFFICIENT_POINTS"), shortBy: 100 });
  });

  test.each([
    [15480, "NOT_ELIGIBLE"],
    [15481, "NOT_STARTED"],
    [15475, "NOT_CONFIGURED"],
    [15473, "WALLET_NOT_SUPPORTED"],
  ])("%i cannot: %s", async (number, reason) => {
    expect(await fromGroup(number)).toEqual(no(reason));
  });

  test("reports all obstacles, and then reads no wallet", async () => {
    world().setBalance({ group: groupNumber(family), points: 10 });
    world().changeReward({ id: 15480, startsAt: "2035-01-01T00:00:00.000Z" });
    const calls = await callsOf(gateway, async () => {
      expect(await fromGroup(15480)).toEqual({ ...no("NOT_ELIGIBLE", "INSUFFICIENT_POINTS"), shortBy: 90 });
      expect(await fromGroup(15481)).toEqual({ ...no("NOT_STARTED", "INSUFFICIENT_POINTS"), shortBy: 240 });
    });
    expect(calls["isredeemable"]).toBeUndefined();
  });

  test("uses the current state, not the stored one", async () => {
    world().changeReward({ id: 15466, endsAt: "2025-06-01T00:00:00.000Z" });
    expect(await fromGroup(15466)).toEqual(no("ENDED"));
    world().changeReward({ id: 15465, intouchPoints: 6_000 });
    expect(await fromGroup(15465)).toEqual({ ...no("INSUFFICIENT_POINTS"), shortBy: 1_000 });
  });

  test("whose limit is used up cannot be redeemed", async () => {
    world().changeReward({
      id: 15465,
      limits: [{ id: 1, level: "CUSTOMER", kpi: "QUANTITY", limit: 0, frequency: "LIFETIME" }],
    });
    expect(await fromGroup(15465)).toEqual(no("LIMIT_REACHED"));
  });

  test("cannot be redeemed if Capillary would refuse the points", async () => {
    world().changeMember(groupNumber(family), customer.customerId, { mayRedeem: false });
    expect(await fromGroup(15470)).toEqual(no("NOT_CONFIGURED"));
    expect(await fromOwn(15470)).toEqual(yes);
  });
});

describe("a group", () => {
  test("of other customers looks like a group that does not exist, with the same upstream calls", async () => {
    const foreign = newGroup(gateway, { members: ["CUST67890"], points: 5_000 });
    const outcome = async (group: string) => {
      let found: unknown;
      const calls = await callsOf(gateway, async () => {
        found = await fromGroup(15465, group);
      });
      return { found, calls };
    };
    const answer = await outcome(foreign);
    expect(answer.found).toEqual(no("GROUP_NOT_FOUND"));
    expect(await outcome(groupWalletId(99_999_999))).toEqual(answer);
    expect((await outcome("nonsense")).found).toEqual(answer.found);
    world().changeGroup(groupNumber(family), { status: "DELETED" });
    expect(await outcome(family)).toEqual(answer);
  });

  test("that is not active cannot pay", async () => {
    world().changeGroup(groupNumber(family), { status: "INACTIVE" });
    expect(await fromGroup(15465)).toEqual(no("GROUP_INACTIVE"));
  });

  test("must be named", async () => {
    expect((await ask(15465, { payWith: "GROUP" })).found).toEqual(no("GROUP_NOT_FOUND"));
  });

  test("can afford rewards within its balance that a group may pay for", async () => {
    const skus = async (group: string) => {
      const { rewards } = await customer.ok<{ rewards: { nodes: { points: number; payableWith: string[] }[] } }>(
        `query ($wallet: WalletInput) { rewards(first: 100, filter: { affordableWith: $wallet }) { nodes { points payableWith } } }`,
        { wallet: byGroup(group) },
      );
      return rewards.nodes;
    };
    await gateway.voucher({ points: 1 });
    world().setBalance({ group: groupNumber(family), points: 350 });
    await movementsOf(gateway, family, [["UNCERTAIN", 50]]);
    const found = await skus(family);
    expect(Math.max(...found.map(({ points }) => points))).toBe(300);
    expect(found.every(({ payableWith }) => payableWith.includes("GROUP"))).toBe(true);
    const { points } = { points: 5_000 };
    expect(await skus(newGroup(gateway, { members: ["CUST67890"], points }))).toEqual([]);
    expect(await skus(newGroup(gateway, { members: [customer], points, status: "INACTIVE" }))).toEqual([]);
    expect(await skus("nonsense")).toEqual([]);
  });
});

describe("a page of 20 rewards", () => {
  const page = (wallet: object | null, caller: { ok: Customer["ok"] } = customer) =>
    caller.ok<{ rewards: { nodes: { points: number; redeemability: Redeemability }[] } }>(
      `query ($wallet: WalletInput) { rewards(first: 20, filter: { sources: [CAPILLARY] }, sort: NAME) {
        nodes { points redeemability(wallet: $wallet) { redeemable reasons } } } }`,
      { wallet },
    );

  test("needs only the customer's list, for own points", async () => {
    expect(await callsOf(gateway, () => page(null))).toEqual({ get: 1, "user-rewards": 1 });
  });

  test("costs a group one more call for each price without another obstacle", async () => {
    let prices = new Set<number>();
    const calls = await callsOf(gateway, async () => {
      const { rewards } = await page(byGroup());
      prices = new Set(rewards.nodes.filter(({ redeemability: r }) => r.redeemable).map(({ points }) => points));
    });
    expect(prices.size).toBeGreaterThan(5);
    expect(calls).toEqual({ get: 1, customers: 1, "user-rewards": 1, isredeemable: prices.size });
  });

  test("has the same result for each reward as a query for it alone", async () => {
    const { rewards } = await customer.ok<{ rewards: { nodes: { sku: string; redeemability: Redeemability }[] } }>(
      `query ($wallet: WalletInput) { rewards(first: 100, filter: { sources: [CAPILLARY] }) {
        nodes { sku redeemability(wallet: $wallet) { redeemable shortBy reasons } } } }`,
      { wallet: byGroup() },
    );
    for (const { sku, redeemability } of rewards.nodes) {
      expect([sku, redeemability]).toEqual([sku, await fromGroup(Number(sku.slice(4)))]);
    }
  });

  test("reports only the end for rewards that have ended", async () => {
    const ids = await Promise.all([15482, 15465, 15470].map((number) => mirroredReward(gateway, number)));
    const { nodes } = await customer.ok<{ nodes: { redeemability: Redeemability }[] }>(
      "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Reward { redeemability { redeemable shortBy reasons } } } }",
      { ids },
    );
    expect(nodes[0]?.redeemability.reasons).toEqual(["ENDED", "WALLET_NOT_SUPPORTED"]);
  });

  test("costs no call without a sign-in", async () => {
    expect(await callsOf(gateway, () => page(null, gateway.anonymous))).toEqual({});
  });

  test("for a customer unknown to Capillary needs no list", async () => {
    const stranger = await gateway.customer();
    const calls = await callsOf(gateway, async () => {
      const { rewards } = await page(null, stranger);
      expect(rewards.nodes.every(({ redeemability: { reasons } }) => reasons.includes("NOT_ELIGIBLE"))).toBe(true);
    });
    expect(calls).toEqual({ get: 1 });
  });
});

test("two rewards are checked one by one, and once each, even if named repeatedly", async () => {
  const ids = await Promise.all([15465, 15470].map((number) => mirroredReward(gateway, number)));
  const calls = await callsOf(gateway, () =>
    customer.ok(
      `query ($ids: [ID!]!, $wallet: WalletInput) { nodes(ids: $ids) { ... on Reward {
        redeemability { reasons } again: redeemability { redeemable } group: redeemability(wallet: $wallet) { reasons } } } }`,
      { ids, wallet: byGroup() },
    ),
  );
  expect(calls).toEqual({ get: 1, customers: 1, "user-reward": 2, isredeemable: 2 });
});

test("a stored record is rewritten only if it is out of date", async () => {
  const record = () =>
    gateway.sql("select sku, points, updated_at from rewards where source = 'CAPILLARY' order by sku");
  const look = () =>
    customer.ok(`{ rewards(first: 100, filter: { sources: [CAPILLARY] }) { nodes { redeemability { redeemable } } } }`);
  const before = await record();
  await look();
  for (const { id } of world().rewards()) await fromOwn(id);
  expect(await record()).toEqual(before);
  world().changeReward({ id: 15465, intouchPoints: 7 });
  await look();
  const changed = (await record()).filter((row, index) => JSON.stringify(row) !== JSON.stringify(before[index]));
  expect(changed).toMatchObject([{ sku: "CAP-15465", points: "7" }]);
});

test("a list of several pages is read to its end", async () => {
  world().setFlags({ pageZero: "first" });
  for (let index = 0; index < 110; index += 1) world().addReward({ name: `Kite ${index}`, intouchPoints: 5 });
  await syncCatalog(gateway);
  const calls = await callsOf(gateway, async () => {
    const { rewards } = await customer.ok<{ rewards: { nodes: { redeemability: Redeemability }[] } }>(
      `query ($wallet: WalletInput) { rewards(first: 100, filter: { search: "Kite" }) {
        nodes { redeemability(wallet: $wallet) { redeemable reasons } } } }`,
      { wallet: byGroup() },
    );
    expect(rewards.nodes.filter(({ redeemability }) => redeemability.redeemable)).toHaveLength(100);
  });
  expect(calls).toEqual({ get: 1, customers: 1, "user-rewards": 2, isredeemable: 1 });
});

test("a page of a hundred rewards with as many prices costs a group no more calls than a minute allows", async () => {
  for (let index = 0; index < 100; index += 1) world().addReward({ name: `Comet ${index}`, intouchPoints: 10 + index });
  await syncCatalog(gateway);
  const calls = await callsOf(gateway, async () => {
    const { rewards } = await customer.ok<{ rewards: { nodes: { points: number; redeemability: Redeemability }[] } }>(
      `query ($wallet: WalletInput) { rewards(first: 100, filter: { search: "Comet" }) {
        nodes { points redeemability(wallet: $wallet) { redeemable } } } }`,
      { wallet: byGroup() },
    );
    expect(new Set(rewards.nodes.map(({ points }) => points)).size).toBe(100);
    expect(rewards.nodes.every(({ redeemability }) => redeemability.redeemable)).toBe(true);
  });
  expect(calls["isredeemable"]).toBeLessThan(20);
});

test("a reward that cannot be checked is null with an error, and the others have results", async () => {
  const own = await gateway.voucher();
  const ids = [...(await Promise.all([15465, 15470, 15471].map((n) => mirroredReward(gateway, n)))), own.id];
  const look = () =>
    customer.send<{ nodes: { name: string; redeemability: Redeemability | null }[] }>(
      `query ($ids: [ID!]!, $wallet: WalletInput) { nodes(ids: $ids) { ... on Reward { name redeemability(wallet: $wallet) { reasons } } } }`,
      { ids, wallet: byGroup() },
    );
  for (const operation of ["get", "customers", "user-rewards"]) {
    gateway.sandbox.faults.add({ upstream: "capillary", operation, fault: "http-500" });
    const { data, errors } = await look();
    expect(data?.nodes.map(({ redeemability }) => redeemability)).toEqual([
      null,
      null,
      null,
      { reasons: ["WALLET_NOT_SUPPORTED"] },
    ]);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(Array(3).fill("UPSTREAM_UNAVAILABLE"));
  }
  gateway.sandbox.faults.add({ upstream: "capillary", operation: "isredeemable", fault: "http-500" });
  const { data, errors } = await look();
  expect(data?.nodes.filter(({ redeemability }) => redeemability === null)).toHaveLength(1);
  expect(errors).toMatchObject([{ extensions: { code: "UPSTREAM_UNAVAILABLE" } }]);
});
