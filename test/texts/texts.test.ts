import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type InProcessGateway, startTestGateway } from "../support/gateway.ts";
import { makeCaller } from "../support/graphql.ts";
import { idleInBackground, queriesOf } from "../support/sql-spy.ts";

let gateway: InProcessGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ SEED: "sample" }, idleInBackground);
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** A reader whose browser asks for these languages. */
const reader = (acceptLanguage: string) =>
  makeCaller(() => gateway.url, undefined, { "accept-language": acceptLanguage });
const unique = () => randomUUID().replaceAll("-", "");

interface Texts {
  name: string;
  description: string;
  terms: string | null;
  textLanguage: string;
}
const read = async (acceptLanguage: string, sku: string, args = "") =>
  (
    await reader(acceptLanguage).ok<{ reward: Texts }>(
      `query ($sku: String) { reward(sku: $sku) { name${args} description${args} terms${args} textLanguage${args} } }`,
      { sku },
    )
  ).reward;

async function make(texts: readonly object[] = [], more: object = {}) {
  const sku = `T-${unique()}`;
  const { createReward } = await gateway.operator.ok<{ createReward: { reward: { id: string; sku: string } } }>(
    `mutation ($input: CreateRewardInput!) { createReward(input: $input) { reward { id sku } userErrors { code message } } }`,
    {
      input: {
        ...{ sku, name: "Bowl", description: "A bowl of clay.", terms: "Breaks.", kind: "MERCHANDISE", points: 10 },
        ...{ brand: "Potter", category: "Kitchen", imageUrl: "/x.svg", texts, ...more },
      },
    },
  );
  return createReward.reward;
}
const hindi = { language: "hi", name: "कटोरा", description: "मिट्टी का कटोरा।" };
const indonesian = { language: "id", name: "Mangkuk", description: "Mangkuk tanah liat.", terms: "Mudah pecah." };

describe("a reward's texts", () => {
  test.each([
    ["in the language of the header", "hi", "", { name: "कटोरा", textLanguage: "hi" }],
    ["in a language of which the header names a region", "hi-IN,en;q=0.5", "", { name: "कटोरा", textLanguage: "hi" }],
    ["in the next language that there is", "fr,id;q=0.8,hi;q=0.7", "", { name: "Mangkuk", textLanguage: "id" }],
    ["in the programme's language if it is wanted more", "en-GB,hi;q=0.9", "", { name: "Bowl", textLanguage: "en" }],
    ["in the programme's language if none is wanted", "*", "", { name: "Bowl", textLanguage: "en" }],
    [
      "in the programme's language for a header of nonsense",
      ";;q=,-,__proto__",
      "",
      { name: "Bowl", textLanguage: "en" },
    ],
    ["in the language of the argument", "id", '(language: "hi")', { name: "कटोरा", textLanguage: "hi" }],
    ["in the programme's language by the argument", "id", '(language: "en")', { name: "Bowl", textLanguage: "en" }],
    ["in the programme's language where it has no other", "fr", "", { name: "Bowl", textLanguage: "en" }],
  ])("%s", async (_, header, args, texts) => {
    const { sku } = await make([hindi, indonesian]);
    expect(await read(header, sku, args)).toMatchObject(texts);
  });

  test("fall back field by field if a language has no terms", async () => {
    const { sku } = await make([hindi, indonesian]);
    expect(await read("hi", sku)).toMatchObject({ description: "मिट्टी का कटोरा।", terms: "Breaks." });
    expect(await read("id", sku)).toMatchObject({ terms: "Mudah pecah." });
  });

  test("of a page take one more statement, and none in the programme's language", async () => {
    const page = "{ rewards(first: 20) { nodes { name description } } }";
    const statements = (language: string) =>
      queriesOf(() => reader(language).ok(page), /order by popularity|texts <> /);
    expect(await statements("en-US,en")).toHaveLength(1);
    expect(await statements("en-US,en")).toHaveLength(1);
    expect(await statements("hi")).toHaveLength(2);
  });

  test("are in Hindi and Indonesian for the whole sample world", async () => {
    const page =
      '{ rewards(first: 100, filter: { sources: [BIGCITY], brands: ["Brewhaus", "Wattlewire", "Farwend"] }) { nodes { textLanguage sku } } }';
    for (const language of ["hi", "id"]) {
      const { rewards } = await reader(language).ok<{ rewards: { nodes: Texts[] } }>(page);
      expect(rewards.nodes.length).toBeGreaterThan(5);
      expect(rewards.nodes.filter(({ textLanguage }) => textLanguage !== language)).toEqual([]);
    }
  });

  test("over a socket follow the languages of `connection_init`", async () => {
    const { sku } = await make([hindi]);
    const client = gateway.anonymous.socket({ connectionParams: { "accept-language": "hi" } });
    const results = client.iterate({ query: `{ reward(sku: "${sku}") { name } }` });
    expect((await results.next()).value).toMatchObject({ data: { reward: { name: "कटोरा" } } });
    await client.dispose();
  });
});

