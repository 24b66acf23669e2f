import type { Logger } from "../../platform/logger.ts";

/** The activities of the intake with Redis. Each may fail while the others work. */
export type IntakeTask = "connect" | "read" | "claim" | "keep";

export interface IntakeHealth {
  /** Warns at the first of consecutive failures, and then every minute. */
  failed(task: IntakeTask, error: Error): void;
  worked(task: IntakeTask): void;
  /** The reason why commands are not processed, with the remedy; null if they are. */
  problem(): string | null;
}

const WARN_EVERY_MS = 60_000;

const tasks: Record<IntakeTask, string> = {
  connect: "Redis cannot be reached, so no reward commands are taken",
  read: "Reward commands cannot be taken from Redis",
  claim: "Reward commands of a dead process cannot be claimed",
  keep: "The claims on reward commands in progress cannot be renewed",
};

const RIGHTS = "XGROUP, XREADGROUP, XAUTOCLAIM, XCLAIM, XPENDING, XACK, XDEL, XADD and MULTI";
const advice: readonly [RegExp, string][] = [
  [
    /^NOPERM|permissions/,
    `Give the user of REDIS_URL the rights for ${RIGHTS} on the keys reward:commands and reward:commands:dead.`,
  ],
  [/^READONLY/, "REDIS_URL names a read-only replica: set it to the primary."],
  [/^WRONGTYPE/, "A key reward:commands or reward:commands:dead exists and is no stream: rename or delete it."],
  [/^NOAUTH|^WRONGPASS/, "Redis wants a user and password: put them into REDIS_URL."],
  [/^LOADING/, "Redis is loading its data: wait until it is ready."],
  [/unknown command/i, "The server must be Redis 6.2 or newer."],
  [/^OOM/, "Redis has no memory left: raise maxmemory, or free some."],
];

const adviceFor = (reason: string): string | undefined => advice.find(([pattern]) => pattern.test(reason))?.[1];
const DEFAULT_ADVICE = "Check the server and REDIS_URL.";

/** @param now a monotonic clock in ms */
export function makeIntakeHealth(log: Logger, now: () => number = () => performance.now()): IntakeHealth {
  const failing = new Map<IntakeTask, { reason: string; warnedAt: number }>();

  return {
    failed(task, error) {
      const reason = error.message || error.name;
      const known = failing.get(task);
      const isDue = known === undefined || known.reason !== reason || now() - known.warnedAt >= WARN_EVERY_MS;
      failing.set(task, { reason, warnedAt: isDue ? now() : known.warnedAt });
      // The monitor of all connections has already reported a lost connection.
      const isReported = task === "connect" && known === undefined && adviceFor(reason) === undefined;
      if (isDue && !isReported) log.warn({ reason }, `${tasks[task]}. ${adviceFor(reason) ?? DEFAULT_ADVICE}`);
    },

    worked(task) {
      if (failing.delete(task) && failing.size === 0) log.info("Reward commands are taken again");
    },

    problem() {
      const [first] = failing;
      if (!first) return null;
      const [task, { reason }] = first;
      return `${tasks[task]}: ${reason}. ${adviceFor(reason) ?? DEFAULT_ADVICE}`;
    },
  };
}
