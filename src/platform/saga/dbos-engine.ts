import { setTimeout as delay } from "node:timers/promises";
import { DBOS } from "@dbos-inc/dbos-sdk";
import { type Db, Prisma } from "../db.ts";
import type { Logger } from "../logger.ts";
import { startHeartbeat } from "./heartbeat.ts";
import type { Saga, SagaContext, SagaEngine, SagaStatus } from "./saga.ts";

/**
 * Raise it when the order of steps in a saga changes, and let the old version drain first: a saga is continued only by
 * code of the version that began it.
 */
const STEP_ORDER_VERSION = "1";
const QUEUE = "sagas";
const POLL_MS = 50;

const statusOf: Record<string, SagaStatus> = {
  ENQUEUED: "waiting",
  DELAYED: "waiting",
  PENDING: "running",
  SUCCESS: "done",
  CANCELLED: "cancelled",
};

export interface DbosEngineOptions {
  db: Db;
  databaseUrl: string;
  /** Tells this process from every other living one, and is the same again after a restart. */
  executorId: string;
  /** How many sagas run at once here. */
  concurrency: number;
  /** How often this process shows that it lives and looks for others that do not (1000). */
  heartbeatMs?: number;
  log: Logger;
}

/** The saga engine on DBOS Transact. It is a singleton of the process, because DBOS is. */
export function makeDbosEngine({
  db,
  databaseUrl,
  executorId,
  concurrency,
  heartbeatMs,
  log,
}: DbosEngineOptions): SagaEngine {
  const stopping = new AbortController();
  let stopHeartbeat: (() => Promise<void>) | undefined;

  const context: SagaContext = {
    step: (name, work) => DBOS.runStep(() => insist(name, work), { name }),
    sleep: (ms) => DBOS.sleep(ms),
  };

  async function insist<T>(name: string, work: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await work();
      } catch (error) {
        log.error(
          { err: error, saga: DBOS.workflowID, step: name, tries },
          "A saga's step failed and will be tried again",
        );
      }
      const pause = Math.min(100 * 2 ** tries, 30_000);
      await delay(pause, undefined, { signal: stopping.signal }).catch(() => new Promise<never>(() => {})); // left pending for the next launch
    }
  }

  const relay = (level: "debug" | "warn" | "error") => (entry: unknown) => {
    if (entry instanceof Error) log[level]({ err: entry }, entry.message);
    else log[level](String(entry));
  };

  return {
    register(saga) {
      // However often the process dies in the middle of it, a saga is taken up again.
      const maxRecoveryAttempts = Number.MAX_SAFE_INTEGER;
      DBOS.registerWorkflow((input: never) => saga.run(context, input), { name: saga.name, maxRecoveryAttempts });
    },

    async start<Input>(
      tx: Parameters<SagaEngine["start"]>[0],
      saga: Pick<Saga<Input>, "name">,
      id: string,
      input: Input,
    ) {
      await tx.$queryRaw(Prisma.sql`
        select dbos.enqueue_workflow(
          workflow_name => ${saga.name}, queue_name => ${QUEUE}, workflow_id => ${id},
          positional_args => array[${JSON.stringify(input)}::json])`);
    },

    async status(id) {
      const found = await DBOS.getWorkflowStatus(id);
      return found ? (statusOf[found.status] ?? "failed") : null;
    },

    resume: async (id) => void (await DBOS.resumeWorkflow(id, { queueName: QUEUE })),
    cancel: (id) => DBOS.cancelWorkflow(id),

    async launch() {
      DBOS.setConfig({
        name: "tessera",
        systemDatabaseUrl: withIdleTimeout(databaseUrl),
        systemDatabasePoolSize: 10,
        executorID: executorId,
        applicationVersion: STEP_ORDER_VERSION,
        logger: { info: relay("debug"), debug: () => {}, warn: relay("warn"), error: relay("error") },
      });
      await DBOS.launch();
      await DBOS.registerQueue(QUEUE, {
        workerConcurrency: concurrency,
        minPollingIntervalMs: POLL_MS,
        onConflict: "always_update",
      });
      stopHeartbeat = await startHeartbeat({
        db,
        executorId,
        beatMs: heartbeatMs,
        log,
        adopt: (ids) => DBOS.resumeWorkflows(ids, { queueName: QUEUE }),
      });
    },

    async shutdown(graceMs) {
      await stopHeartbeat?.();
      setTimeout(() => stopping.abort(), graceMs).unref();
      await DBOS.shutdown({ deregister: true, workflowCompletionTimeoutMS: graceMs });
      stopping.abort();
    },
  };
}

/**
 * Bounds how long a transaction of a stopped process keeps its locks. DBOS would set it with a query of its own at every
 * new connection, which pg reports as deprecated to the terminal; it leaves a URL alone that sets it.
 */
function withIdleTimeout(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  const options = [url.searchParams.get("options"), "-c idle_in_transaction_session_timeout=60s"].filter(Boolean);
  url.searchParams.set("options", options.join(" "));
  return url.href;
}