describe("operators", () => {
  const update = (rewardId: string, texts: readonly object[]) =>
    gateway.operator.send<{ updateReward: { userErrors: { code: string; message: string; field: string[] }[] } }>(
      `mutation ($input: UpdateRewardInput!) { updateReward(input: $input) { userErrors { code message field } } }`,
      { input: { rewardId, texts } },
    );

  test("replace the texts of a reward", async () => {
    const { id, sku } = await make([hindi, indonesian]);
    await update(id, [{ ...indonesian, name: "Piring" }]);
    const { reward } = await gateway.anonymous.ok<{ reward: { texts: object[] } }>(
      `query ($sku: String) { reward(sku: $sku) { texts { language name terms } } }`,
      { sku },
    );
    expect(reward.texts).toEqual([{ language: "id", name: "Piring", terms: "Mudah pecah." }]);
  });

  test.each([
    ["the programme's language", [{ ...hindi, language: "en" }], ["input", "texts"]],
    ["a region of the programme's language", [{ ...hindi, language: "EN-gb" }], ["input", "texts"]],
    ["a language twice", [hindi, { ...hindi, language: "HI" }], ["input", "texts", "1", "language"]],
    ["no language", [{ ...hindi, language: "हिन्दी" }], ["input", "texts", "0", "language"]],
  ])("are refused %s", async (_, texts, field) => {
    const { id } = await make();
    const { data } = await update(id, texts);
    expect(data?.updateReward.userErrors).toMatchObject([{ code: "INVALID_INPUT", field }]);
  });
});

describe("a search", () => {
  const found = async (search: string) =>
    (
      await reader("hi").ok<{ rewards: { nodes: { sku: string }[] } }>(
        `query ($search: String) { rewards(filter: { search: $search }) { nodes { sku } } }`,
        { search },
      )
    ).rewards.nodes.map(({ sku }) => sku);

  test("finds the words of another language, with a slip too", async () => {
    const word = `Gerabah${unique().slice(0, 8)}`;
    const { id, sku } = await make([{ ...indonesian, name: `${word} merah` }]);
    expect(await found(word.toLowerCase())).toEqual([sku]);
    expect(await found(`${word.slice(0, 5)}x${word.slice(5)}`)).toEqual([sku]);
    await gateway.operator.ok(
      `mutation ($id: ID!) { updateReward(input: { rewardId: $id, texts: [] }) { userErrors { code } } }`,
      { id },
    );
    expect(await found(word)).toEqual([]);
  });

  test("keeps words with vowel signs whole", async () => {
    const { sku } = await make([{ ...hindi, name: "मृत्तिकापात्र" }]);
    expect(await found("मृत्तिकापात्र")).toEqual([sku]);
    expect(await found("मृत्ति")).toContain(sku);
    expect(await found("मृग")).toEqual([]);
  });

  test("finds the translation of a category", async () => {
    const category = `Category ${unique()}`;
    const hindiWord = `वर्ग${unique()}`;
    const before = await make([], { category });
    await translate(category, [{ language: "hi", text: hindiWord }]);
    const after = await make([], { category });
    expect((await found(hindiWord)).toSorted()).toEqual([before.sku, after.sku].toSorted());
    await translate(category, []);
    expect(await found(hindiWord)).toEqual([]);
  });
});

