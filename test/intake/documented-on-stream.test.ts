import { createClient } from "redis";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { COMMANDS } from "../../src/intake/redis/command-stream.ts";
import { rewardActions } from "../../src/messages/message.ts";
import { makeLogger } from "../../src/platform/logger.ts";
import { runOwnProcess } from "../../src/program/run-reward-processor.ts";
import { testEnvironment } from "../support/gateway.ts";
import { startTestRedis } from "../support/redis.ts";
import { documented, earned } from "../support/rewards/documented.ts";
import { awardsIn, given, startRewards } from "../support/rewards/rewards.ts";

describe("the documented messages on the stream", { tags: "redis" }, () => {
  test("earn the same as over HTTP, however often they are sent", async () => {
    await using redis = await startTestRedis();
    await using gateway = await startRewards({ REDIS_URL: redis.url });
    const settings = { ...testEnvironment(gateway.databaseUrl, gateway.sandbox.url), REDIS_URL: redis.url };
    const log = await makeLogger({ level: "silent", pretty: false });
    const stop = await runOwnProcess(readConfig(settings), { log });
    const client = await createClient({ url: redis.url }).connect();
    for (const action of [...rewardActions, ...rewardActions]) {
      await client.xAdd(COMMANDS, "*", { payload: documented[action] });
    }
    await gateway.until(async () => (await client.xLen(COMMANDS)) === 0);
    const awards = await awardsIn(gateway);
    for (const action of rewardActions) {
      const its = awards.filter((award) => award.action === action).toSorted((a, b) => (a.role < b.role ? -1 : 0));
      expect(given(its)).toEqual(earned[action]);
    }
    const sources = await gateway.sql("select distinct source::text as source from reward_messages");
    expect(sources).toEqual([{ source: "REDIS" }]);
    client.destroy();
    await stop();
  });
});
