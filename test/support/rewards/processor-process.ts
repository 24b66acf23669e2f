// The processor of reward commands, as `npm run reward-processor` runs it, in a process that a test can kill. Entries
// of a killed process are claimed by others sooner.
import { readConfig } from "../../../src/config/config.ts";
import { makeLogger } from "../../../src/platform/logger.ts";
import { runOwnProcess } from "../../../src/program/run-reward-processor.ts";

const log = await makeLogger({ level: "silent", pretty: false });
const stop = await runOwnProcess(readConfig(process.env), { log, abandonedAfterMs: 500 });
process.on("SIGTERM", async () => {
  await stop();
  process.exit(0);
});
process.send?.("ready");
