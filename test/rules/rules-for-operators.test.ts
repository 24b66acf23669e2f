import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestGateway } from "../support/gateway.ts";
import { operatorKey } from "../support/operator-key.ts";
import { win, winner } from "../support/rewards/prizes.ts";
import { post, purchase, sampleRule, startRewards } from "../support/rewards/rewards.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startRewards();
});
afterAll(() => gateway[Symbol.asyncDispose]());

test("a rule shows all its versions, the newest first, and the part of its budget that they used", async () => {
  const definition = sampleRule("transactionpromo", {
    campaign: "everyday",
    minimumAmount: 2_000,
    caps: { perEvent: null, memberDay: null, memberTotal: null, budget: 9_000 },
  });
  await post(gateway, purchase(5_001, 100_000, "R-1"));
  const versions = () =>
    gateway.operator.ok<{ it: { version: number; budget: number | null; budgetUsed: number }[] }>(
      `{ it: rewardRuleVersions(ruleId: "points-for-purchases") { version budget budgetUsed } }`,
    );
  const { it } = await versions();
  const used = it[0]?.budgetUsed ?? 0;
  expect(used).toBeGreaterThan(0);
  await gateway.operator.ok(
    "mutation ($input: RewardRuleInput!) { reviseRewardRule(input: $input) { userErrors { code } } }",
    { input: { ruleId: "points-for-purchases", definition: JSON.stringify(definition) } },
  );
  expect((await versions()).it).toEqual([
    { version: 2, budget: 9_000, budgetUsed: used },
    { version: 1, budget: 100_000_000, budgetUsed: used },
  ]);
});

test("a draw shows its open obligations to operators with the right, and to no other operator", async () => {
  const reward = await gateway.voucher({ points: 100 });
  const { customer } = await winner(gateway, reward.sku);
  await win(gateway, { kind: "points", points: 40 });
  const query = "{ it: luckyDraws { id prizesOwed { unit sku state count points } } }";
  type Draws = { it: { prizesOwed: object[] | null }[] };
  const { it } = await gateway.operator.ok<Draws>(query);
  expect(it.flatMap(({ prizesOwed }) => prizesOwed)).toEqual(
    expect.arrayContaining([
      { unit: "REWARD", sku: reward.sku, state: "PENDING", count: 1, points: null },
      { unit: "POINTS", sku: null, state: "PENDING", count: 1, points: 40 },
    ]),
  );
  const { data } = await customer.send<{ it: { draw: { prizesOwed: unknown } | null }[] }>(
    "{ it: rewardCampaigns { draw { prizesOwed { count } } } }",
  );
  expect(data?.it.every(({ draw }) => draw === null || draw.prizesOwed === null)).toBe(true);
});

test("a refused message is readable by its id for the roles that may read the list", async () => {
  await post(gateway, { Action: "register", Data: { id: 461 } });
  const { it } = await gateway.operator.ok<{ it: { nodes: { id: string }[] } }>(
    "{ it: quarantinedRewards(first: 1) { nodes { id } } }",
  );
  const id = it.nodes[0]?.id ?? "";
  const readBy = async (role: "rewards" | "catalogue") => {
    const key = await operatorKey(gateway, [role]);
    return (await key.ok<{ node: object | null }>("query ($id: ID!) { node(id: $id) { id } }", { id })).node;
  };
  expect(await readBy("rewards")).toEqual({ id });
  expect(await readBy("catalogue")).toBeNull();
});
