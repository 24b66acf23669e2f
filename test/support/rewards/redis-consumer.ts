// A process that takes reward commands and has the stand-in process them, to be killed by a test.

import { runRedisIntake } from "../../../src/intake/redis/run-redis-intake.ts";
import { makeLogger } from "../../../src/platform/logger.ts";
import { openStandIn } from "./stand-in.ts";

const { REDIS_URL = "", DATABASE_URL = "" } = process.env;
const { processMessage, isReady } = await openStandIn(DATABASE_URL);
const intake = runRedisIntake({
  redisUrl: REDIS_URL,
  processMessage,
  isReady,
  log: await makeLogger({ level: "silent", pretty: false }),
  abandonedAfterMs: 500,
});
process.on("SIGTERM", async () => {
  await intake.stop();
  process.exit(0);
});
process.send?.("ready");
