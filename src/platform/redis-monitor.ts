import type { RedisClientType } from "redis";
import type { Logger } from "./logger.ts";

type Watched = Pick<RedisClientType, "isReady" | "on">;

/** Logs the loss and the return of Redis, once for each change over all connections of the process. */
export interface RedisMonitor {
  watch(...clients: Watched[]): void;
}

/** @param meanwhile the consequence of the outage, as a main clause */
export function makeRedisMonitor(options: { redisUrl: string; meanwhile: string; log: Logger }): RedisMonitor {
  const { redisUrl, meanwhile, log } = options;
  const redis = new URL(redisUrl).host; // without the password
  const watched: Watched[] = [];
  let isLost = false;

  function onError(error: Error & { code?: string }): void {
    if (isLost) return;
    isLost = true;
    const reason = error.message || error.code;
    log.warn(
      { redis, reason },
      `Redis is not reachable. Check REDIS_URL and the server; the gateway keeps reconnecting. Meanwhile ${meanwhile}`,
    );
  }
  function onReady(): void {
    if (!isLost || !watched.every((client) => client.isReady)) return;
    isLost = false;
    log.info({ redis }, "Redis is reachable again");
  }
  return {
    watch(...clients) {
      watched.push(...clients);
      for (const client of clients) client.on("error", onError).on("ready", onReady);
    },
  };
}
