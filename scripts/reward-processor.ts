// Takes reward commands from the Redis stream `reward:commands`, in a process beside the gateway; start as many as you like.
//
//   REDIS_URL=redis://localhost:6379 npm run reward-processor
//   redis-cli XADD reward:commands '*' payload '{"Subject":"reward", … }'
//
// It stops on Ctrl-C or SIGTERM, when what it has begun is finished.

import { logLibraryOutput } from "../src/platform/library-output.ts";
import { makeLogger } from "../src/platform/logger.ts";
import { onStopRequest } from "../src/platform/stop-request.ts";
import { explainError, readProcessConfig } from "../src/program/command-line.ts";
import { runOwnProcess } from "../src/program/run-reward-processor.ts";

try {
  const config = readProcessConfig();
  const log = await makeLogger({ level: config.logLevel, pretty: !config.isProduction });
  const stop = await runOwnProcess(config, { log });
  onStopRequest(stop);
  console.log(
    "The reward processor is running: it takes commands from the Redis stream reward:commands. " +
      "Refused commands go to quarantine, commands that failed too often to reward:commands:dead.",
  );
  logLibraryOutput(log);
  process.send?.({ type: "ready" });
} catch (error) {
  console.error(`\nThe reward processor did not start.\n${explainError(error)}`);
  process.exit(1);
}
