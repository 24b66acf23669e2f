import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway, type TestReward } from "../support/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Answer {
  reward: Record<string, unknown> | null;
  userErrors: { code: string; message: string; field: string[] | null }[];
}
const fields = `reward { id sku name description points brand category imageUrl terms howToUse validFrom validUntil stock
  limitPerCustomer } userErrors { code message field }`;

async function operate(mutation: string, input: Record<string, unknown>): Promise<Answer> {
  const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) { answer: ${mutation}(input: $input) { ${fields} } }`;
  const { data, errors } = await gateway.operator.send<{ answer: Answer }>(query, { input });
  if (!data) throw new Error(JSON.stringify(errors));
  return data.answer;
}
const create = (input: Record<string, unknown> = {}) =>
  operate("createReward", {
    sku: `SKU-${randomUUID()}`,
    name: "Mug",
    description: "A mug.",
    kind: "MERCHANDISE",
    points: 100,
    brand: "Brand",
    category: "Category",
    imageUrl: "/assets/rewards/none.svg",
    ...input,
  });
const update = ({ id }: TestReward, input: Record<string, unknown>) =>
  operate("updateReward", { rewardId: id, ...input });
const adjust = ({ id }: TestReward, change: Record<string, unknown>, note?: string) =>
  operate("adjustStock", { rewardId: id, change, note });
const read = async ({ sku }: TestReward) =>
  (await gateway.sql("select *, points::int as points from rewards where sku = $1", [sku]))[0];
const audited = (sku: string) =>
  gateway.sql("select actor, action, details from audit_log where subject = $1 order by id", [sku]);

const tooLong = (length: number) => "x".repeat(length + 1);
const badTexts: [field: string, value: unknown][] = [
  ["name", ""],
  ["name", "   "],
  ["name", tooLong(200)],
  ["description", ""],
  ["description", tooLong(10_000)],
  ["brand", " "],
  ["category", ""],
  ["imageUrl", ""],
  ["imageUrl", "mug.svg"],
  ["imageUrl", "//evil.example.com/mug.svg"],
  ["imageUrl", "/\\evil.example.com/mug.svg"],
  ["imageUrl", "http://images.example.com/mug.svg"],
  ["imageUrl", "javascript:alert(1)"],
  ["imageUrl", `/${tooLong(2_000)}`],
  ["terms", ""],
  ["howToUse", "  "],
  ["limitPerCustomer", 0],
  ["limitPerCustomer", -1],
];

describe("creating a reward", () => {
  test.each([
    ...badTexts,
    ["sku", ""],
    ["sku", "x"],
    ["sku", "-SKU"],
    ["sku", "with space"],
    ["sku", "ünïcode"],
    ["sku", tooLong(64)],
    ["kind", "COUPON"],
    ["stock", -1],
  ])("is refused for a wrong %s: %j", async (field, value) => {
    const answer = await create({ [field]: value });
    expect(answer).toMatchObject({ reward: null, userErrors: [{ code: "INVALID_INPUT", field: ["input", field] }] });
    expect(answer.userErrors[0]?.message).toMatch(new RegExp(`^${field}: `));
  });

  test("names every wrong field at once", async () => {
    const { userErrors } = await create({ sku: "?", name: "", limitPerCustomer: 0 });
    expect(userErrors.map(({ field }) => field?.at(-1)).toSorted()).toEqual(["limitPerCustomer", "name", "sku"]);
  });

  test("is refused if the end is not after the beginning", async () => {
    const validFrom = "2027-03-01T00:00:00Z";
    for (const validUntil of ["2027-02-28T23:59:59Z", validFrom]) {
      expect(await create({ validFrom, validUntil })).toMatchObject({
        reward: null,
        userErrors: [{ code: "INVALID_INPUT", field: ["input", "validUntil"] }],
      });
    }
  });

  test("is refused under a SKU in use, also by an archived reward", async () => {
    const { reward } = await create();
    await operate("archiveReward", { rewardId: reward?.["id"] });
    expect(await create({ sku: reward?.["sku"], name: "Another" })).toEqual({
      reward: null,
      userErrors: [
        { code: "SKU_TAKEN", message: expect.stringContaining(`${reward?.["sku"]}`), field: ["input", "sku"] },
      ],
    });
    expect(await gateway.sql("select name from rewards where sku = $1", [reward?.["sku"]])).toEqual([{ name: "Mug" }]);
  });

  test("ten times at once under one SKU creates one reward", async () => {
    const sku = `SKU-${randomUUID()}`;
    const answers = await Promise.all(Array.from({ length: 10 }, () => create({ sku })));
    expect(answers.filter(({ reward }) => reward)).toHaveLength(1);
    expect(answers.filter(({ userErrors }) => userErrors[0]?.code === "SKU_TAKEN")).toHaveLength(9);
  });

  test("leaves a voucher without stock other than its codes", async () => {
    expect(await create({ kind: "E_GIFT_VOUCHER", stock: 5 })).toMatchObject({
      reward: null,
      userErrors: [{ code: "STOCK_INVALID", field: ["input", "stock"] }],
    });
    expect((await create({ kind: "E_GIFT_VOUCHER" })).reward).toMatchObject({ stock: 0 });
    expect((await create({ stock: 5 })).reward).toMatchObject({ stock: 5 });
    expect((await create()).reward).toMatchObject({ stock: null });
  });

  test("accepts whole numbers of points only", async () => {
    for (const points of [0, Number.MAX_SAFE_INTEGER])
      expect((await create({ points })).reward).toMatchObject({ points });
    for (const points of [-1, 1.5, 2 ** 53, "100", null])
      await expect(create({ points })).rejects.toThrow("BAD_USER_INPUT");
  });

  test("is audited with its operator", async () => {
    const { reward } = await create();
    expect(await audited(`${reward?.["sku"]}`)).toEqual([
      { actor: "operator", action: "reward.create", details: null },
    ]);
  });
});

describe("updating a reward", () => {
  test.each([
    ...badTexts,
    ["name", null],
    ["description", null],
    ["points", null],
    ["brand", null],
    ["category", null],
    ["imageUrl", null],
    ["active", null],
  ])("is refused for a wrong %s: %j", async (field, value) => {
    const reward = await gateway.merchandise();
    const before = await read(reward);
    expect(await update(reward, { [field]: value })).toMatchObject({
      reward: null,
      userErrors: [{ code: "INVALID_INPUT", field: ["input", field] }],
    });
    expect(await read(reward)).toEqual(before);
  });

  test("changes the named fields, leaves the rest, and audits the changed ones", async () => {
    const reward = await gateway.merchandise({ name: "Mug", points: 100, limitPerCustomer: 3, stock: 5 });
    const answer = await update(reward, { points: 120, name: "Big mug" });
    expect(answer.reward).toMatchObject({ points: 120, name: "Big mug", limitPerCustomer: 3, stock: 5 });
    const { details } = (await audited(reward.sku)).at(-1) ?? {};
    expect(details.changed.toSorted()).toEqual(["name", "points"]);
  });

  test("clears optional fields", async () => {
    const reward = await gateway.merchandise({
      validFrom: "2026-01-01T00:00:00Z",
      validUntil: "2099-01-01T00:00:00Z",
      limitPerCustomer: 2,
    });
    await update(reward, { terms: "T", howToUse: "H" });
    const cleared = { validFrom: null, validUntil: null, limitPerCustomer: null, terms: null, howToUse: null };
    expect((await update(reward, cleared)).reward).toMatchObject(cleared);
  });

  test("compares a new date with the stored one", async () => {
    const reward = await gateway.merchandise({ validFrom: "2026-06-01T00:00:00Z", validUntil: "2026-07-01T00:00:00Z" });
    for (const dates of [{ validFrom: "2026-08-01T00:00:00Z" }, { validUntil: "2026-05-01T00:00:00Z" }]) {
      expect(await update(reward, dates)).toMatchObject({
        reward: null,
        userErrors: [{ code: "INVALID_INPUT", field: ["input", "validUntil"] }],
      });
    }
    expect((await update(reward, { validFrom: "2026-08-01T00:00:00Z", validUntil: null })).userErrors).toEqual([]);
  });

  test("by two operators at once never leaves the dates out of order", async () => {
    const reward = await gateway.merchandise({ validFrom: "2026-01-01T00:00:00Z", validUntil: "2026-12-01T00:00:00Z" });
    const answers = await Promise.all([
      update(reward, { validFrom: "2026-08-01T00:00:00Z" }),
      update(reward, { validUntil: "2026-05-01T00:00:00Z" }),
    ]);
    expect(answers.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1);
  });

  test("cannot change the SKU, the kind or the stock", async () => {
    const reward = await gateway.merchandise();
    for (const field of ["sku", "kind", "stock", "source", "archivedAt"])
      await expect(update(reward, { [field]: "x" })).rejects.toThrow(`Field \\"${field}\\" is not defined`);
  });
});

describe("archiving a reward", () => {
  test("happens once, even if it is requested repeatedly", async () => {
    const reward = await gateway.merchandise();
    for (let time = 1; time <= 2; time += 1)
      expect(await operate("archiveReward", { rewardId: reward.id })).toMatchObject({
        reward: { sku: reward.sku },
        userErrors: [],
      });
    expect((await audited(reward.sku)).map(({ action }) => action)).toEqual(["reward.create", "reward.archive"]);
  });
});

describe("adjusting stock", () => {
  const stockAfter = async (reward: TestReward) => (await read(reward))?.["stock"];

  test("adds, subtracts, sets, and removes the limit", async () => {
    const reward = await gateway.merchandise({ stock: 5 });
    expect((await adjust(reward, { by: 3 }, "delivery")).reward).toMatchObject({ stock: 8 });
    expect((await adjust(reward, { by: -8 })).reward).toMatchObject({ stock: 0 });
    expect((await adjust(reward, { to: 20 })).reward).toMatchObject({ stock: 20 });
    expect((await adjust(reward, { unlimited: true })).reward).toMatchObject({ stock: null });
    expect((await adjust(reward, { to: 0 })).reward).toMatchObject({ stock: 0 });
    expect((await audited(reward.sku)).slice(1)).toEqual(
      [
        { from: 5, to: 8, note: "delivery" },
        { from: 8, to: 0, note: null },
        { from: 0, to: 20, note: null },
        { from: 20, to: null, note: null },
        { from: null, to: 0, note: null },
      ].map((details) => ({ actor: "operator", action: "reward.adjust-stock", details })),
    );
  });

  test.each([
    ["below zero", { by: -6 }],
    ["to a negative stock", { to: -1 }],
    ["beyond the largest integer", { by: 2_147_483_647 }],
    ["with an invalid value of unlimited", { unlimited: false }],
  ])("is refused %s", async (_, change) => {
    const reward = await gateway.merchandise({ stock: 5 });
    expect(await adjust(reward, change)).toMatchObject({ reward: null, userErrors: [{ code: "STOCK_INVALID" }] });
    expect(await stockAfter(reward)).toBe(5);
    expect(await audited(reward.sku)).toHaveLength(1);
  });

  test("does not create a limit by adding to none", async () => {
    const reward = await gateway.merchandise({ stock: null });
    for (const by of [5, -5])
      expect(await adjust(reward, { by })).toMatchObject({
        userErrors: [{ code: "STOCK_INVALID", field: ["input", "change", "by"] }],
      });
    expect(await stockAfter(reward)).toBeNull();
  });

  test("is refused for a voucher, whose stock is its pool of codes", async () => {
    const reward = await gateway.voucher({ codes: 2 });
    for (const change of [{ by: 1 }, { to: 9 }, { unlimited: true }])
      expect(await adjust(reward, change)).toMatchObject({
        userErrors: [{ code: "STOCK_INVALID", field: ["input", "rewardId"] }],
      });
    expect(await stockAfter(reward)).toBe(2);
  });

  test("accepts one kind of change at a time", async () => {
    const reward = await gateway.merchandise({ stock: 5 });
    for (const change of [{}, { by: 1, to: 2 }, { by: null }])
      await expect(adjust(reward, change)).rejects.toThrow("BAD_USER_INPUT");
    expect(await stockAfter(reward)).toBe(5);
  });

  test("by 20 operators at once loses no change", async () => {
    const reward = await gateway.merchandise({ stock: 10 });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => adjust(reward, { by: index % 2 === 0 ? 2 : -1 })),
    );
    expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([]);
    expect(await stockAfter(reward)).toBe(20);
  });
});

test.each([
  ["updateReward", {}],
  ["archiveReward", {}],
  ["adjustStock", { change: { by: 1 } }],
])("%s of a missing reward is REWARD_NOT_FOUND, with any form of id", async (mutation, rest) => {
  const globalId = (text: string) => Buffer.from(text).toString("base64url");
  for (const rewardId of [globalId(`Reward:${randomUUID()}`), globalId(`Cart:${randomUUID()}`), "x", "", "🎁"])
    expect(await operate(mutation, { rewardId, ...rest })).toEqual({
      reward: null,
      userErrors: [{ code: "REWARD_NOT_FOUND", message: "Reward not found.", field: ["input", "rewardId"] }],
    });
});

test("the audit log can only grow", async () => {
  const { sku } = await gateway.merchandise();
  await expect(gateway.sql("delete from audit_log where subject = $1", [sku])).rejects.toThrow("append-only");
  await expect(gateway.sql("update audit_log set actor = 'x' where subject = $1", [sku])).rejects.toThrow(
    "append-only",
  );
});
