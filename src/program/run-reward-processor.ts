import { type Config, ConfigError } from "../config/config.ts";
import { openProcessor } from "../intake/open-processor.ts";
import { runRedisIntake } from "../intake/redis/run-redis-intake.ts";
import { serveIntakeHealth } from "../intake/redis/serve-intake-health.ts";
import { openNikKey } from "../members/index.ts";
import { systemClock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { openDatabase } from "../platform/open-database.ts";
import { provideDatabase } from "./provide-database.ts";

/** Enough for one batch of messages in the database and another that is being gathered. */
const COMMANDS_AT_ONCE = 100;

/**
 * Processes reward commands from Redis in a process of its own, on the database of the gateway. Any number of such
 * processes may run. @returns a function that stops it
 */
export async function runOwnProcess(
  config: Config,
  { log, abandonedAfterMs }: { log: Logger; abandonedAfterMs?: number },
): Promise<() => Promise<void>> {
  const { redisUrl } = config;
  if (redisUrl === undefined) throw new ConfigError("REDIS_URL: required, because commands are taken from Redis");
  const running = new AsyncDisposableStack();
  try {
    const watch =
      config.metrics && (await import("../observability/watch.ts")).openWatch(config.metrics, "reward-processor");
    const metrics = watch?.metrics;
    const { url, stop: stopDatabase } = await provideDatabase(config);
    running.defer(stopDatabase);
    const database = await openDatabase({
      url,
      listenUrl: config.databaseListenUrl,
      poolSize: config.databasePoolSize,
      locks: 0,
      otherConnections: watch?.connections,
      log,
    });
    running.use(database);
    const { db, bus, mostConnections } = database;
    log.info({ mostConnections }, "Opening connections to the database");
    const nikKey = await openNikKey({ db, secrets: config.voucherSecrets, isReadOnly: false });
    const intake = runRedisIntake({
      redisUrl,
      processMessage: openProcessor({ config, nikKey, db, bus, clock: systemClock, metrics }).processMessage.process,
      isReady: async () => (await db.$queryRaw<unknown[]>`select 1`).length === 1,
      log,
      concurrency: COMMANDS_AT_ONCE,
      ...(abandonedAfterMs !== undefined && { abandonedAfterMs }),
    });
    running.defer(() => intake.stop());
    if (watch) {
      watch.metrics.sources.commands(intake.figures);
      running.defer((await watch.serve({ db, url, log })).close);
    }
    if (config.rewardProcessorPort !== undefined) {
      const checkStore = async () => void (await db.$queryRaw`select 1`);
      running.defer(
        await serveIntakeHealth({ port: config.rewardProcessorPort, host: config.host, intake, checkStore }),
      );
    }
    return () => running.disposeAsync();
  } catch (error) {
    await running.disposeAsync().catch(() => {});
    throw error;
  }
}
