import type { SessionStore } from "../auth/index.ts";
import type { Config } from "../config/config.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import type { Exclusive } from "../platform/exclusive.ts";
import { makeHeadPoll } from "../platform/head-poll.ts";
import type { Logger } from "../platform/logger.ts";
import { feedResolvers } from "./feed.resolvers.ts";
import { type AppendMemberEvents, makeFeedStore } from "./feed.store.ts";
import { makePublishSettled } from "./publish-settled.ts";
import { makeWatchFeed, POLL_MS } from "./watch-feed.ts";

export { awardEvent } from "./award-event.ts";
export { type AppendMemberEvents, makeAppendMemberEvents, type NewMemberEvent } from "./feed.store.ts";
export type { MemberEvent } from "./member-event.ts";
export { notifyFeeds } from "./notify-feeds.ts";

const MS_PER_DAY = 86_400_000;

export interface FeedPorts {
  config: Config;
  db: Db;
  bus: Bus;
  clock: Clock;
  log: Logger;
  sessions: SessionStore;
  appendMemberEvents: AppendMemberEvents;
  /** The lock of the relay: a single process relays at a time. */
  relayLock: Exclusive;
}

/** The feed of members' events: a log for each customer, with subscriptions over sockets and a relay to Redis. */
export function openFeed({ config, db, bus, clock, log, sessions, appendMemberEvents, relayLock }: FeedPorts) {
  const { redisUrl, memberEventDays } = config;
  const feeds = makeFeedStore(db);
  return {
    /** Publishes the outcomes of settled awards to their members. */
    settled: makePublishSettled({ appendMemberEvents, bus }),
    resolvers: feedResolvers({
      feeds,
      sessions,
      watchFeed: makeWatchFeed({
        feeds,
        bus,
        heads: makeHeadPoll({ everyMs: POLL_MS, readHeads: feeds.heads, log }),
        clock,
      }),
    }),
    async sweep() {
      await feeds.sweep(new Date(clock.now().getTime() - memberEventDays * MS_PER_DAY));
    },
    /** Starts the relay to Redis, if configured. @returns a function that stops it */
    async startRelay(): Promise<() => Promise<void>> {
      if (redisUrl === undefined) return async () => {};
      const { runRelay } = await import("./relay/run-relay.ts");
      return runRelay({ redisUrl, keptDays: memberEventDays, db, feeds, exclusive: relayLock, clock, log });
    },
  };
}
