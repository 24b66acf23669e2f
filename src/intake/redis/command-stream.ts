import { createClient, RESP_TYPES } from "redis";
import { maskUnreadable } from "../../messages/mask-nik.ts";
import { redactNik } from "../../messages/redact-nik.ts";
import type { CommandFigures } from "../../observability/metrics.ts";
import { makeGroupCommit } from "../../platform/group-commit.ts";
import type { RedisMonitor } from "../../platform/redis-monitor.ts";

export const COMMANDS = "reward:commands";
export const DEAD = "reward:commands:dead";
export const GROUP = "reward-processor";

/** How many dead letters are kept, about. */
const DEAD_KEPT = 100_000;
const MAX_WHY = 500;
/** No command is idle for so long. */
const NEVER_MS = 2 ** 40;

export interface Command {
  /** Of the entry in the stream. */
  id: string;
  /** What stood in its field `payload`; undefined where there is none. */
  payload: Buffer | undefined;
  /** The trace that it continues, from its field `traceparent`; null where there is none. */
  trace: string | null;
  /** How often it was given to somebody, this time counted. */
  deliveries: number;
}

/** The stream of commands, as one consumer of the group sees it. */
export interface CommandStream {
  isReady(): boolean;
  /** Why the last try to connect failed, if one has since the last success. */
  connectionProblem(): Error | undefined;
  /** Makes the stream and the group where they are not there yet. Whatever is in the stream before that counts, too. */
  open(): Promise<void>;
  /**
   * Checks that the server is new enough, takes writes, and lets this user do all that finishing a command needs. Changes nothing.
   * @throws Error with the server's words
   */
  check(): Promise<void>;
  /** New commands, as soon as there are any. */
  next(count: number, waitMs: number): Promise<Command[]>;
  /** Commands that somebody took so long ago, and neither finished nor kept. They are ours now. */
  abandoned(count: number, afterMs: number): Promise<Command[]>;
  /** Says that we are still at them. */
  keep(ids: readonly string[]): Promise<void>;
  /** It is processed: nobody gets it again, and what is in it, such as a national id, does not stay here. */
  done(id: string): Promise<void>;
  /**
   * Nobody gets it again, and `reward:commands:dead` says why, with the payload but for national ids. The command itself stays
   * in the stream for whoever is to send it once more.
   */
  bury(command: Command, why: string): Promise<void>;
  /** How much there is to do. */
  figures(): Promise<CommandFigures>;
  /** Ends this consumer, if it has nothing left. Only when no `next` is under way: what that was about to get would be lost. */
  leave(): Promise<void>;
  close(): void;
}

