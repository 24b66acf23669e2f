import { setTimeout as delay } from "node:timers/promises";
import { type Db, inTransaction, Prisma } from "../db.ts";
import type { Logger } from "../logger.ts";

const BEAT_MS = 1_000;
/** Long enough for a slow disk or a garbage collection, short enough that a customer still waits for the answer. */
const STALE_AFTER_SECONDS = 5;

interface HeartbeatOptions {
  db: Db;
  executorId: string;
  beatMs?: number | undefined;
  /** Takes over the sagas with these ids. */
  adopt(sagaIds: string[]): Promise<unknown>;
  log: Logger;
}

/**
 * Keeps this process's row fresh, by the database's clock, and looks for processes whose row has gone stale: their running
 * sagas continue here. Should a process thought dead come back, the engine does not let it record another step, and the
 * keys toward the upstreams make what it had already sent harmless.
 *
 * @returns a function that stops, and gives the row up
 */
export async function startHeartbeat(options: HeartbeatOptions): Promise<() => Promise<void>> {
  const { db, executorId, beatMs = BEAT_MS, adopt, log } = options;
  const stopping = new AbortController();
  const beat = () => db.$executeRaw`
    insert into saga_executors (executor_id, heartbeat_at) values (${executorId}, now())
    on conflict (executor_id) do update set heartbeat_at = now()`;

  const sweep = () =>
    inTransaction(db, async (tx) => {
      const [lock] = await tx.$queryRaw<{ mine: boolean }[]>`
        select pg_try_advisory_xact_lock(hashtext('tessera.saga.sweep')) as mine`;
      if (!lock?.mine) return;
      const orphans = await tx.$queryRaw<{ id: string; executor: string }[]>`
        select workflow_uuid as id, executor_id as executor from dbos.workflow_status
        where status = 'PENDING' and executor_id <> ${executorId} and not exists (
          select from saga_executors
          where saga_executors.executor_id = workflow_status.executor_id
            and heartbeat_at > now() - make_interval(secs => ${STALE_AFTER_SECONDS}))`;
      if (orphans.length === 0) return;
      const executors = [...new Set(orphans.map((orphan) => orphan.executor))];
      log.warn({ executors, sagas: orphans.length }, "Taking over the sagas of processes that stopped");
      await adopt(orphans.map((orphan) => orphan.id));
      await tx.$executeRaw`delete from saga_executors where executor_id in (${Prisma.join(executors)})`;
    });

  await beat();
  const ended = (async () => {
    while (!stopping.signal.aborted) {
      await delay(beatMs, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) break;
      try {
        await beat();
        await sweep();
      } catch (error) {
        log.warn({ err: error }, "The heartbeat missed a beat");
      }
    }
  })();

  return async () => {
    stopping.abort();
    await ended;
    await db.$executeRaw`delete from saga_executors where executor_id = ${executorId}`.catch(() => {});
  };
}
