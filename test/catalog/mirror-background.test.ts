import { expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

const inBackground = { CATALOG_SYNC_SECONDS: "1" };
const often = { pace: { catalogSyncAfterMs: 0, catalogSyncEveryMs: 50 } };
const total = async (gateway: TestGateway) =>
  (
    await gateway.anonymous.ok<{ rewards: { totalCount: number } }>(
      "{ rewards(filter: { sources: [CAPILLARY] }) { totalCount } }",
    )
  ).rewards.totalCount;

test("the catalogue is mirrored periodically, and the last copy is served while Capillary is down", async () => {
  await using gateway = await startTestGateway(inBackground, often);
  await gateway.until(async () => (await total(gateway)) > 0);
  const before = await total(gateway);

  gateway.sandbox.faults.add({ upstream: "capillary", operation: "*", fault: "http-500", times: 1_000 });
  const problem = async () => (await gateway.sql("select problem from catalog_syncs"))[0]?.["problem"];
  await gateway.until(async () => (await problem()) !== null);
  expect(await total(gateway)).toBe(before);

  gateway.sandbox.faults.clear();
  gateway.sandbox.capillary.addReward({ name: "Late arrival" });
  await gateway.until(async () => (await total(gateway)) === before + 1);
});

test("a gateway is ready even if Capillary is down from the start", async () => {
  await using gateway = await startTestGateway(
    {
      ...inBackground,
      CAPILLARY_REWARDS_URL: "http://127.0.0.1:9/api_gateway/rewards/core/v1",
    },
    often,
  );
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  await gateway.until(
    async () => (await gateway.sql("select from catalog_syncs where problem is not null")).length > 0,
  );
  expect(await total(gateway)).toBe(0);
});