export function openCommandStream(options: {
  redisUrl: string;
  consumer: string;
  monitor: RedisMonitor;
}): CommandStream {
  const { redisUrl, consumer, monitor } = options;
  const redis = createClient({ url: redisUrl, disableOfflineQueue: true, socket: { connectTimeout: 2_000 } });
  // A connection that waits for commands can do nothing else.
  const waiting = redis.duplicate();
  monitor.watch(redis, waiting);
  for (const client of [redis, waiting]) void client.connect().catch(() => {}); // it goes on trying by itself
  let problem: Error | undefined;
  for (const client of [redis, waiting]) {
    client.on("error", (error: Error) => {
      problem = error;
    });
    client.on("ready", () => {
      problem = undefined;
    });
  }
  /** As bytes: what is no UTF-8 shall be refused for that, and not be mended here. */
  const bytes = { [RESP_TYPES.BLOB_STRING]: Buffer } as const;
  let scanned = "0-0";
  /** Acknowledges and deletes commands together that are done at the same time, because they were of one transaction. */
  const done = makeGroupCommit(async (ids: readonly string[]) => {
    await redis
      .multi()
      .xAck(COMMANDS, GROUP, [...ids])
      .xDel(COMMANDS, [...ids])
      .exec();
  });

  const open = async () => {
    try {
      await redis.xGroupCreate(COMMANDS, GROUP, "0", { MKSTREAM: true });
    } catch (error) {
      if (!(error as Error).message.startsWith("BUSYGROUP")) throw error;
    }
  };
  /** A Redis that has lost its memory has lost the group with it. */
  async function inGroup<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error as Error).message.startsWith("NOGROUP")) throw error;
      await open();
      return work();
    }
  }

  return {
    isReady: () => redis.isReady && waiting.isReady,
    connectionProblem: () => problem,
    open,

    async check() {
      // INFO may be forbidden; then the commands below say what is missing.
      const info = await redis.info("server").catch(() => "");
      const [, version, major, minor] = /redis_version:((\d+)\.(\d+)\S*)/.exec(info) ?? [];
      if (version !== undefined && (Number(major) < 6 || (Number(major) === 6 && Number(minor) < 2)))
        throw new Error(`unknown command XAUTOCLAIM in Redis ${version}`);
      const nothing = "0-0";
      await redis.xAutoClaim(COMMANDS, GROUP, consumer, NEVER_MS, nothing, { COUNT: 1 });
      await redis.xClaimJustId(COMMANDS, GROUP, consumer, NEVER_MS, [nothing]);
      await redis.xPendingRange(COMMANDS, GROUP, "-", "+", 1);
      await redis.multi().xAck(COMMANDS, GROUP, nothing).xDel(COMMANDS, nothing).exec();
    },

    async next(count, waitMs) {
      const streams: { messages: Entry[] }[] | null = await inGroup(() =>
        waiting
          .withTypeMapping(bytes)
          .xReadGroup(GROUP, consumer, { key: COMMANDS, id: ">" }, { COUNT: count, BLOCK: waitMs }),
      );
      return (streams ?? []).flatMap(({ messages }) => messages.map((entry) => toCommand(entry, 1)));
    },

    async abandoned(count, afterMs) {
      const claimed = await inGroup(() =>
        redis.withTypeMapping(bytes).xAutoClaim(COMMANDS, GROUP, consumer, afterMs, scanned, { COUNT: count }),
      );
      scanned = String(claimed.nextId);
      const entries = claimed.messages.filter((entry) => entry !== null);
      return Promise.all(
        entries.map(async (entry) => {
          const id = String(entry.id);
          const [pending] = await redis.xPendingRange(COMMANDS, GROUP, id, id, 1);
          return toCommand(entry, pending?.deliveriesCounter ?? 1);
        }),
      );
    },

    async keep(ids) {
      if (ids.length > 0) await redis.xClaimJustId(COMMANDS, GROUP, consumer, 0, [...ids]);
    },

    done,

    async bury({ id, payload, deliveries }, why) {
      const letter = {
        id,
        why: maskUnreadable(why).slice(0, MAX_WHY),
        deliveries: String(deliveries),
        at: new Date().toISOString(),
        payload: payload ? redactNik(payload) : "",
      };
      const trim = { TRIM: { strategy: "MAXLEN", strategyModifier: "~", threshold: DEAD_KEPT } } as const;
      await redis.multi().xAdd(DEAD, "*", letter, trim).xAck(COMMANDS, GROUP, id).exec();
    },

    async figures() {
      const [groups, dead, pending] = await Promise.all([
        redis.xInfoGroups(COMMANDS),
        redis.xLen(DEAD),
        redis.xPending(COMMANDS, GROUP),
      ]);
      const group = groups.find(({ name }) => String(name) === GROUP);
      if (!group) throw new Error(`the stream ${COMMANDS} has no group ${GROUP}`);
      const [next] = (await redis.xRange(COMMANDS, `(${String(group["last-delivered-id"])}`, "+", { COUNT: 1 })) ?? [];
      const oldest = [pending.firstId, next?.id].flatMap((id) => (id ? [millisOf(String(id))] : []));
      return {
        waiting: group.lag ?? null,
        pending: pending.pending,
        dead,
        lagSeconds: oldest.length === 0 ? 0 : Math.max(0, (Date.now() - Math.min(...oldest)) / 1_000),
      };
    },

    async leave() {
      const [pending] = await redis.xPendingRange(COMMANDS, GROUP, "-", "+", 1, { consumer });
      if (!pending) await redis.xGroupDelConsumer(COMMANDS, GROUP, consumer);
    },

    close() {
      redis.destroy();
      waiting.destroy();
    },
  };
}

/** When an entry was added, by the clock of Redis. */
const millisOf = (id: string) => Number(id.split("-")[0]);

interface Entry {
  id: unknown;
  message: object;
}

function toCommand({ id, message }: Entry, deliveries: number): Command {
  const { payload, traceparent } = message as { payload?: Buffer; traceparent?: Buffer };
  return { id: String(id), payload, trace: traceparent ? String(traceparent) : null, deliveries };
}
