import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { editsBetween } from "../../src/catalog/search.sql.ts";
import { startTestGateway, type TestGateway, type TestReward } from "../support/gateway.ts";

let gateway: TestGateway;
const category = `Category${randomUUID().replaceAll("-", "")}`;
const shelf = new Map<string, TestReward>();
const DAY_MS = 86_400_000;
beforeAll(async () => {
  gateway = await startTestGateway();
  const texts = {
    coffee: { name: "Coffee beans, 1 kg", brand: "Brewhaus", description: "Roasted in Trieste." },
    café: { name: "Café voucher", brand: "Crème Brûlée", description: "A cup of coffee and a piece of cake." },
    plant: { name: "Fern in a pot", brand: "Green & Co", description: "A plant for the desk." },
    headphones: { name: "Wireless headphones", brand: "Wattlewire", description: "Forty hours of music." },
    watch: { name: "Wrist watch", brand: "Tik", description: "Made of steel." },
    berry: { name: "Berry jam", brand: "Green & Co", description: "Four jars." },
    bench: { name: "Garden bench", brand: "Oak Works", description: "Near your plant pots and your headphones." },
  };
  for (const [name, text] of Object.entries(texts))
    shelf.set(name, await gateway.merchandise({ ...text, category, points: 10 }));
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Listed {
  rewards: {
    nodes: { sku: string }[];
    totalCount: number;
    brands: { name: string; rewardCount: number }[];
    pageInfo: { hasNextPage: boolean; endCursor: string };
  };
}
const document = `query ($filter: RewardFilter, $sort: RewardSort, $first: Int, $after: String) {
  rewards(filter: $filter, sort: $sort, first: $first, after: $after) {
    nodes { sku } totalCount brands { name rewardCount } pageInfo { hasNextPage endCursor } } }`;
const listed = async (filter: object, page: object = {}) =>
  (await gateway.anonymous.ok<Listed>(document, { filter: { categories: [category], ...filter }, ...page })).rewards;
const namesOf = (nodes: readonly { sku: string }[]) =>
  nodes.map(({ sku }) => [...shelf].find(([, reward]) => reward.sku === sku)?.[0] ?? sku);
const found = async (search: string, filter: object = {}) => namesOf((await listed({ search, ...filter })).nodes);

describe("a search tolerates", () => {
  test.each([
    ["a slip in a word", "cofee", ["coffee", "café"]],
    ["letters that changed places", "brewhuas", ["coffee"]],
    ["two slips in a long word", "hedphons", ["headphones", "bench"]],
    ["accents that are left out", "cafe creme brulee", ["café"]],
    ["accents that are too many", "cóffèe", ["coffee", "café"]],
    ["letters that are composed otherwise", "Cafe\u0301", ["café"]],
    ["a plural", "plants", ["plant", "bench"]],
    ["a plural in es", "watches", ["watch"]],
    ["a plural in ies", "berries", ["berry"]],
    ["the last part of a compound", "phones", ["headphones", "bench"]],
    ["two words for one", "head phones", ["headphones", "bench"]],
    ["a slip in one of several words", "wireles headphones", ["headphones"]],
  ])("%s: %s", async (_, search, names) => {
    expect((await found(search)).toSorted()).toEqual(names.toSorted());
  });

  test.each(["spaceship", "cofee spaceship", "xq", "tea"])("but finds no unrelated reward: %s", async (search) => {
    expect(await found(search)).toEqual([]);
  });

  test.each([
    ["watch", "watch", 0],
    ["brewhuas", "brewhaus", 1],
    ["cofee", "coffee", 1],
    ["", "abc", 3],
    ["kitten", "sitting", 3],
  ])("from %j to %j, counts %i edits", (one, other, edits) => {
    expect(editsBetween(one, other)).toBe(edits);
  });
});

describe("by relevance, which is the default of a search,", () => {
  test("rewards with the word in their name come before rewards with it in their description", async () => {
    expect(await found("coffee")).toEqual(["coffee", "café"]);
    expect(await found("headphones")).toEqual(["headphones", "bench"]);
  });

  test("a sold-out reward comes last, and inStock leaves it out", async () => {
    const sold = await gateway.merchandise({ name: "Headphones headphones", category, brand: "Gone", stock: 0 });
    shelf.set("sold out", sold);
    expect(await found("headphones")).toEqual(["headphones", "bench", "sold out"]);
    expect(await found("headphones", { inStock: true })).toEqual(["headphones", "bench"]);
    expect(await found("headphones", { inStock: false })).toEqual(["sold out"]);
  });

  test("pages continue after the previous one", async () => {
    const walked: string[] = [];
    let after: string | null = null;
    for (let pages = 1; pages <= 3; pages += 1) {
      const page: Listed["rewards"] = await listed({ search: "headphones" }, { first: 1, after });
      walked.push(...namesOf(page.nodes));
      expect(page.pageInfo.hasNextPage).toBe(pages < 3);
      after = page.pageInfo.endCursor;
    }
    expect(walked).toEqual(["headphones", "bench", "sold out"]);
  });

  test("without a search the order is the popular one", async () => {
    const [relevant, popular] = [await listed({}, { sort: "RELEVANCE" }), await listed({}, { sort: "POPULAR" })];
    expect(relevant.nodes).toEqual(popular.nodes);
  });
});

test("brands are counted among the matches, independent of the chosen brands", async () => {
  const { brands, nodes, totalCount } = await listed({ brands: ["Green & Co"], inStock: true });
  expect(namesOf(nodes).toSorted()).toEqual(["berry", "plant"]);
  expect(totalCount).toBe(2);
  expect(brands[0]).toEqual({ name: "Green & Co", rewardCount: 2 });
  expect(brands.map(({ name }) => name)).toContain("Brewhaus");
  expect((await listed({ search: "plants" })).brands).toEqual([
    { name: "Green & Co", rewardCount: 1 },
    { name: "Oak Works", rewardCount: 1 },
  ]);
});

test("newSince and endingBefore filter by the beginning and the end of an offer", async () => {
  const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();
  const ending = await gateway.merchandise({ name: "Concert", category, brand: "Hall", validUntil: inDays(2) });
  shelf.set("concert", ending);
  await gateway.sql("update rewards set created_at = now() - interval '30 days' where sku <> $1", [ending.sku]);
  expect(namesOf((await listed({ newSince: inDays(-7) })).nodes)).toEqual(["concert"]);
  expect(namesOf((await listed({ endingBefore: inDays(3) })).nodes)).toEqual(["concert"]);
  expect((await listed({ endingBefore: inDays(1) })).nodes).toEqual([]);
});

test("a renamed reward is found by its new words, even misspelt", async () => {
  const reward = await gateway.merchandise({ name: "Lamp", category, brand: "Light" });
  shelf.set("lamp", reward);
  expect(await found("chandeleer")).toEqual([]);
  await gateway.operator.ok(
    `mutation { updateReward(input: { rewardId: "${reward.id}", name: "Chandelier" }) { userErrors { message } } }`,
  );
  expect(await found("chandeleer")).toEqual(["lamp"]);
});

test("a selection of few fields, by fragments and aliases, has the same values as a selection of all", async () => {
  const few = await gateway.anonymous.ok<{ rewards: { edges: { node: object }[]; nodes: object[] } }>(
    `query ($filter: RewardFilter) { rewards(filter: $filter, sort: NAME) { edges { node { title: name ...Price } } nodes { ... on Reward { id payableWith validUntil } } } }
     fragment Price on Reward { points stock }`,
    { filter: { categories: [category] } },
  );
  const all = await gateway.anonymous.ok<{ rewards: { nodes: Record<string, unknown>[] } }>(
    `query ($filter: RewardFilter) { rewards(filter: $filter, sort: NAME) { nodes {
      id name points stock payableWith validUntil redeemability { redeemable } } } }`,
    { filter: { categories: [category] } },
  );
  expect(few.rewards.edges.map(({ node }) => node)).toEqual(
    all.rewards.nodes.map(({ name, points, stock }) => ({ title: name, points, stock })),
  );
  expect(few.rewards.nodes).toEqual(
    all.rewards.nodes.map(({ id, payableWith, validUntil }) => ({ id, payableWith, validUntil })),
  );
});
