// Processes reward commands of the Redis stream `reward:commands`, in a process beside the gateway; any number of them
// may run.
//
//   REDIS_URL=redis://localhost:6379 npm run reward-processor
//   redis-cli XADD reward:commands '*' payload '{"Subject":"reward", … }'
//
// It stops on Ctrl-C or SIGTERM, after the commands in progress.

import { logLibraryOutput } from "../src/platform/library-output.ts";
import { makeLogger } from "../src/platform/logger.ts";
import { onStopRequest } from "../src/platform/stop-request.ts";
import { explainError, readProcessConfig } from "../src/program/command-line.ts";
import { makeEarlyLog } from "../src/program/early-log.ts";
import { runOwnProcess } from "../src/program/run-reward-processor.ts";
import { logStartSummary } from "../src/program/start-summary.ts";

const words = makeEarlyLog("The reward processor");
try {
  const config = readProcessConfig(words);
  const { tracing } = config;
  const stopTracing =
    tracing && (await import("../src/observability/start-tracing.ts")).startTracing(tracing, "reward-processor");
  const log = await makeLogger({ level: config.logLevel, pretty: !config.isProduction });
  logLibraryOutput(log);
  if (config.isProduction) logStartSummary(config, log);
  const stop = await runOwnProcess(config, { log });
  onStopRequest(async () => {
    await stop();
    await stopTracing?.();
  });
  log.info(
    "The reward processor is running: it takes commands from the Redis stream reward:commands. " +
      "Refused commands go to quarantine, commands that failed too often to reward:commands:dead.",
  );
  process.send?.({ type: "ready" });
} catch (error) {
  words.fail("did not start", explainError(error));
  process.exit(1);
}
