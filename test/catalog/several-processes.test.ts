import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { makeTestClock } from "../support/clock.ts";
import { startTestGateway, until } from "../support/gateway.ts";
import { idleInBackground } from "../support/sql-spy.ts";

test("a change of the catalogue shows in the categories and the REST catalogue of another process", async () => {
  // The clock stands still, so that the kept categories are never too old.
  const ports = { ...idleInBackground, clock: makeTestClock() };
  await using here = await startTestGateway({}, ports);
  const env = { DATABASE_URL: here.databaseUrl, CLIENT_API_URL: here.sandbox.url };
  await using there = await startTestGateway(env, ports);
  const customer = await here.customer();
  const categories = async () => {
    const { rewardCategories } = await there.anonymous.ok<{
      rewardCategories: { name: string; rewardCount: number }[];
    }>("{ rewardCategories { name rewardCount } }");
    return Object.fromEntries(rewardCategories.map(({ name, rewardCount }) => [name, rewardCount]));
  };
  const skus = async () => {
    const response = await fetch(`${there.url}/api/v1/catalog`, {
      headers: { authorization: `Bearer ${customer.token}` },
    });
    return await response.text();
  };

  const [first, second] = [`first ${randomUUID()}`, `second ${randomUUID()}`];
  expect(await categories()).toEqual({});
  const { id, sku } = await here.merchandise({ category: first });
  await until(async () => (await categories())[first] === 1);
  expect(await skus()).toContain(sku);

  await here.operator.ok(
    "mutation ($input: UpdateRewardInput!) { updateReward(input: $input) { userErrors { message } } }",
    { input: { rewardId: id, category: second } },
  );
  await until(async () => (await categories())[second] === 1);
  expect(await categories()).toEqual({ [second]: 1 });

  await here.operator.ok(
    "mutation ($input: ArchiveRewardInput!) { archiveReward(input: $input) { userErrors { message } } }",
    { input: { rewardId: id } },
  );
  await until(async () => Object.keys(await categories()).length === 0);
  expect(await skus()).not.toContain(sku);
});
