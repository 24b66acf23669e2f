import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { CommandFigures } from "../../observability/metrics.ts";
import type { Logger } from "../../platform/logger.ts";
import { makeRedisMonitor } from "../../platform/redis-monitor.ts";
import { inSpan } from "../../platform/tracing.ts";
import type { Incoming } from "../process-message.ts";
import { type Command, openCommandStream } from "./command-stream.ts";
import { makeIntakeHealth } from "./intake-health.ts";

/**
 * Resolves once the message and all that comes of it, or its refusal, is stored, and has one effect however often it is
 * called with the same message. Rejects when nothing was stored.
 */
export type TakeMessage = (message: Incoming) => Promise<unknown>;

export interface RedisIntakeOptions {
  redisUrl: string;
  processMessage: TakeMessage;
  /** Whether the database answers. While it does not, what is under way waits, and is not blamed for having failed. */
  isReady(): Promise<boolean>;
  log: Logger;
  /** How many commands are worked on at once: more are not even read. */
  concurrency?: number;
  /** After how long without a sign of life a command is somebody else's. */
  abandonedAfterMs?: number;
  /** How often a sign of life is given of what is under way (a third of that). */
  keepEveryMs?: number;
  /** How often what others have abandoned is looked for (half of that, 10 s at most). */
  claimEveryMs?: number;
  /** How long after a failure it is tried again (250); while the database does not answer, doubling up to 2 s. */
  retryMs?: number;
  /** A command that fails at this delivery is dead. */
  maxDeliveries?: number;
  /** How long `stop` waits for what is under way. */
  graceMs?: number;
}

export interface RedisIntake {
  /** Why commands are not taken as they should be, with what to do; null if they are. */
  problem(): string | null;
  /** How much there is to do. Rejects while Redis does not answer. */
  figures(): Promise<CommandFigures>;
  /** Takes nothing more, finishes what was begun, and lets go. What it cannot finish in time, others will. */
  stop(): Promise<void>;
}

const BLOCK_MS = 1_000;
const MAX_RETRY_MS = 2_000;
/** A command at which the process dies never fails, it only comes back; after so many times as many deliveries it is dead. */
const CRASHES_PER_FAILURE = 4;

/**
 * Takes reward commands from the stream: each at least once, and gone from it only after its transaction. A command that is
 * not finished comes back, here or in another process, until it is or until it has failed too often.
 */
