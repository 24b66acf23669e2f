// Takes reward commands from the Redis stream `reward:commands`, in a process beside the gateway; start as many as you like.
//
//   REDIS_URL=redis://localhost:6379 npm run reward-processor
//   redis-cli XADD reward:commands '*' payload '{"Subject":"reward", … }'
//
// It stops on Ctrl-C or SIGTERM, when what it has begun is finished.
import { ConfigError, readConfig } from "../src/config.ts";
import { makeLogger } from "../src/platform/logger.ts";
import { runOwnProcess } from "../src/reward-processor/run-own-process.ts";

const fail = (message: string): never => {
  console.error(`\nThe reward processor did not start.\n${message}`);
  process.exit(1);
};

try {
  const config = readConfig(process.env);
  const log = await makeLogger({ level: config.logLevel, pretty: !config.isProduction });
  const stop = await runOwnProcess(config, { log });
  console.log(
    "Taking commands from reward:commands. Refused ones are in quarantine, dead ones in reward:commands:dead.",
  );
  process.send?.({ type: "ready" });
  let isStopping = false;
  const end = async () => {
    if (isStopping) return process.exit(1); // asked twice: no more waiting
    isStopping = true;
    await stop();
    process.exit(0);
  };
  process.on("SIGINT", end).on("SIGTERM", end).on("disconnect", end);
} catch (error) {
  if (error instanceof ConfigError) fail(error.message.replace(/^/gm, "  "));
  fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
}
