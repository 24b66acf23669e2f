import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RewardSort } from "../../src/graphql/generated/resolvers.ts";
import { type Customer, startTestGateway, type TestGateway, type TestReward } from "../support/gateway.ts";
import type { Caller } from "../support/graphql.ts";
import { orderSettled, placeOrder } from "../support/orders.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const DAY_MS = 24 * 60 * 60 * 1_000;
const daysFromNow = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();
/** A category of its own separates the rewards of one test. It is one word, so no search finds a part of it. */
const newCategory = () => `Category${randomUUID().replaceAll("-", "")}`;

interface Page {
  nodes: { id: string; sku: string; name: string; points: number }[];
  edges: { cursor: string; node: { sku: string } }[];
  totalCount: number;
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
}
const document = `query ($first: Int, $after: String, $last: Int, $before: String, $filter: RewardFilter, $sort: RewardSort) {
  rewards(first: $first, after: $after, last: $last, before: $before, filter: $filter, sort: $sort) {
    nodes { id sku name points } edges { cursor node { sku } } totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;
const list = async (variables: Record<string, unknown>, caller: Caller = gateway.anonymous) =>
  (await caller.ok<{ rewards: Page }>(document, variables)).rewards;
const skus = async (filter: Record<string, unknown>, caller?: Caller) =>
  (await list({ filter, sort: "POINTS_ASC", first: 100 }, caller)).nodes.map(({ sku }) => sku);
const refusalOf = async (variables: Record<string, unknown>, caller: Caller = gateway.anonymous) => {
  const { data, errors } = await caller.send(document, variables);
  expect(data ?? null).toBeNull();
  return errors?.[0];
};
const operate = (mutation: string, input: Record<string, unknown>) =>
  gateway.operator.ok(
    `mutation ($input: ${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!) {
    ${mutation}(input: $input) { userErrors { message } } }`,
    { input },
  );
const skusOf = (...rewards: TestReward[]) => rewards.map(({ sku }) => sku);

describe("the filter", () => {
  test("matches any of the kinds, brands and categories, and combines them", async () => {
    const [category, other] = [newCategory(), newCategory()];
    const voucher = await gateway.voucher({ category, brand: "Acme", points: 10, codes: 1 });
    const parcel = await gateway.merchandise({ category, brand: "Acme", points: 20 });
    const elsewhere = await gateway.merchandise({ category: other, brand: "Zeta", points: 30 });

    expect(await skus({ categories: [category] })).toEqual(skusOf(voucher, parcel));
    expect(await skus({ categories: [category, other] })).toEqual(skusOf(voucher, parcel, elsewhere));
    expect(await skus({ categories: [category, other], kinds: ["MERCHANDISE"] })).toEqual(skusOf(parcel, elsewhere));
    expect(await skus({ categories: [category, other], brands: ["Zeta"] })).toEqual(skusOf(elsewhere));
    expect(await skus({ categories: [category], kinds: ["COUPON"] })).toEqual([]);
    expect(await skus({ categories: [category], sources: ["BIGCITY"] })).toEqual(skusOf(voucher, parcel));
    expect(await skus({ categories: [category], sources: ["CAPILLARY"] })).toEqual([]);
    expect(await skus({ categories: [category.toUpperCase()] })).toEqual([]);
  });

  test("matches prices from pointsMin to pointsMax, inclusive", async () => {
    const category = newCategory();
    const [a, b, c] = [
      await gateway.merchandise({ category, points: 100 }),
      await gateway.merchandise({ category, points: 200 }),
      await gateway.merchandise({ category, points: Number.MAX_SAFE_INTEGER }),
    ];
    const filter = { categories: [category] };
    expect(await skus({ ...filter, pointsMin: 100, pointsMax: 200 })).toEqual(skusOf(a, b));
    expect(await skus({ ...filter, pointsMin: 101 })).toEqual(skusOf(b, c));
    expect(await skus({ ...filter, pointsMax: 199 })).toEqual(skusOf(a));
    expect(await skus({ ...filter, pointsMax: 0 })).toEqual([]);
    expect(await skus({ ...filter, pointsMin: 200, pointsMax: 100 })).toEqual([]);
    expect(await skus({ ...filter, pointsMax: Number.MAX_SAFE_INTEGER })).toEqual(skusOf(a, b, c));
  });

  test("affordableWith matches rewards that the customer's points can pay, and none for a group's points", async () => {
    const category = newCategory();
    const customer = await gateway.customer({ balance: 150 });
    const cheap = await gateway.merchandise({ category, points: 150 });
    await gateway.merchandise({ category, points: 151 });
    const filter = { categories: [category] };
    expect(await skus({ ...filter, affordableWith: {} }, customer)).toEqual(skusOf(cheap));
    expect(await skus({ ...filter, affordableWith: { payWith: "INDIVIDUAL" }, pointsMax: 149 }, customer)).toEqual([]);
    expect(await skus({ ...filter, affordableWith: { payWith: "GROUP" } }, customer)).toEqual([]);
  });

  test("affordableWith needs a customer, and one whose points can be read", async () => {
    const variables = { filter: { affordableWith: {} } };
    expect(await refusalOf(variables)).toMatchObject({ extensions: { code: "UNAUTHENTICATED" } });
    expect(await refusalOf(variables, gateway.operator)).toMatchObject({ extensions: { code: "FORBIDDEN" } });
    const customer = await gateway.customer();
    gateway.sandbox.faults.add({ upstream: "client", operation: "points", fault: "http-500" });
    expect(await refusalOf(variables, customer)).toMatchObject({ extensions: { code: "UPSTREAM_UNAVAILABLE" } });
  });
});

describe("the search", () => {
  const category = newCategory();
  const shelf = new Map<string, TestReward>();
  beforeAll(async () => {
    const texts = [
      { name: "Amazon.in gift voucher", brand: "Amazon", description: "Shop for anything." },
      { name: "H&M T-shirt", brand: "H&M", description: "Cotton, 3.5 kg of it." },
      { name: "Levi's jeans", brand: "Levi's", description: "Denim \\ trousers, 100% cotton" },
      { name: "मोबाइल रिचार्ज", brand: "Airtel", description: "क्रिकेट के लिए" },
      { name: "Café crème", brand: "Brûlée", description: "coffee & cake" },
    ];
    for (const [index, text] of texts.entries())
      shelf.set(text.brand, await gateway.merchandise({ ...text, category, points: index }));
  });
  const brandsFound = async (search: string) => {
    const found = await skus({ categories: [category], search });
    return [...shelf].flatMap(([brand, reward]) => (found.includes(reward.sku) ? [brand] : []));
  };

  test.each([
    ["a word of the name", "voucher", ["Amazon"]],
    ["whatever its case", "VOUCHER", ["Amazon"]],
    ["the beginning of a word", "vouch", ["Amazon"]],
    ["a word of the brand", "airtel", ["Airtel"]],
    ["a word of the description", "denim", ["Levi's"]],
    ["a word of several rewards", "cotton", ["H&M", "Levi's"]],
    ["every one of several words, in any field and order", "cot lev", ["Levi's"]],
    ["no reward if a word matches none", "cotton spaceship", []],
    ["the end of a word", "oucher", ["Amazon"]],
    ["a word with a full stop in it", "amazon.in", ["Amazon"]],
    ["the beginning of such a word", "Amazon.", ["Amazon"]],
    ["a number with a fraction", "3.5", ["H&M"]],
    ["a word with an ampersand in it", "h&m", ["H&M"]],
    ["a word with a hyphen in it", "t-sh", ["H&M"]],
    ["words with and without a hyphen", "gift-voucher", ["Amazon"]],
    ["a part of a hyphenated word", "shirt", ["H&M"]],
    ["a word with an apostrophe in it", "levi's", ["Levi's"]],
    ["letters with accents", "crème brûlée", ["Brûlée"]],
    ["scripts whose vowels are marks", "मोबाइल", ["Airtel"]],
    ["the beginning of such a word", "मोबा", ["Airtel"]],
    ["letters joined by a virama", "क्रिकेट", ["Airtel"]],
  ])("finds %s: %s", async (_, search, brands) => {
    expect(await brandsFound(search)).toEqual(brands);
  });

  test.each(["", "   ", "!!!", "&", "|", "'", "\\", "(", ":*", "<->", "%", "-", "😀"])(
    "ignores %j, which has no word",
    async (search) => {
      expect(await brandsFound(search)).toHaveLength(shelf.size);
    },
  );

  test.each([
    "cotton'",
    "'cotton",
    "''cotton''",
    "cotton\\",
    "\\'cotton",
    "cotton:*",
    "cotton & denim",
    "denim !cotton",
    "denim | cotton",
    "(cotton",
    "cotton)",
    "cotton:AB",
    "denim <-> cotton",
    "cotton; drop table rewards; --",
    "cotton' or '1'='1",
    "cotton%",
    "_otton",
    "<b>cotton</b>",
    "$1 cotton",
  ])("reads %j as plain words", async (search) => {
    const { errors, data } = await gateway.anonymous.send<{ rewards: Page }>(document, {
      filter: { categories: [category], search },
    });
    expect(errors).toBeUndefined();
    expect(data?.rewards.totalCount).toBeLessThanOrEqual(2);
    expect(await gateway.sql("select count(*)::int as rewards from rewards")).not.toEqual([{ rewards: 0 }]);
  });

  test("accepts up to 500 characters, in one word or in many", async () => {
    expect(await brandsFound("cotton ".repeat(71))).toEqual(["H&M", "Levi's"]);
    for (const letter of ["x", "म", "𝒳"]) expect(await brandsFound(letter.repeat(500 / letter.length))).toEqual([]);
    expect(await refusalOf({ filter: { search: "x".repeat(501) } })).toMatchObject({
      message: "filter.search: at most 500 characters",
      extensions: { code: "BAD_USER_INPUT" },
    });
  });
});

describe("every sort", () => {
  /** Some rewards, several of them equal in the sorted field. */
  async function fill(category: string, count: number) {
    const rewards: TestReward[] = [];
    for (let index = 0; index < count; index += 1)
      rewards.push(
        await gateway.merchandise({
          category,
          points: 10 * (index % 4),
          name: `Name ${"cab"[index % 3]}`,
          brand: `${index}`,
        }),
      );
    await gateway.sql("update rewards set popularity = length(brand) + points::int where category = $1", [category]);
    await gateway.sql(
      "update rewards set created_at = date_trunc('day', created_at) + brand::int / 3 * interval '1 ms' where category = $1",
      [category],
    );
    return rewards;
  }
  /** RELEVANCE needs a search: see `search.test.ts`. */
  const inOrder: Record<Exclude<RewardSort, "RELEVANCE">, string> = {
    POPULAR: "popularity desc, id desc",
    NEWEST: "created_at desc, id desc",
    POINTS_ASC: "points, id",
    POINTS_DESC: "points desc, id desc",
    NAME: "name, id",
  };
  const sorts = Object.keys(inOrder) as (keyof typeof inOrder)[];

  test.each(sorts)("%s pages to the end, with each reward once and in order", async (sort) => {
    const category = newCategory();
    await fill(category, 12);
    const expected = await gateway.sql<{ sku: string }>(
      `select sku from rewards where category = $1 order by ${inOrder[sort]}`,
      [category],
    );

    const walked: string[] = [];
    let after: string | null = null;
    for (let pages = 1; pages <= 4; pages += 1) {
      const page: Page = await list({ first: 3, after, sort, filter: { categories: [category] } });
      expect(page.totalCount).toBe(12);
      expect(page.edges.map(({ node }) => node.sku)).toEqual(page.nodes.map(({ sku }) => sku));
      expect(page.pageInfo).toEqual({
        hasNextPage: pages < 4,
        hasPreviousPage: pages > 1,
        startCursor: page.edges[0]?.cursor,
        endCursor: page.edges.at(-1)?.cursor,
      });
      walked.push(...page.nodes.map(({ sku }) => sku));
      after = page.pageInfo.endCursor;
    }
    expect(walked).toEqual(expected.map(({ sku }) => sku));
    const back: string[] = [];
    let before: string | null = null;
    for (let pages = 1; pages <= 3; pages += 1) {
      const page: Page = await list({ last: 5, before, sort, filter: { categories: [category] } });
      expect(page.pageInfo).toMatchObject({ hasNextPage: pages > 1, hasPreviousPage: pages < 3 });
      back.unshift(...page.nodes.map(({ sku }) => sku));
      before = page.pageInfo.startCursor;
    }
    expect(back).toEqual(walked);
    const beyond = await list({ first: 3, after, sort, filter: { categories: [category] } });
    expect(beyond).toMatchObject({ nodes: [], pageInfo: { hasNextPage: false, startCursor: null, endCursor: null } });
  });

  test.each(sorts)("%s neither skips nor repeats a reward while others are added between pages", async (sort) => {
    const category = newCategory();
    const before = skusOf(...(await fill(category, 9)));

    const walked: string[] = [];
    let after: string | null = null;
    do {
      const page: Page = await list({ first: 2, after, sort, filter: { categories: [category] } });
      walked.push(...page.nodes.map(({ sku }) => sku));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
      // A reward that sorts first and a reward that sorts last.
      await gateway.merchandise({ category, points: 0, name: "A", brand: "1" });
      await gateway.merchandise({ category, points: 1_000, name: "Z", brand: "1" });
      if (walked.length > 40) break;
    } while (after !== null && before.some((sku) => !walked.includes(sku)));

    expect(walked.filter((sku) => before.includes(sku)).toSorted()).toEqual(before.toSorted());
    expect(new Set(walked).size).toBe(walked.length);
  });

  test("continues only from a cursor of its own", async () => {
    const category = newCategory();
    await fill(category, 2);
    for (const sort of sorts) {
      const { pageInfo } = await list({ first: 1, sort, filter: { categories: [category] } });
      for (const other of sorts.filter((name) => name !== sort)) {
        expect(await refusalOf({ sort: other, after: pageInfo.endCursor })).toMatchObject({
          message: "after: is not a cursor of this list and sort",
          extensions: { code: "BAD_USER_INPUT", field: "after" },
        });
      }
    }
  });
});

describe("an invalid cursor or page size", () => {
  const forged = (...key: unknown[]) => Buffer.from(JSON.stringify(key)).toString("base64url");
  const id = randomUUID();
  test.each([
    ["empty text", "POPULAR", ""],
    ["garbage", "POPULAR", "not-a-cursor"],
    ["a global id", "POPULAR", Buffer.from(`Reward:${id}`).toString("base64url")],
    ["too few parts", "POPULAR", forged("POPULAR", 1)],
    ["too many parts", "POPULAR", forged("POPULAR", 1, id, 1)],
    ["an id that is none", "POPULAR", forged("POPULAR", 1, "x")],
    ["a fraction", "POPULAR", forged("POPULAR", 1.5, id)],
    ["a number out of range", "POPULAR", forged("POPULAR", 2 ** 31, id)],
    ["text for a number", "POINTS_ASC", forged("POINTS_ASC", "1", id)],
    ["a fraction of a point", "POINTS_DESC", forged("POINTS_DESC", 0.5, id)],
    ["a time that is none", "NEWEST", forged("NEWEST", "yesterday", id)],
    ["a year that is none", "NEWEST", forged("NEWEST", "0000-01-01T00:00:00Z", id)],
    ["an injection", "NAME", forged("NAME", "'; --", "x' or true")],
    ["a NUL character", "NAME", forged("NAME", "\0", id)],
    ["half a character", "NAME", forged("NAME", "\ud83c", id)],
  ])("is refused: %s for %s", async (_, sort, after) => {
    expect(await refusalOf({ sort, after })).toMatchObject({ extensions: { code: "BAD_USER_INPUT", field: "after" } });
  });

  test.each([0, 101, -1])("is refused: first %i", async (first) => {
    expect(await refusalOf({ first })).toMatchObject({
      message: `first: must be 1 to 100, found ${first}`,
      extensions: { code: "BAD_USER_INPUT", field: "first" },
    });
  });
  test("of 100 is allowed, and the default is 20", async () => {
    const category = newCategory();
    await gateway.sql(
      `insert into rewards (id, sku, name, description, kind, points, brand, category, image_url)
       select gen_random_uuid(), 'BULK-' || $1 || n, 'n', 'd', 'MERCHANDISE', n, 'b', $1, '/x' from generate_series(1, 101) n`,
      [category],
    );
    const filter = { categories: [category] };
    expect((await list({ filter, first: 100 })).nodes).toHaveLength(100);
    expect(await list({ filter })).toMatchObject({ totalCount: 101, nodes: { length: 20 } });
  });
});

describe("rewards on offer", () => {
  const offer = async (category: string) => {
    const rewards = {
      current: await gateway.merchandise({ category, validFrom: daysFromNow(-1), validUntil: daysFromNow(1) }),
      ended: await gateway.merchandise({ category, validUntil: daysFromNow(-1) }),
      future: await gateway.merchandise({ category, validFrom: daysFromNow(1) }),
      inactive: await gateway.merchandise({ category }),
      archived: await gateway.merchandise({ category }),
      soldOut: await gateway.merchandise({ category, stock: 0 }),
    };
    await operate("updateReward", { rewardId: rewards.inactive.id, active: false });
    await operate("archiveReward", { rewardId: rewards.archived.id });
    return rewards;
  };

  test("are active and within their dates; every reward is found by its id or SKU", async () => {
    const category = newCategory();
    const rewards = await offer(category);
    expect((await skus({ categories: [category] })).toSorted()).toEqual(
      skusOf(rewards.current, rewards.soldOut).toSorted(),
    );
    for (const { id, sku } of Object.values(rewards)) {
      expect(await gateway.anonymous.ok(`{ a: reward(id: "${id}") { sku } b: reward(sku: "${sku}") { id } }`)).toEqual({
        a: { sku },
        b: { id },
      });
    }
  });

  test("are counted by category, and a category without any is not listed", async () => {
    const [category, other] = [newCategory(), newCategory()];
    await offer(category);
    await gateway.merchandise({ category: other, validUntil: daysFromNow(-1) });
    const { rewardCategories } = await gateway.anonymous.ok<{
      rewardCategories: { name: string; rewardCount: number }[];
    }>("{ rewardCategories { name rewardCount } }");
    expect(rewardCategories.find(({ name }) => name === category)).toEqual({ name: category, rewardCount: 2 });
    expect(rewardCategories.some(({ name }) => name === other)).toBe(false);
    const names = rewardCategories.map(({ name }) => name);
    expect(names).toEqual(names.toSorted());
  });
});

describe("one reward", () => {
  const one = (args: string) => gateway.anonymous.send<{ reward: unknown }>(`{ reward${args} { sku } }`);
  test.each(["", `(id: "x", sku: "y")`, `(id: null)`, `(id: null, sku: null)`])(
    "is read by id or by SKU, and not by %j",
    async (args) => {
      const { data, errors } = await one(args);
      expect(data).toEqual({ reward: null });
      expect(errors).toMatchObject([{ message: "id: give either id or sku", extensions: { code: "BAD_USER_INPUT" } }]);
    },
  );
  test("is null if it does not exist", async () => {
    const unknown = Buffer.from(`Reward:${randomUUID()}`).toString("base64url");
    const cart = Buffer.from(`Cart:${randomUUID()}`).toString("base64url");
    for (const args of [`(id: "${unknown}")`, `(id: "${cart}")`, `(id: "x")`, `(id: "")`, `(sku: "nope")`, `(sku: "")`])
      expect(await one(args)).toEqual({ data: { reward: null } });
  });
});

describe("redeemability", () => {
  const ask = async (caller: Caller, { id }: TestReward, wallet = "") => {
    const { reward } = await caller.ok<{ reward: { redeemability: unknown } }>(
      `query ($id: ID) { reward(id: $id) { redeemability${wallet} { redeemable shortBy reasons } } }`,
      { id },
    );
    return reward.redeemability;
  };
  const no = (...reasons: string[]) => ({ redeemable: false, shortBy: null, reasons });
  const yes = { redeemable: true, shortBy: null, reasons: [] };

  test("is true for a customer with exactly the points", async () => {
    const reward = await gateway.voucher({ points: 300 });
    expect(await ask(await gateway.customer({ balance: 300 }), reward)).toEqual(yes);
    expect(await ask(await gateway.customer({ balance: 299 }), reward)).toEqual({
      redeemable: false,
      shortBy: 1,
      reasons: ["INSUFFICIENT_POINTS"],
    });
  });

  test("needs a signed-in customer, and operators cannot redeem", async () => {
    const reward = await gateway.voucher();
    expect(await ask(gateway.anonymous, reward)).toEqual(no("NOT_SIGNED_IN"));
    expect(await ask(gateway.operator, reward)).toEqual(no("NOT_SIGNED_IN"));
  });

  test("reports why no customer can redeem the reward now", async () => {
    const customer = await gateway.customer();
    const inactive = await gateway.merchandise();
    await operate("updateReward", { rewardId: inactive.id, active: false });
    const archived = await gateway.merchandise();
    await operate("archiveReward", { rewardId: archived.id });
    expect(await ask(customer, await gateway.voucher({ codes: 0 }))).toEqual(no("SOLD_OUT"));
    expect(await ask(customer, await gateway.merchandise({ stock: 0 }))).toEqual(no("SOLD_OUT"));
    expect(await ask(customer, await gateway.merchandise({ validUntil: daysFromNow(-1) }))).toEqual(no("ENDED"));
    expect(await ask(customer, await gateway.merchandise({ validFrom: daysFromNow(1) }))).toEqual(no("NOT_STARTED"));
    expect(await ask(customer, inactive)).toEqual(no("INACTIVE"));
    expect(await ask(customer, archived)).toEqual(no("INACTIVE"));
  });

  test("counts only the customer's own redemptions against the limit", async () => {
    const [customer, other] = [await gateway.customer(), await gateway.customer()];
    const reward = await gateway.voucher({ limitPerCustomer: 2 });
    await orderSettled(customer, await placeOrder(customer, reward.id));
    expect(await ask(customer, reward)).toEqual(yes);
    await orderSettled(customer, await placeOrder(customer, reward.id));
    expect(await ask(customer, reward)).toEqual(no("LIMIT_REACHED"));
    expect(await ask(other, reward)).toEqual(yes);
  });

  test("does not count points that an order holds", async () => {
    const customer = await gateway.customer({ balance: 150 });
    const reward = await gateway.voucher({ points: 100 });
    const call = gateway.fault("redeem", { fault: "hold" });
    const order = await placeOrder(customer, reward.id);
    await gateway.sandbox.faults.held(call);
    expect(await ask(customer, reward)).toEqual({ redeemable: false, shortBy: 50, reasons: ["INSUFFICIENT_POINTS"] });
    gateway.sandbox.faults.release({ id: call.id });
    await orderSettled(customer, order);
  });

  test("is false for a group's points, with any balance of the customer", async () => {
    const reward = await gateway.voucher({ points: 100 });
    for (const balance of [0, 1_000]) {
      const customer = await gateway.customer({ balance });
      expect(await ask(customer, reward, "(wallet: { payWith: GROUP })")).toEqual(no("WALLET_NOT_SUPPORTED"));
    }
  });

  test("lists every reason at once", async () => {
    const customer = await gateway.customer({ balance: 0 });
    const reward = await gateway.merchandise({ points: 100, stock: 0, validUntil: daysFromNow(-1) });
    expect(await ask(customer, reward)).toEqual({
      redeemable: false,
      shortBy: 100,
      reasons: ["ENDED", "SOLD_OUT", "INSUFFICIENT_POINTS"],
    });
  });

  test("is null with an error while the points cannot be read, and the reward is returned", async () => {
    const customer: Customer = await gateway.customer();
    const { sku } = await gateway.voucher();
    gateway.sandbox.faults.add({ upstream: "client", operation: "points", fault: "http-500" });
    const { data, errors } = await customer.send(`{ reward(sku: "${sku}") { sku redeemability { redeemable } } }`);
    expect(data).toEqual({ reward: { sku, redeemability: null } });
    expect(errors).toMatchObject([
      { path: ["reward", "redeemability"], extensions: { code: "UPSTREAM_UNAVAILABLE", retryable: true } },
    ]);
  });
});

test("a reward's means of payment and texts are returned as they were entered", async () => {
  const sku = `SKU-${randomUUID()}`;
  await operate("createReward", {
    sku,
    kind: "MERCHANDISE",
    name: "  Mug  ",
    description: "A mug.",
    points: 0,
    brand: "B",
    category: "C",
    imageUrl: "https://images.example.com/mug.svg",
    terms: "None.",
    howToUse: "Drink.",
    validFrom: "2026-01-01T05:30:00+05:30",
    validUntil: "2099-01-01T00:00:00Z",
    stock: 5,
    limitPerCustomer: 1,
  });
  const { reward } = await gateway.anonymous.ok<{ reward: unknown }>(`{ reward(sku: "${sku}") {
    name description kind source points brand category imageUrl terms howToUse validFrom validUntil stock limitPerCustomer payableWith } }`);
  expect(reward).toEqual({
    name: "Mug",
    description: "A mug.",
    kind: "MERCHANDISE",
    source: "BIGCITY",
    points: 0,
    brand: "B",
    category: "C",
    imageUrl: "https://images.example.com/mug.svg",
    terms: "None.",
    howToUse: "Drink.",
    validFrom: "2026-01-01T00:00:00.000Z",
    validUntil: "2099-01-01T00:00:00.000Z",
    stock: 5,
    limitPerCustomer: 1,
    payableWith: ["INDIVIDUAL"],
  });
});
