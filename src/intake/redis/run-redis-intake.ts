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
 * Resolves once the message and its effects, or its refusal, are stored. Repeated calls with the same message have one
 * effect. Rejects if neither was stored.
 */
export type ProcessIncoming = (message: Incoming) => Promise<unknown>;

export interface RedisIntakeOptions {
  redisUrl: string;
  processMessage: ProcessIncoming;
  /** Whether the database answers. If it does not, commands in progress wait, and their failures do not count. */
  isReady(): Promise<boolean>;
  log: Logger;
  /** The maximum of commands in progress; further commands are not read. */
  concurrency?: number;
  /** The time without a renewal after which another consumer may claim a command. */
  abandonedAfterMs?: number;
  /** The interval of renewals for commands in progress (a third of that). */
  keepEveryMs?: number;
  /** The interval of searches for abandoned commands (half of that, 10 s at most). */
  claimEveryMs?: number;
  /** The pause after a failure (250); while the database does not answer, it doubles up to 2 s. */
  retryMs?: number;
  /** The delivery at which a failing command becomes a dead letter. */
  maxDeliveries?: number;
  /** The time that `stop` waits for commands in progress. */
  graceMs?: number;
}

export interface RedisIntake {
  /** The reason why commands are not processed, with the remedy; null if they are. */
  problem(): string | null;
  /** The sizes of the queues. Rejects while Redis does not answer. */
  figures(): Promise<CommandFigures>;
  /** Stops reading, finishes the commands in progress, and releases the rest to other consumers. */
  stop(): Promise<void>;
}

const BLOCK_MS = 1_000;
const MAX_RETRY_MS = 2_000;
/**
 * A command that crashes the process never fails, but is delivered again. It becomes a dead letter after this many times
 * `maxDeliveries`.
 */
const CRASHES_PER_FAILURE = 4;

/**
 * Processes reward commands from the stream. Delivery is at least once, and a command is deleted only after its
 * transaction. An unfinished command is delivered again, here or in another process, until it is finished or has failed
 * too often.
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
  const inFlight = new Map<string, Promise<void>>();
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => {});
  const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

  const isStoreReady = () => isReady().catch(() => false);
  /** Resolves when the database answers, or when the intake stops. */
  async function storeReady(): Promise<void> {
    for (let wait = retryMs; !signal.aborted && !(await isStoreReady()); wait = Math.min(2 * wait, MAX_RETRY_MS)) {
      await pause(wait);
    }
  }

  /** @returns the reason of a failure, or null */
  async function attempt(raw: Buffer): Promise<{ why: string } | null> {
    try {
      await processMessage({ raw, source: "REDIS", actor: "redis" });
      return null;
    } catch (error) {
      return { why: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Finishes a command or gives it up; otherwise it stays pending and is delivered again. */
  async function handle(command: Command): Promise<void> {
    const { id, payload, deliveries } = command;
    if (!payload) return stream.moveToDeadLetters(command, "the entry has no field payload");
    if (deliveries > CRASHES_PER_FAILURE * maxDeliveries) {
      return stream.moveToDeadLetters(command, `begun ${deliveries - 1} times, and never finished`);
    }
    let failed = await attempt(payload);
    while (failed && !signal.aborted) {
      const wasStoreReady = await isStoreReady();
      await (wasStoreReady ? pause(retryMs) : storeReady());
      if (signal.aborted) return;
      failed = await attempt(payload);
      if (wasStoreReady) break; // it had its second chance
    }
    if (!failed) return stream.done(id);
    if (signal.aborted) return;
    if (deliveries < maxDeliveries) {
      log.warn({ id, deliveries }, "A reward command failed and will be tried again");
      return;
    }
    log.error({ id, deliveries }, "A reward command failed too often and is dead");
    await stream.moveToDeadLetters(command, failed.why);
  }

  function begin(command: Command): void {
    if (inFlight.has(command.id)) return;
    const { id, trace, deliveries } = command;
    const span = {
      name: "reward command",
      kind: "consumer" as const,
      parent: trace,
      mayBegin: true,
      facts: { id, deliveries },
    };
    const work = inSpan(span, () => handle(command))
      // Processed, but Redis did not confirm the acknowledgement: it is delivered again without a second effect.
      .catch((error: Error) => log.warn({ reason: error.message, id: command.id }, "A reward command comes back"))
      .finally(() => inFlight.delete(command.id));
    inFlight.set(command.id, work);
  }

  /** False if a read is still blocked or was aborted. */
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
        const free = concurrency - inFlight.size;
        if (free === 0) {
          await Promise.race([...inFlight.values(), stopped]);
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

  /** Claims abandoned commands. A failure here must not prevent the reading of new ones. */
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

  /** Whether the work resolves within the grace period: it cannot while Redis does not answer. */
  const withinGrace = (work: Promise<unknown>) =>
    Promise.race([work.then(() => true), sleep(graceMs, false, { ref: false })]);

  const heartbeat = setInterval(() => {
    if (!stream.isReady()) return;
    stream.keep([...inFlight.keys()]).then(
      () => health.worked("keep"),
      (error: Error) => health.failed("keep", error),
    );
  }, keepEveryMs);
  const processing = take();

  return {
    problem: health.problem,
    figures: stream.figures,

    async stop() {
      stopping.abort();
      const finished = processing.then(() => Promise.all(inFlight.values()));
      const isFinished = await withinGrace(finished);
      clearInterval(heartbeat);
      if (isFinished && isClean) await withinGrace(stream.leave().catch(() => {}));
      stream.close();
      await processing;
    },
  };
}
