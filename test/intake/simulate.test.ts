import { afterAll, beforeAll, expect, test } from "vitest";
import { rewardActions } from "../../src/messages/message.ts";
import type { TestGateway } from "../support/gateway.ts";
import { documented } from "../support/rewards/documented.ts";
import { link, post, startRewards } from "../support/rewards/rewards.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startRewards();
  await link(gateway, { customerId: "c-461", userId: "461" });
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Trial {
  problems: { code: string }[];
  replayed: boolean;
  outcomes: { awarded: boolean; reason: string | null; awards: { quantity: number }[] }[];
}
const simulate = async (payload: string) => {
  const query = `query ($payload: String!) { simulateReward(payload: $payload) {
    problems { code } replayed outcomes { awarded reason calculation awards { id quantity state } } } }`;
  return (await gateway.operator.ok<{ simulateReward: Trial }>(query, { payload })).simulateReward;
};

/** Every row of all our tables. */
async function everything(): Promise<string> {
  const tables = await gateway.sql<{ name: string }>(
    // The audit log records that an operator ran the simulation.
    "select table_name as name from information_schema.tables where table_schema = 'public' and table_name not like 'audit_%' order by 1",
  );
  const rows = await Promise.all(
    tables
      .filter(({ name }) => name !== "saga_executors")
      .map(({ name }) => gateway.sql(`select '${name}' as "table", t::text as row from "${name}" t order by 2`)),
  );
  return JSON.stringify(rows);
}

test.each(rewardActions)("the effects of a %s are returned, and no row changes", async (action) => {
  const before = await everything();
  const trial = await simulate(documented[action]);
  expect(trial).toMatchObject({ problems: [], replayed: false });
  expect(trial.outcomes.every(({ awarded }) => awarded)).toBe(true);
  expect(await everything()).toBe(before);
});

test("a simulation of an accepted message shows its effects", async () => {
  await post(gateway, documented.register);
  expect(await simulate(documented.register)).toMatchObject({
    replayed: true,
    outcomes: [{ awarded: true, awards: [{ quantity: 500 }] }],
  });
  const renewed = documented.register.replace("10:26:11", "10:26:12");
  expect(await simulate(renewed)).toMatchObject({ outcomes: [{ awarded: false, reason: "ALREADY_AWARDED" }] });
});

test("a simulation of an invalid message returns the reason, and quarantines no message", async () => {
  const before = await everything();
  expect((await simulate("{}")).problems.map(({ code }) => code)).toContain("DATA_MISSING");
  expect(await everything()).toBe(before);
});
