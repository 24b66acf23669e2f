import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "redis";
import type { Exclusive } from "../../platform/exclusive.ts";
import { makeRedisMonitor } from "../../platform/redis-monitor.ts";
import { type Deliver, makeRelayEvents, type RelayDeps } from "./relay-events.ts";

/** What a phone finds of the past; the rest is in `memberEvents`. */
const KEPT_PER_MEMBER = 1_000;
const SECONDS_PER_DAY = 86_400;

export const memberKey = (memberId: string) => `loyalty:member:${memberId}`;

export interface RelayOptions extends Omit<RelayDeps, "deliver"> {
  redisUrl: string;
  /** How long the stream of a member is kept who is told nothing more. */
  keptDays: number;
  exclusive: Exclusive;
  /** How long until it looks for new events again (250). */
  pollMs?: number;
  /** The same after some could not be handed on (2,000). */
  afterFailureMs?: number;
  /** How long until another process takes over from one that died (3,000). */
  takeOverMs?: number;
  /** How long stopping waits for a Redis that does not answer (2,000). */
  graceMs?: number;
}

/**
 * Tells Redis what members are told: each event as JSON, on the stream and on the channel `loyalty:member:{memberId}`. Of many
 * processes one does it at a time, since two would not keep the order. @returns a function that stops it
 */
export function runRelay({ redisUrl, keptDays, exclusive, ...deps }: RelayOptions): () => Promise<void> {
  const { log, pollMs = 250, afterFailureMs = 2_000, takeOverMs = 3_000, graceMs = 2_000 } = deps;
  const redis = createClient({ url: redisUrl, disableOfflineQueue: true, socket: { connectTimeout: 2_000 } });
  makeRedisMonitor({ redisUrl, meanwhile: "members' events are not published to Redis; they are later.", log }).watch(
    redis,
  );
  const deliver: Deliver = async (memberIds, events) => {
    const trim = { TRIM: { strategy: "MAXLEN", strategyModifier: "~", threshold: KEPT_PER_MEMBER } } as const;
    // One after the other in one pipeline; the stream first, so that who hears the channel finds it there.
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
        log.warn({ err: error }, "Members' events are not handed on to Redis at the moment");
      }
      await pause(takeOverMs);
    }
  }
  void redis.connect().catch(() => {}); // it goes on trying by itself
  const running = run();
  return async () => {
    stopping.abort();
    await Promise.race([running, sleep(graceMs, undefined, { ref: false })]);
    redis.destroy(); // which ends a command that a Redis in trouble does not answer
    await running;
  };
}
