import { flushCompileCache } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { onStopRequest } from "./platform/stop-request.ts";
import { checkPorts } from "./program/check-ports.ts";
import { collectGarbageOfStart } from "./program/collect-garbage.ts";
import { explainError, readProcessConfig } from "./program/command-line.ts";
import { makeEarlyLog } from "./program/early-log.ts";
import { makeProgress } from "./program/progress.ts";

/** The longest time for which a stop requested during the start waits for the start to finish. */
const START_GRACE_MS = 10_000;

const progress = makeProgress(process.stderr);
const words = makeEarlyLog("Tessera");
const fail = (reason: string, what = "did not start"): never => {
  progress.clear();
  words.fail(what, reason);
  process.exit(1);
};

try {
  const config = readProcessConfig(words);
  await checkPorts(config);
  const onStep = config.isProduction ? undefined : progress.show;
  onStep?.("Loading the gateway");
  // Imported here, because loading takes longer than all checks above.
  const [{ startApp }, { banner }, { makeLogger }, { logLibraryOutput }, { logStartSummary }, { endAtUncaughtFaults }] =
    await Promise.all([
      import("./app.ts"),
      import("./program/banner.ts"),
      import("./platform/logger.ts"),
      import("./platform/library-output.ts"),
      import("./program/start-summary.ts"),
      import("./program/uncaught-faults.ts"),
    ]);
  // Started before the logger, whose lines have trace ids.
  const stopTracing =
    config.tracing && (await import("./observability/start-tracing.ts")).startTracing(config.tracing, "gateway");
  const log = await makeLogger({ level: config.logLevel, pretty: !config.isProduction });
  logLibraryOutput(log);
  if (config.isProduction) logStartSummary(config, log);
  const starting = startApp(config, { onStep, log });
  onStopRequest(async () => {
    const app = await Promise.race([starting.catch(() => undefined), sleep(START_GRACE_MS, undefined)]);
    await app?.stop();
    await stopTracing?.();
  });
  const app = await starting;
  progress.clear();
  const { url, metricsUrl, notes } = app;
  if (config.isProduction) log.info({ url, metricsUrl, notes }, "Tessera is ready");
  else process.stdout.write(banner(config, app));
  process.send?.({ type: "ready", url });
  flushCompileCache(); // speeds up the next start even if this process is killed
  if (!config.hasCrashPoints) setImmediate(collectGarbageOfStart); // a fifth of the CPU time of a start that tests kill soon

  endAtUncaughtFaults((reason) => fail(reason, "stopped"));
} catch (error) {
  fail(explainError(error));
}
