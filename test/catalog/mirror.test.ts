import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import type { Caller } from "../support/graphql.ts";

/** Pages so small that the sample world's 22 rewards take several. */
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({}, { pace: { catalogPageSize: 5 } });
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(async () => {
  gateway.sandbox.reset();
  await sync();
});

interface Shown {
  id: string;
  sku: string;
  name: string;
  points: number;
  payableWith: string[];
  kind: string;
  source: string;
  validUntil: string | null;
  redeemability: { redeemable: boolean; reasons: string[] };
}
interface SyncAnswer {
  added: number;
  changed: number;
  archived: number;
  userErrors: { code: string }[];
}
const nothingDone = { added: 0, changed: 0, archived: 0, userErrors: [] };

async function sync(): Promise<SyncAnswer> {
  const { data, errors } = await gateway.operator.send<{ syncCatalog: SyncAnswer }>(
    "mutation { syncCatalog { added changed archived userErrors { code } } }",
  );
  if (!data) throw new Error(JSON.stringify(errors));
  return data.syncCatalog;
}
const shown = async (id: number | string, caller: Caller = gateway.anonymous, wallet?: string): Promise<Shown | null> =>
  (
    await caller.ok<{ reward: Shown | null }>(
      `query ($sku: String, $wallet: WalletInput) { reward(sku: $sku) { id sku name points payableWith kind source validUntil
        redeemability(wallet: $wallet) { redeemable reasons } } }`,
      { sku: `CAP-${id}`, wallet: wallet && { payWith: wallet } },
    )
  ).reward;
const list = async (filter: object, variables: object = {}) =>
  (
    await gateway.anonymous.ok<{
      rewards: { nodes: { sku: string; source: string }[]; totalCount: number; pageInfo: { endCursor: string | null } };
    }>(
      `query ($filter: RewardFilter, $sort: RewardSort, $first: Int, $after: String) {
        rewards(filter: $filter, sort: $sort, first: $first, after: $after) {
          nodes { sku source } totalCount pageInfo { endCursor } } }`,
      { filter, first: 100, ...variables },
    )
  ).rewards;
const skus = async (filter: object, variables: object = {}) =>
  (await list(filter, variables)).nodes.map(({ sku }) => sku);
const addReward = (reward: Parameters<TestGateway["sandbox"]["capillary"]["addReward"]>[0]) =>
  gateway.sandbox.capillary.addReward(reward);
