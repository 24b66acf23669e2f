import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "redis";
import type { Exclusive } from "../../platform/exclusive.ts";
import { makeRedisMonitor } from "../../platform/redis-monitor.ts";
import { type Deliver, makeRelayEvents, type RelayDeps } from "./relay-events.ts";

/** The length of a member's stream; older events are available from `memberEvents`. */
const KEPT_PER_MEMBER = 1_000;
const SECONDS_PER_DAY = 86_400;

export const memberKey = (memberId: string) => `loyalty:member:${memberId}`;

export interface RelayOptions extends Omit<RelayDeps, "deliver"> {
  redisUrl: string;
  /** The retention of a member's stream in days, counted from the last event. */
  keptDays: number;
  exclusive: Exclusive;
  /** The polling interval for new events (250). */
  pollMs?: number;
  /** The interval after a failed delivery (2,000). */
  afterFailureMs?: number;
  /** The time until another process takes over from a dead one (3,000). */
  takeOverMs?: number;
  /** The time that stopping waits for a Redis that does not answer (2,000). */
  graceMs?: number;
}

/**
 * Relays members' events to Redis: each event as JSON, on the stream and on the channel `loyalty:member:{memberId}`. A
 * single process relays at a time, because two could not keep the order. @returns a function that stops it
 */
export function runRelay({ redisUrl, keptDays, exclusive, ...deps }: RelayOptions): () => Promise<void> {
  const { log, pollMs = 250, afterFailureMs = 2_000, takeOverMs = 3_000, graceMs = 2_000 } = deps;
  const redis = createClient({ url: redisUrl, disableOfflineQueue: true, socket: { connectTimeout: 2_000 } });
  makeRedisMonitor({ redisUrl, meanwhile: "members' events are not published to Redis; they are later.", log }).watch(
    redis,
  );
  const deliver: Deliver = async (memberIds, events) => {
    const trim = { TRIM: { strategy: "MAXLEN", strategyModifier: "~", threshold: KEPT_PER_MEMBER } } as const;
    // In one pipeline, the stream first: a subscriber of the channel then finds the event in the stream.
    const sent = memberIds
      .map(memberKey)
      .flatMap((key) => [
        ...events.flatMap((event) => [redis.xAdd(key, "*", { event }, trim), redis.publish(key, event)]),
        redis.expire(key, keptDays * SECONDS_PER_DAY),
      ]);
    const [failed] = (await Promise.allSettled(sent)).filter((each) => each.status === "rejected");
    if (failed) throw failed.reason;
  };
  const relayEvents = makeRelayEvents({ ...deps, deliver });

  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => {});

  async function follow(held: AbortSignal) {
    while (!signal.aborted && !held.aborted) {
      const { moved, failed } = redis.isReady ? await relayEvents(signal) : { moved: 0, failed: 0 };
      if (failed > 0) await pause(afterFailureMs);
      else if (moved === 0) await pause(pollMs);
    }
    return true;
  }
  async function run() {
    while (!signal.aborted) {
      try {
        await exclusive.run("member-relay", follow, { waitMs: 1 });
      } catch (error) {
        log.warn({ err: error }, "Members' events are not relayed to Redis at the moment");
      }
      await pause(takeOverMs);
    }
  }
  void redis.connect().catch(() => {}); // the client reconnects by itself
  const running = run();
  return async () => {
    stopping.abort();
    await Promise.race([running, sleep(graceMs, undefined, { ref: false })]);
    redis.destroy(); // ends commands without an answer
    await running;
  };
}