export function runRedisIntake(options: RedisIntakeOptions): RedisIntake {
  const { redisUrl, processMessage, isReady, log } = options;
  const meanwhile = "no reward commands are taken; those in the stream are taken when Redis is back.";
  const monitor = makeRedisMonitor({ redisUrl, meanwhile, log });
  const { concurrency = 8, abandonedAfterMs = 30_000, maxDeliveries = 5, graceMs = 10_000, retryMs = 250 } = options;
  const { keepEveryMs = abandonedAfterMs / 3, claimEveryMs = Math.min(abandonedAfterMs / 2, 10_000) } = options;
  const consumer = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
  const stream = openCommandStream({ redisUrl, consumer, monitor });
  const health = makeIntakeHealth(log);
  const underWay = new Map<string, Promise<void>>();
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => {});
  const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

  const isStoreReady = () => isReady().catch(() => false);
  /** Resolves when the database answers, or when we stop. */
  async function storeReady(): Promise<void> {
    for (let wait = retryMs; !signal.aborted && !(await isStoreReady()); wait = Math.min(2 * wait, MAX_RETRY_MS)) {
      await pause(wait);
    }
  }

  /** @returns why it failed, or null */
  async function attempt(raw: Buffer): Promise<{ why: string } | null> {
    try {
      await processMessage({ raw, source: "REDIS", actor: "redis" });
      return null;
    } catch (error) {
      return { why: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Sees it through, one way or the other; else it stays pending, and comes back. */
  async function handle(command: Command): Promise<void> {
    const { id, payload, deliveries } = command;
    if (!payload) return stream.bury(command, "the entry has no field payload");
    if (deliveries > CRASHES_PER_FAILURE * maxDeliveries) {
      return stream.bury(command, `begun ${deliveries - 1} times, and never finished`);
    }
    let failed = await attempt(payload);
    while (failed && !signal.aborted) {
      const wasUp = await isStoreReady();
      await (wasUp ? pause(retryMs) : storeReady());
      if (signal.aborted) return;
      failed = await attempt(payload);
      if (wasUp) break; // it had its second chance
    }
    if (!failed) return stream.done(id);
    if (signal.aborted) return;
    if (deliveries < maxDeliveries) {
      log.warn({ id, deliveries }, "A reward command failed and will be tried again");
      return;
    }
    log.error({ id, deliveries }, "A reward command failed too often and is dead");
    await stream.bury(command, failed.why);
  }

  function begin(command: Command): void {
    if (underWay.has(command.id)) return;
    const { id, trace, deliveries } = command;
    const span = {
      name: "reward command",
      kind: "consumer" as const,
      parent: trace,
      mayBegin: true,
      facts: { id, deliveries },
    };
    const work = inSpan(span, () => handle(command))
      // Done, but Redis was not told: it comes back, and has no second effect.
      .catch((error: Error) => log.warn({ reason: error.message, id: command.id }, "A reward command comes back"))
      .finally(() => underWay.delete(command.id));
    underWay.set(command.id, work);
  }

  /** Whether no read is left hanging, nor was cut off. */
  let isClean = true;
  async function take(): Promise<void> {
    let isOpen = false;
    let claimAt = 0;
    while (!signal.aborted) {
      try {
        if (!stream.isReady()) {
          const problem = stream.connectionProblem();
          if (problem) health.failed("connect", problem);
          await pause(retryMs);
          continue;
        }
        health.worked("connect");
        if (!isOpen) {
          await stream.open();
          await stream.check().catch((error: Error) => health.failed("claim", error));
        }
        isOpen = true;
        const free = concurrency - underWay.size;
        if (free === 0) {
          await Promise.race([...underWay.values(), stopped]);
          continue;
        }
        let commands: Command[] = [];
        if (Date.now() >= claimAt) {
          commands = await abandoned(free);
          if (commands.length < free) claimAt = Date.now() + claimEveryMs;
        }
        if (commands.length === 0 && !signal.aborted) {
          isClean = false;
          commands = await stream.next(free, Math.min(BLOCK_MS, Math.max(50, claimEveryMs)));
          isClean = true;
        }
        health.worked("read");
        for (const command of commands) begin(command);
      } catch (error) {
        if (!signal.aborted) health.failed("read", error as Error);
        await pause(retryMs);
      }
    }
  }

  /** Commands of others. New ones are taken also while these cannot be. */
  async function abandoned(count: number): Promise<Command[]> {
    try {
      const commands = await stream.abandoned(count, abandonedAfterMs);
      health.worked("claim");
      return commands;
    } catch (error) {
      if (!signal.aborted) health.failed("claim", error as Error);
      return [];
    }
  }

  /** Whether it resolves in time: while Redis does not answer, nothing does. */
  const withinGrace = (work: Promise<unknown>) =>
    Promise.race([work.then(() => true), sleep(graceMs, false, { ref: false })]);

  const heartbeat = setInterval(() => {
    if (!stream.isReady()) return;
    stream.keep([...underWay.keys()]).then(
      () => health.worked("keep"),
      (error: Error) => health.failed("keep", error),
    );
  }, keepEveryMs);
  const taking = take();

  return {
    problem: health.problem,
    figures: stream.figures,

    async stop() {
      stopping.abort();
      const finished = taking.then(() => Promise.all(underWay.values()));
      const isFinished = await withinGrace(finished);
      clearInterval(heartbeat);
      if (isFinished && isClean) await withinGrace(stream.leave().catch(() => {}));
      stream.close();
      await taking;
    },
  };
}