const translate = (text: string, translations: readonly object[]) =>
  gateway.operator.ok(
    `mutation ($input: SetNameTranslationsInput!) { setNameTranslations(input: $input) { userErrors { code message } } }`,
    { input: { text, translations } },
  );

describe("names", () => {
  test("of categories, rules and draws are translated, with their language", async () => {
    const document = `{ rewardCategories { name shownName } rewardCampaigns { name nameLanguage draw { name prizes { name } } multipliers { name } } }`;
    interface Named {
      rewardCategories: { name: string; shownName: string }[];
      rewardCampaigns: {
        name: string;
        nameLanguage: string;
        draw: { name: string; prizes: { name: string }[] } | null;
        multipliers: { name: string }[] | null;
      }[];
    }
    const { rewardCategories, rewardCampaigns } = await reader("hi").ok<Named>(document);
    expect(rewardCategories).toContainEqual({ name: "Home", shownName: "घर" });
    expect(rewardCampaigns.map(({ name }) => name)).toContain("स्वागत बोनस");
    expect(rewardCampaigns.map(({ nameLanguage }) => nameLanguage)).not.toContain("en");
    const draw = rewardCampaigns.find((each) => each.draw)?.draw;
    expect(draw).toMatchObject({ name: "सैंडबॉक्स का लकी ड्रॉ" });
    expect(draw?.prizes.map(({ name }) => name)).toContain("वायरलेस हेडफ़ोन");
    const english = await reader("en").ok<Named>(document);
    expect(english.rewardCampaigns.map(({ name }) => name)).toContain("Welcome bonus");
  });

  test("without a translation are the originals, with their language", async () => {
    const category = `Category ${unique()}`;
    await make([], { category });
    const { rewards } = await reader("hi").ok<{ rewards: { nodes: object[] } }>(
      `query ($categories: [String!]) { rewards(filter: { categories: $categories }) { nodes { category shownCategory } } }`,
      { categories: [category] },
    );
    expect(rewards.nodes).toEqual([{ category, shownCategory: category }]);
  });

  test("are replaced together by operators, and read back", async () => {
    const text = `Rule ${unique()}`;
    await translate(text, [
      { language: "id", text: "Aturan" },
      { language: "hi", text: "नियम" },
    ]);
    await translate(text, [{ language: "HI", text: "क़ायदा" }]);
    const { nameTranslations } = await gateway.operator.ok<{ nameTranslations: object[] }>(
      `query ($texts: [String!]!) { nameTranslations(texts: $texts) { text translations { language text } } }`,
      { texts: [text] },
    );
    expect(nameTranslations).toEqual([{ text, translations: [{ language: "hi", text: "क़ायदा" }] }]);
    const log = await gateway.sql("select details from audit_log where action = 'translations.set' and subject = $1", [
      text,
    ]);
    expect(log).toHaveLength(2);
  });
});

describe("a GET that caches may keep", () => {
  const get = (acceptLanguage: string, etag?: string) =>
    fetch(`${gateway.url}/graphql?query=${encodeURIComponent("{ rewardCategories { shownName } }")}`, {
      headers: {
        "accept-language": acceptLanguage,
        "apollo-require-preflight": "1",
        ...(etag && { "if-none-match": etag }),
      },
    });

  test("varies with the language, and so does its entity tag", async () => {
    const english = await get("en");
    expect(english.headers.get("vary")).toContain("Accept-Language");
    const etag = english.headers.get("etag") ?? "";
    expect((await get("en", etag)).status).toBe(304);
    expect((await get("hi", etag)).status).toBe(200);
  });
});

test("Capillary's texts come with the full definition of a reward", async () => {
  await gateway.operator.ok("mutation { syncCatalog { userErrors { code } } }");
  expect(await read("hi", "CAP-15465")).toMatchObject({ name: "पॉपकॉर्न", textLanguage: "hi" });
  expect(await read("en", "CAP-15465")).toMatchObject({ name: "Popcorn", textLanguage: "en" });
});
