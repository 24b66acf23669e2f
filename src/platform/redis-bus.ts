import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { createClient } from "redis";
import { type Bus, makeLocalBus } from "./events.ts";
import type { Logger } from "./logger.ts";
import { makeRedisMonitor } from "./redis-monitor.ts";

const CHANNEL = "tessera:bus";
const CONNECT_PATIENCE_MS = 2_000;

const MEANWHILE =
  "changes made by other processes show a few seconds late, and members' events are not published to Redis; nothing is lost.";

/** A bus between processes over Redis pub/sub. While Redis is away, rings stay within the process. */
export async function openRedisBus(
  url: string,
  log: Logger,
  monitor = makeRedisMonitor({ redisUrl: url, meanwhile: MEANWHILE, log }),
): Promise<Bus> {
  const local = makeLocalBus();
  const origin = randomUUID();
  const publisher = createClient({ url, disableOfflineQueue: true, socket: { connectTimeout: 2_000 } });
  const subscriber = publisher.duplicate();
  monitor.watch(publisher, subscriber);
  const connected = Promise.all([publisher.connect(), subscriber.connect()]).then(() =>
    subscriber.subscribe(CHANNEL, (message) => {
      const separator = message.indexOf(" ");
      if (message.slice(0, separator) !== origin) local.ring(message.slice(separator + 1));
    }),
  );
  // A gateway without Redis is slower to tell, not wrong: it starts, and the clients go on trying.
  await Promise.race([connected, setTimeout(CONNECT_PATIENCE_MS)]);
  return {
    ring(topic) {
      local.ring(topic);
      publisher
        .publish(CHANNEL, `${origin} ${topic}`)
        .catch((error: Error) => log.debug({ reason: error.message }, "Ring not sent"));
    },
    on: local.on,
    async close() {
      await local.close();
      publisher.destroy();
      subscriber.destroy();
    },
  };
}
