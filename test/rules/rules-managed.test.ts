import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestGateway } from "../support/gateway.ts";
import { documented } from "../support/rewards/documented.ts";
import { awardsIn, given, link, post, purchase, retire, sampleRule, startRewards } from "../support/rewards/rewards.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startRewards();
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface RulePayload {
  rule: { ruleId: string; version: number } | null;
  userErrors: { code: string; field: string[] | null }[];
}
const change = async (mutation: "createRewardRule" | "reviseRewardRule", ruleId: string, definition: unknown) => {
  const { data } = await gateway.operator.send<{ it: RulePayload }>(
    `mutation ($input: RewardRuleInput!) { it: ${mutation}(input: $input) { rule { ruleId version } userErrors { code field } } }`,
    { input: { ruleId, definition: JSON.stringify(definition) } },
  );
  return data?.it as RulePayload;
};
const of = async (userId: string) => {
  const [member] = await gateway.sql<{ member_id: string }>(
    "select member_id from member_identities where value = $1",
    [userId],
  );
  return given((await awardsIn(gateway)).filter(({ member_id }) => member_id === member?.member_id));
};

test("a new version applies within its window; earlier events follow the old one", async () => {
  const later = sampleRule("register", {
    campaign: "welcome",
    points: 700,
    window: { from: "2025-01-01T00:00:00+07:00", until: null },
  });
  expect(await change("reviseRewardRule", "welcome-bonus", later)).toMatchObject({ rule: { version: 2 } });
  await post(gateway, documented.register.replace("461", "9001"));
  await post(gateway, documented.register.replace("461", "9002").replace("2022-02-25", "2025-02-25"));
  expect(await of("9001")).toEqual(["1 MEMBER 500 POINTS PENDING"]);
  expect(await of("9002")).toEqual(["1 MEMBER 700 POINTS PENDING"]);
  await post(gateway, documented.register.replace("461", "9001").replace("2022-02-25", "2025-02-25"));
  expect(await of("9001")).toEqual(["1 MEMBER 500 POINTS PENDING"]);
});

test.each([
  ["a name that is taken", "createRewardRule", "welcome-bonus", sampleRule("register"), "RULE_ID_TAKEN"],
  ["a name that is none", "createRewardRule", "No Name", sampleRule("register"), "INVALID_INPUT"],
  ["an invalid definition", "createRewardRule", "new-rule", { action: "register" }, "INVALID_INPUT"],
  [
    "a draw that is not there",
    "createRewardRule",
    "new-draw",
    sampleRule("luckydraw", { drawId: "none" }),
    "INVALID_INPUT",
  ],
  ["another action in a new version", "reviseRewardRule", "welcome-bonus", sampleRule("luckydraw"), "INVALID_INPUT"],
  ["a new version of an unknown rule", "reviseRewardRule", "nothing", sampleRule("register"), "RULE_NOT_FOUND"],
] as const)("%s is refused", async (_, mutation, ruleId, definition, code) => {
  const { rule, userErrors } = await change(mutation, ruleId, definition);
  expect(rule).toBeNull();
  expect(userErrors[0]?.code).toBe(code);
});

test("of two concurrent revisions both are written, one after the other", async () => {
  const versions = await Promise.all(
    [1, 2, 3].map(() => change("reviseRewardRule", "daily-check-in", sampleRule("dailycheckin"))),
  );
  expect(versions.map(({ rule }) => rule?.version).toSorted()).toEqual([2, 3, 4]);
});

test("a retired rule awards nothing and takes no new version", async () => {
  await retire(gateway, "a-friend-buys");
  await post(gateway, documented.transactionreferral);
  expect(await of("462")).toEqual([]);
  const answer = await change("reviseRewardRule", "a-friend-buys", sampleRule("transactionreferral"));
  expect(answer.userErrors[0]?.code).toBe("RULE_RETIRED");
});

test("members of an audience are chosen by the ids that operators know", async () => {
  await change(
    "createRewardRule",
    "for-chosen",
    sampleRule("transactionpromo", {
      campaign: "chosen",
      priority: 10,
      audience: { kind: "members", memberIds: ["user:9101", "customer:c-9102"] },
      tiers: [{ from: 0, rate: { points: 1, perAmount: 1 } }],
      multipliers: [],
    }),
  );
  await link(gateway, { customerId: "c-9102", memberId: "9102", userId: "9192" });
  for (const id of [9101, 9192, 9103]) await post(gateway, purchase(id, 1_000, `A-${id}`));
  expect(await of("9101")).toEqual(["1 MEMBER 1000 POINTS PENDING"]);
  expect(await of("9192")).toEqual(["1 MEMBER 1000 POINTS PENDING"]);
  expect(await of("9103")).toEqual(["1 MEMBER 10 POINTS PENDING"]);
});

test("the campaigns are public; the draw shows its odds and the remaining prizes", async () => {
  const { rewardCampaigns } = await gateway.anonymous.ok<{ rewardCampaigns: { id: string; draw: object | null }[] }>(
    "{ rewardCampaigns { id name action unit capPerDay checkInDays draw { seedCommit openingHash tickets prizes { id oddsPpm left } } } }",
  );
  expect(rewardCampaigns.map(({ id }) => id)).not.toContain("for-chosen");
  expect(rewardCampaigns.find(({ id }) => id === "lucky-draw-tickets")).toMatchObject({
    action: "LUCKY_DRAW",
    unit: "TICKETS",
    draw: { prizes: [{ id: "headphones", oddsPpm: 500, left: 5 }, {}, {}, {}] },
  });
});

describe("the database constraints refuse", () => {
  test.each([
    [
      "to change a version that was used",
      "update reward_rules set definition = '{}' where rule_id = 'welcome-bonus' and version = 1",
    ],
    [
      "to forget that it was used",
      "update reward_rules set used_at = null where rule_id = 'welcome-bonus' and version = 1",
    ],
    ["to delete it", "delete from reward_rules where rule_id = 'welcome-bonus' and version = 1"],
    ["to rewrite a decision", "update reward_decisions set explanation = '{}'"],
    ["to raise an award", "update reward_awards set quantity = quantity + 1"],
    ["to delete an award", "delete from reward_awards"],
    ["to rewrite a message", "update reward_messages set answer = '{}'"],
    [
      "to credit what nobody sent",
      "update reward_awards set state = 'CREDITED', settled_at = now() where unit = 'POINTS'",
    ],
    [
      "a national id in digits",
      "insert into member_identities (kind, value, member_id, created_at) select 'NIK', '3171234509870001', id, now() from reward_members limit 1",
    ],
  ])("%s", async (_, statement) => {
    await expect(gateway.sql(statement)).rejects.toThrow(/cannot be rewritten|append-only|violates check constraint/);
  });

  test("and an unused version can still be deleted", async () => {
    await gateway.sql("delete from reward_rules where rule_id = 'daily-check-in' and version = 4");
  });
});
