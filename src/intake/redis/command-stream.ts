import { createClient, RESP_TYPES } from "redis";
import { maskUnreadable } from "../../messages/mask-nik.ts";
import { redactNik } from "../../messages/redact-nik.ts";
import type { CommandFigures } from "../../observability/metrics.ts";
import { makeGroupCommit } from "../../platform/group-commit.ts";
import type { RedisMonitor } from "../../platform/redis-monitor.ts";

export const COMMANDS = "reward:commands";
export const DEAD = "reward:commands:dead";
export const GROUP = "reward-processor";

/** The approximate maximum of dead letters in the stream. */
const DEAD_KEPT = 100_000;
const MAX_WHY = 500;
/** An idle time that no command reaches. */
const NEVER_MS = 2 ** 40;

export interface Command {
  /** The id of the entry in the stream. */
  id: string;
  /** The value of its field `payload`; undefined without that field. */
  payload: Buffer | undefined;
  /** The trace that it continues, from its field `traceparent`; null without that field. */
  trace: string | null;
  /** The number of deliveries, including this one. */
  deliveries: number;
}

/** The stream of commands, from the view of one consumer in the group. */
export interface CommandStream {
  isReady(): boolean;
  /** The failure of the last attempt to connect; undefined after a success. */
  connectionProblem(): Error | undefined;
  /** Creates the stream and the group if they are missing. Existing entries of the stream count too. */
  open(): Promise<void>;
  /**
   * Checks, without changes, the server's version, that it accepts writes, and this user's permissions for all commands
   * used here.
   * @throws Error with the server's message
   */
  check(): Promise<void>;
  /** Waits up to `waitMs` for new commands. */
  next(count: number, waitMs: number): Promise<Command[]>;
  /** Claims commands that another consumer took this long ago without finishing or renewing them. */
  abandoned(count: number, afterMs: number): Promise<Command[]>;
  /** Renews the claim on commands that are being processed. */
  keep(ids: readonly string[]): Promise<void>;
  /**
   * Acknowledges and deletes a processed command, so that its content, such as a national id, does not stay in Redis.
   */
  done(id: string): Promise<void>;
  /**
   * Gives a command up: adds the reason, and the payload without national ids, to `reward:commands:dead`. The command
   * itself stays in the stream, so that an operator can send it again.
   */
  moveToDeadLetters(command: Command, why: string): Promise<void>;
  /** The sizes of the queues. */
  figures(): Promise<CommandFigures>;
  /**
   * Removes this consumer if it has no pending commands. Must not run during a `next`, whose commands would be lost.
   */
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
  // A blocking read occupies its connection.
  const waiting = redis.duplicate();
  monitor.watch(redis, waiting);
  for (const client of [redis, waiting]) void client.connect().catch(() => {}); // the client reconnects by itself
  let problem: Error | undefined;
  for (const client of [redis, waiting]) {
    client.on("error", (error: Error) => {
      problem = error;
    });
    client.on("ready", () => {
      problem = undefined;
    });
  }
  /** Read as bytes, so that invalid UTF-8 reaches the parser, which refuses it. */
  const bytes = { [RESP_TYPES.BLOB_STRING]: Buffer } as const;
  let scanned = "0-0";
  /** Batches the acknowledgements of commands that finish together, because they shared a transaction. */
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
  /** Recreates the group if Redis has lost its data. */
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
      // INFO may be forbidden; then the commands below report the missing requirement.
      const info = await redis.info("server").catch(() => "");
      const [, version, major, minor] = /redis_version:((\d+)\.(\d+)\S*)/.exec(info) ?? [];
      if (version !== undefined && (Number(major) < 6 || (Number(major) === 6 && Number(minor) < 2)))
        throw new Error(`unknown command XAUTOCLAIM in Redis ${version}`);
      const lowestId = "0-0";
      await redis.xAutoClaim(COMMANDS, GROUP, consumer, NEVER_MS, lowestId, { COUNT: 1 });
      await redis.xClaimJustId(COMMANDS, GROUP, consumer, NEVER_MS, [lowestId]);
      await redis.xPendingRange(COMMANDS, GROUP, "-", "+", 1);
      await redis.multi().xAck(COMMANDS, GROUP, lowestId).xDel(COMMANDS, lowestId).exec();
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

    async moveToDeadLetters({ id, payload, deliveries }, why) {
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

/** When an entry was added, in ms by the clock of Redis. */
const millisOf = (id: string) => Number(id.split("-")[0]);

interface Entry {
  id: unknown;
  message: object;
}

function toCommand({ id, message }: Entry, deliveries: number): Command {
  const { payload, traceparent } = message as { payload?: Buffer; traceparent?: Buffer };
  return { id: String(id), payload, trace: traceparent ? String(traceparent) : null, deliveries };
}