const pagesAsked = () => gateway.sandbox.calls.since(0).filter(({ operation }) => operation === "reward-list").length;
const operate = async (mutation: string, input: object) => {
  const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!`;
  const { data, errors } = await gateway.operator.send<{
    it: { reward: { id: string } | null; userErrors: { code: string; field: string[] | null }[] };
  }>(`mutation ($input: ${type}) { it: ${mutation}(input: $input) { reward { id } userErrors { code field } } }`, {
    input,
  });
  if (!data) throw new Error(JSON.stringify(errors));
  return data.it;
};

describe("an overlay", () => {
  const overlay = async (sku: string, changes: object) => {
    const { reward } = await gateway.operator.ok<{ reward: { id: string } }>(
      "query ($sku: String!) { reward(sku: $sku) { id } }",
      { sku },
    );
    return gateway.operator.ok<{ overlayReward: { reward: object; overlay: object } }>(
      `mutation ($input: OverlayRewardInput!) { overlayReward(input: $input) {
        reward { category imageUrl state } overlay { category promotion hidden } userErrors { code } } }`,
      { input: { rewardId: reward.id, ...changes } },
    );
  };
  const seen = async (sku: string) =>
    (
      await gateway.anonymous.ok<{ reward: { category: string; imageUrl: string; state: string; name: string } }>(
        "query ($sku: String!) { reward(sku: $sku) { category imageUrl state name } }",
        { sku },
      )
    ).reward;

  test("applies while the reward changes at Capillary, and without it the covered fields return", async () => {
    const id = 20_777;
    const sku = `CAP-${id}`;
    addReward({ id, name: "Lamp", intouchPoints: 70 });
    await sync();
    const before = await seen(sku);
    expect(before.state).toBe("ON_OFFER");
    await overlay(sku, { category: "Bright things", imageUrl: "/assets/rewards/none.svg", hidden: true });
    expect(await sync()).toEqual(nothingDone);
    gateway.sandbox.capillary.changeReward({ id, name: "Red lamp", intouchPoints: 80 });
    expect(await sync()).toEqual({ ...nothingDone, changed: 1 });
    expect(await seen(sku)).toEqual({
      name: "Red lamp",
      category: "Bright things",
      imageUrl: "/assets/rewards/none.svg",
      state: "DRAFT",
    });
    await overlay(sku, { category: null, imageUrl: null, hidden: false });
    await sync();
    expect(await seen(sku)).toEqual({ ...before, name: "Red lamp" });
  });

  test("moves a reward in the sort order, once for repeated saves", async () => {
    const id = 20_778;
    addReward({ id, name: "Last of all", intouchPoints: 70 });
    await sync();
    for (let time = 0; time < 2; time += 1) await overlay(`CAP-${id}`, { promotion: 1_000 });
    const popularity = async () =>
      (await gateway.sql<{ popularity: number }>("select popularity from rewards where sku = $1", [`CAP-${id}`]))[0];
    expect(await popularity()).toEqual({ popularity: 1_000 });
    expect((await skus({ sources: ["CAPILLARY"] }, { sort: "POPULAR" }))[0]).toBe(`CAP-${id}`);
    await overlay(`CAP-${id}`, { promotion: 0 });
    expect(await popularity()).toEqual({ popularity: 0 });
  });
});

describe("a run", () => {
  test("reads pages until one is not full, and takes over every reward", async () => {
    const before = pagesAsked();
    await sync();
    expect(pagesAsked() - before).toBe(5); // 22 rewards
    const known = gateway.sandbox.capillary.rewards().map(({ id }) => `CAP-${id}`);
    const rows = await gateway.sql<{ sku: string }>(
      "select sku from rewards where source = 'CAPILLARY' and archived_at is null",
    );
    expect(rows.map(({ sku }) => sku).sort()).toEqual(known.sort());
  });

  test("reads one more page if the last page was full", async () => {
    for (const name of ["A", "B", "C"]) addReward({ name });
    const before = pagesAsked();
    expect(await sync()).toMatchObject({ userErrors: [] });
    expect(pagesAsked() - before).toBe(6); // 25 rewards
  });

  test("changes nothing if only the addresses of pictures have changed", async () => {
    const read = () => gateway.sql("select sku, updated_at, name from rewards order by sku");
    const before = await read();
    expect(await sync()).toEqual(nothingDone);
    expect(await read()).toEqual(before);
  });

  test("takes over new and changed rewards", async () => {
    const id = 20_001;
    addReward({ id, name: "Kite", intouchPoints: 70 });
    expect(await sync()).toEqual({ ...nothingDone, added: 1 });
    expect(await shown(id)).toMatchObject({ name: "Kite", points: 70, source: "CAPILLARY", kind: "COUPON" });

    gateway.sandbox.capillary.changeReward({ id, name: "Red kite", intouchPoints: 80 });
    expect(await sync()).toEqual({ ...nothingDone, changed: 1 });
    expect(await shown(id)).toMatchObject({ name: "Red kite", points: 80 });
  });

  test("archives a vanished reward, and restores it as the same reward", async () => {
    const id = 20_002;
    addReward({ id, name: "Yo-yo", intouchPoints: 40 });
    await sync();
    const before = await shown(id);
    gateway.sandbox.reset();
    expect(await sync()).toEqual({ ...nothingDone, archived: 1 });
    expect((await shown(id))?.redeemability.reasons).toContain("INACTIVE");
    expect(await skus({ sources: ["CAPILLARY"] })).not.toContain(`CAP-${id}`);
    expect(await sync()).toEqual(nothingDone);

    addReward({ id, name: "Yo-yo", intouchPoints: 45 });
    expect(await sync()).toEqual({ ...nothingDone, changed: 1 });
    expect(await shown(id)).toMatchObject({ id: before?.id, points: 45 });
    expect(await skus({ sources: ["CAPILLARY"] })).toContain(`CAP-${id}`);
  });

  test("keeps a reward archived that an operator archived, whether listed or not", async () => {
    const [listed, vanished] = [20_003, 20_004];
    const add = () => {
      addReward({ id: listed, name: "Listed" });
      addReward({ id: vanished, name: "Vanished" });
    };
    add();
    await sync();
    expect((await operate("archiveReward", { rewardId: (await shown(listed))?.id })).userErrors).toEqual([]);
    gateway.sandbox.reset();
    expect(await sync()).toMatchObject({ archived: 1 });
    expect((await operate("archiveReward", { rewardId: (await shown(vanished))?.id })).userErrors).toEqual([]);
    add();
    expect(await sync()).toMatchObject({ userErrors: [] });
    const mine = await skus({ sources: ["CAPILLARY"] });
    expect(mine).not.toContain(`CAP-${listed}`);
    expect(mine).not.toContain(`CAP-${vanished}`);

    gateway.sandbox.reset(); // and no run looks for them any more
    const before = pagesAsked();
    expect(await sync()).toEqual(nothingDone);
    expect(pagesAsked() - before).toBe(5);
  });

  test("archives nothing if a page fails, and reports it", async () => {
    addReward({ id: 20_005, name: "Marbles" });
    await sync();
    gateway.sandbox.reset();
    gateway.sandbox.faults.add({ upstream: "capillary", operation: "reward-list", fault: "http-500", times: 10 });
    expect(await sync()).toEqual({ ...nothingDone, userErrors: [{ code: "UPSTREAM_UNAVAILABLE" }] });
    expect(await skus({ sources: ["CAPILLARY"] })).toContain("CAP-20005");
    gateway.sandbox.faults.clear();
    await gateway.until(async () => (await sync()).userErrors.length === 0); // once calls to it are no longer paused
    expect(await skus({ sources: ["CAPILLARY"] })).not.toContain("CAP-20005");
  });

  test("runs one at a time: only one of several simultaneous runs finds changes", async () => {
    addReward({ name: "Whistle" });
    const answers = await Promise.all(Array.from({ length: 4 }, sync));
    expect(answers.map(({ added, changed }) => added + changed).sort()).toEqual([0, 0, 0, 1]);
    expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([]);
  });

  test("is recorded for operators to read", async () => {
    const query = "{ catalogSync { ranAt succeededAt problem added changed archived } }";
    const last = async () => (await gateway.operator.ok<{ catalogSync: Record<string, unknown> }>(query)).catalogSync;
    const good = await last();
    expect(good).toMatchObject({ succeededAt: good["ranAt"], problem: null });
    gateway.sandbox.faults.add({ upstream: "capillary", operation: "getAll", fault: "drop-before", times: 10 });
    await sync();
    gateway.sandbox.faults.clear();
    expect(await last()).toMatchObject({
      succeededAt: good["succeededAt"],
      problem: "Capillary cannot be reached.",
    });
    await gateway.until(async () => (await sync()).userErrors.length === 0);
  });
});

describe("a mirrored reward", () => {
  test.each([
    [15465, "Popcorn", 1, ["GROUP"]], // no configs: intouchPoints
    [15470, "Coffee for two", 300, ["INDIVIDUAL", "GROUP"]], // POINTS and FREE
    [15472, "Ten percent off the basket", 150, ["GROUP"]], // POINTS goes before intouchPoints
    [15473, "Birthday cake", 0, ["INDIVIDUAL"]], // FREE
    [15474, "Air miles", 0, []], // CONV_RATIO
    [15475, "Concert seat", 0, []], // CASH
    [15476, "Headphones voucher", 900, ["GROUP"]], // POINTS and POINTS_CASH
    [15477, "Welcome sticker", 0, ["INDIVIDUAL"]], // no configs, for nothing
  ])("%s, %s, costs %j and is payable with %j", async (id, name, points, payableWith) => {
    expect(await shown(id)).toMatchObject({ name, points, payableWith });
  });

  test.each([
    [15465, "COUPON"],
    [15471, "E_GIFT_VOUCHER"],
    [15486, "E_GIFT_VOUCHER"],
    [15488, "MERCHANDISE"],
    [15489, "COUPON"],
  ])("%s is a %s", async (id, kind) => {
    expect(await shown(id)).toMatchObject({ kind });
  });

  test("has the description of its definition, which is read for new and for changed rewards", async () => {
    const id = 20_006;
    const described = async () =>
      (await gateway.anonymous.ok<{ reward: object }>(`{ reward(sku: "CAP-${id}") { name description } }`)).reward;
    const lookUps = () =>
      gateway.sandbox.calls
        .since(0)
        .filter(({ operation, path }) => operation === "brand-reward" && path.includes(`/${id}/`)).length;
    addReward({ id, name: "Drum", description: "A small one." });
    await sync();
    expect(await described()).toEqual({ name: "Drum", description: "A small one." });
    await sync();
    expect(lookUps()).toBe(1);

    gateway.sandbox.faults.add({ upstream: "capillary", operation: "brand-reward", fault: "http-500" });
    gateway.sandbox.capillary.changeReward({ id, name: "Big drum", description: "A big one." });
    expect(await sync()).toEqual({ ...nothingDone, changed: 1 });
    expect(await described()).toEqual({ name: "Big drum", description: "A small one." });
    expect(await sync()).toEqual(nothingDone);
    expect(await described()).toEqual({ name: "Big drum", description: "A big one." });
  });

  test("maps its shelf to a category, its vendor to a brand, and its dates to the second", async () => {
    const { reward } = await gateway.anonymous.ok<{ reward: object }>(
      `{ reward(sku: "CAP-15471") { brand category validFrom validUntil imageUrl } }`,
    );
    expect(reward).toEqual({
      brand: "Paper & Co",
      category: "Everyday",
      validFrom: "2025-01-02T03:04:05.000Z",
      validUntil: "2035-12-31T18:29:59.000Z",
      imageUrl: expect.stringMatching(/^\/images\/rewards\/[0-9a-f-]{36}$/),
    });
  });

  test("is not listed before its start, after its end, or disabled, but can be read by id", async () => {
    const listed = await skus({ sources: ["CAPILLARY"] });
    const reasons: [number, string][] = [
      [15481, "NOT_STARTED"],
      [15482, "ENDED"],
      [15483, "INACTIVE"],
    ];
    for (const [id, reason] of reasons) {
      expect(listed).not.toContain(`CAP-${id}`);
      expect((await shown(id))?.redeemability.reasons).toContain(reason);
    }
  });

  test("is filtered, sorted and paged together with the programme's own rewards", async () => {
    const category = "Gifts"; // the shelf of one at Capillary, for 2500
    const ours = await Promise.all([
      gateway.merchandise({ category, points: 2_400 }),
      gateway.merchandise({ category, points: 2_600 }),
    ]);
    const [cheaper, dearer] = ours.map(({ sku }) => sku);
    const filter = { categories: [category] };
    expect(await skus(filter, { sort: "POINTS_ASC" })).toEqual([cheaper, "CAP-15486", dearer]);
    expect(await skus({ ...filter, sources: ["CAPILLARY"] })).toEqual(["CAP-15486"]);
    expect(await skus({ ...filter, sources: ["BIGCITY"] }, { sort: "POINTS_DESC" })).toEqual([dearer, cheaper]);
    expect(await skus({ ...filter, kinds: ["E_GIFT_VOUCHER"] })).toEqual(["CAP-15486"]);
    expect(await skus({ ...filter, brands: ["GiftWorks"] })).toEqual(["CAP-15486"]);
    expect(await skus({ ...filter, pointsMin: 2_401, search: "gift" }, { sort: "POINTS_ASC" })).toEqual([
      "CAP-15486",
      dearer,
    ]);
    const paged: string[] = [];
    for (let after: string | null = null; ; ) {
      const page: Awaited<ReturnType<typeof list>> = await list(filter, { sort: "POINTS_DESC", first: 1, after });
      paged.push(...page.nodes.map(({ sku }) => sku));
      after = page.pageInfo.endCursor;
      if (after === null || paged.length >= page.totalCount) break;
    }
    expect(paged).toEqual([dearer, "CAP-15486", cheaper]);
  });

  test("is affordable only with a wallet that can pay for it", async () => {
    const customer = await gateway.customer({ balance: 100_000 });
    const { rewards } = await customer.ok<{ rewards: { nodes: { sku: string; payableWith: string[] }[] } }>(
      `{ rewards(first: 100, filter: { sources: [CAPILLARY], affordableWith: { payWith: INDIVIDUAL } }) { nodes { sku payableWith } } }`,
    );
    const found = rewards.nodes.map(({ sku }) => sku);
    expect(found).toContain("CAP-15470");
    expect(found).not.toContain("CAP-15465");
    expect(rewards.nodes.every(({ payableWith }) => payableWith.includes("INDIVIDUAL"))).toBe(true);
  });

  test("reports all obstacles to a redemption", async () => {
    const customer = await gateway.customer({ balance: 299 });
    gateway.sandbox.capillary.addCustomer({ externalId: customer.customerId });
    const reasons = async (id: number, wallet: string) => (await shown(id, customer, wallet))?.redeemability;
    const no = (...reasons: string[]) => ({ redeemable: false, reasons });
    expect(await reasons(15470, "INDIVIDUAL")).toEqual(no("INSUFFICIENT_POINTS"));
    expect(await reasons(15470, "GROUP")).toEqual(no("GROUP_NOT_FOUND"));
    expect(await reasons(15465, "INDIVIDUAL")).toEqual(no("WALLET_NOT_SUPPORTED"));
    expect(await reasons(15475, "INDIVIDUAL")).toEqual(no("NOT_CONFIGURED"));
  });

  test.each([
    [15465, { code: "WALLET_NOT_SUPPORTED" }],
    [15475, { code: "NOT_REDEEMABLE", reason: "NOT_CONFIGURED" }],
    [15483, { code: "NOT_REDEEMABLE", reason: "INACTIVE" }],
  ])("%s is refused in the cart of a customer who would pay with their own points", async (id, refusal) => {
    const customer = await gateway.customer();
    const { data } = await customer.send<{ addToCart: object }>(
      `mutation ($input: AddToCartInput!) { addToCart(input: $input) {
        cart { lines { id } } userErrors { code ... on NotRedeemable { reason } } } }`,
      { input: { rewardId: (await shown(id))?.id } },
    );
    expect(data?.addToCart).toEqual({ cart: { lines: [] }, userErrors: [refusal] });
  });

  test("that entered a cart while it was payable can no longer be ordered", async () => {
    const customer = await gateway.customer({ customerId: "CUST12345" });
    await customer.ok(`mutation ($id: ID!) { addToCart(input: { rewardId: $id }) { userErrors { message } } }`, {
      id: (await shown(15470))?.id,
    });
    gateway.sandbox.capillary.changeReward({ id: 15470, paymentConfigs: [{ id: 32, mode: "CASH", cash: 4 }] });
    await sync();
    const { data } = await customer.send(
      `mutation { placeOrder(input: { idempotencyKey: "a-key-of-its-own" }) { order { id }
        userErrors { code ... on NotRedeemable { reason } } } }`,
    );
    expect(data).toMatchObject({
      placeOrder: { order: null, userErrors: [{ code: "NOT_REDEEMABLE", reason: "NOT_CONFIGURED" }] },
    });
  });

  test("cannot be changed here", async () => {
    const rewardId = (await shown(15488))?.id;
    const isMirrored = (field: string) => [{ code: "REWARD_IS_MIRRORED", field: ["input", field] }];
    const refusalsOf = async (mutation: string, input: object) => (await operate(mutation, input)).userErrors;
    expect(await refusalsOf("updateReward", { rewardId, points: 1 })).toEqual(isMirrored("rewardId"));
    expect(await refusalsOf("adjustStock", { rewardId, change: { to: 1 } })).toEqual(isMirrored("rewardId"));
    expect(await refusalsOf("importVoucherCodes", { rewardId, rows: [{ code: "C-1" }] })).toEqual(
      isMirrored("rewardId"),
    );
    const ours = { kind: "MERCHANDISE", name: "n", description: "d", points: 1, brand: "b", category: "c" };
    expect(await refusalsOf("createReward", { ...ours, sku: "CAP-99999", imageUrl: "/x" })).toEqual(isMirrored("sku"));
    expect(await sync()).toEqual(nothingDone);
  });
});
