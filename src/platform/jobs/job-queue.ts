import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { backoffMs } from "../backoff.ts";
import { databaseFailure } from "../database-failure.ts";
import { afterCommit, type Db, Prisma, type Tx } from "../db.ts";
import type { Bus } from "../events.ts";
import type { Logger } from "../logger.ts";
import { inSpan, propagatedContext } from "../tracing.ts";
import { type Job, type JobQueue, type JobType, LeaseLost, type Next } from "./job.ts";

export interface JobQueueOptions {
  db: Db;
  bus: Bus;
  /**
   * An address that only one process has at a time, such as `host:port`: the next process at this address takes over
   * the jobs at once.
   */
  place: string;
  /** The number of jobs that run at once in this process. */
  slots: number;
  /** The time after which unrenewed leases expire (5,000). */
  leaseMs?: number | undefined;
  /** The interval between renewals of the leases, and between searches for unleased jobs (1,000). */
  beatMs?: number | undefined;
  /** Called when a run of a job of this type throws. */
  onFailure?: ((type: string) => void) | undefined;
  log: Logger;
}

interface Row {
  id: string;
  type: string;
  input: unknown;
  memory: unknown;
  failures: number;
  /** The trace that the job continues. */
  trace: string | null;
  /** For the first run; undefined in a row from the database. */
  first?: unknown;
}

interface Line {
  wakes: Set<() => void>;
  off(): void;
}

const [LEASE_MS, BEAT_MS] = [5_000, 1_000];
const LONGEST_RETRY_MS = 30_000;

/**
 * A queue in the table `jobs`, shared by any number of processes. The process that runs a job leases its row, by the
 * database's clock, and renews the lease; the lease of a dead process expires. `add` inserts the row already leased to
 * this process, which runs the job as soon as the transaction commits.
 */
export function makeJobQueue(options: JobQueueOptions): JobQueue {
  const { db, bus, place, slots, leaseMs = LEASE_MS, beatMs = BEAT_MS, onFailure, log } = options;
  const owner = `${place}#${randomUUID()}`;
  const types = new Map<string, JobType>();
  const stopping = new AbortController();
  const { signal } = stopping;
  /** Stops the renewal of leases, after the last running job. */
  const stopped = new AbortController();
  let isLaunched = false;
  /** Jobs leased to this process that wait for a free slot. */
  const queued: Row[] = [];
  const running = new Map<string, Promise<void>>();
  /** Jobs that this process has paused. Disposing ends the pause. */
  const pausing = new Map<string, Disposable>();
  /** The jobs that pause until a topic is notified, oldest first. */
  const waiting = new Map<string, Line>();
  let beat: Promise<void> = Promise.resolve();
  let mayBeMore = false;
  /** Whether the last sweep failed. */
  let isInTrouble = false;

  const leasedUntil = Prisma.sql`now() + ${leaseMs}::float8 * interval '1 ms'`;
  const columns = Prisma.sql`id, type, input, memory, failures, trace`;
  const isFree = Prisma.sql`(owner is null or leased_until < now())`;

  function enqueue(rows: readonly Row[]): void {
    for (const row of rows) {
      pausing.get(row.id)?.[Symbol.dispose]();
      if (signal.aborted && row.first !== undefined) start(row);
      else queued.push(row);
    }
    fillSlots();
  }

  function fillSlots(): void {
    while (!signal.aborted && running.size < slots) {
      const row = queued.shift();
      if (!row) break;
      start(row);
    }
  }

  function start(row: Row): void {
    const { id: job, type, trace } = row;
    const run = inSpan({ name: `job ${type}`, kind: "consumer", parent: trace, facts: { job } }, () => runRow(row))
      .catch((error: unknown) =>
        log.error({ err: error, job: row.id }, "The end or the pause of a job could not be recorded"),
      )
      .then(() => {
        running.delete(row.id);
        fillSlots();
        if (mayBeMore && queued.length === 0) void sweep().catch(reportSweep);
      });
    running.set(row.id, run);
  }

  async function runRow(row: Row): Promise<void> {
    let hasEnded = false;
    const job: Job = {
      id: row.id,
      get shouldYield() {
        return signal.aborted;
      },
      hold: (tx) => hold(tx, row.id),
      async end({ tx, defer }) {
        await defer(`job ${row.id}`, removal(row.id));
        afterCommit(tx, () => {
          hasEnded = true;
        });
      },
    };
    let next: Next;
    let failures = 0;
    try {
      const type = types.get(row.type);
      if (!type) throw new Error(`no handler is registered for jobs of type ${row.type}`);
      next = await type.run(row.input, row.memory ?? undefined, job, row.first);
    } catch (error) {
      if (error instanceof LeaseLost) return log.warn({ job: row.id }, error.message);
      failures = row.failures + 1;
      onFailure?.(row.type);
      log.error({ err: error, job: row.id, type: row.type, failures }, "A job failed and will be retried");
      next = { inMs: backoffMs(100, failures, LONGEST_RETRY_MS), memory: row.memory };
    }
    if (hasEnded) return;
    if (next === "done") await db.$executeRaw(removal(row.id));
    else await reschedule(row.id, next, failures);
  }

  const removal = (id: string) => Prisma.sql`delete from jobs where id = ${id} and owner = ${owner}`;

  async function reschedule(
    id: string,
    { inMs, memory, wakeOn }: Exclude<Next, "done">,
    failures: number,
  ): Promise<void> {
    const written = Promise.withResolvers<void>();
    // The subscription precedes the write of the row, so that no notification is missed.
    if (!signal.aborted) pausing.set(id, pause(id, { ms: inMs, wakeOn, written: written.promise }));
    try {
      const mine = await db.$executeRaw`
        update jobs set owner = null, leased_until = null, due_at = now() + ${inMs}::float8 * interval '1 ms',
          memory = ${JSON.stringify(memory ?? null)}::jsonb, failures = ${failures}
        where id = ${id} and owner = ${owner}`;
      if (mine === 0) pausing.get(id)?.[Symbol.dispose]();
    } finally {
      written.resolve();
    }
  }

  /**
   * Claims the job again after `ms`, or when `wakeOn` is notified, unless another process has claimed it by then.
   * @param pause.written resolves when the row has no owner: an earlier claim would find the row still leased
   */
  function pause(
    id: string,
    { ms, wakeOn, written }: { ms: number; wakeOn: string | undefined; written: Promise<void> },
  ): Disposable {
    const wake = () => {
      end();
      void written.then(() => claim(Prisma.sql`id = ${id} and ${isFree}`)).catch(reportSweep);
    };
    const timer = setTimeout(wake, ms);
    const leave = wakeOn === undefined ? undefined : waitFor(wakeOn, wake);
    const end = () => {
      clearTimeout(timer);
      leave?.();
      pausing.delete(id);
    };
    return { [Symbol.dispose]: end };
  }

  /** A notification wakes only the oldest of the waiting jobs. */
  function waitFor(topic: string, wake: () => void): () => void {
    const line: Line = waiting.get(topic) ?? { wakes: new Set(), off: bus.on(topic, () => [...line.wakes][0]?.()) };
    waiting.set(topic, line);
    line.wakes.add(wake);
    return () => {
      line.wakes.delete(wake);
      if (line.wakes.size > 0) return;
      line.off();
      if (waiting.get(topic) === line) waiting.delete(topic);
    };
  }

  /** Leases the selected jobs to this process and runs them. @returns their number */
  async function claim(which: Prisma.Sql): Promise<number> {
    if (signal.aborted) return 0;
    const rows = await db.$queryRaw<Row[]>`
      update jobs set owner = ${owner}, leased_until = ${leasedUntil} where ${which} returning ${columns}`;
    enqueue(rows);
    return rows.length;
  }

  /** Claims due jobs that have no owner or an expired lease. */
  async function sweep(): Promise<void> {
    if (signal.aborted) return;
    const free = slots - running.size - queued.length;
    if (free <= 0) {
      mayBeMore = true;
      return;
    }
    const found = await claim(Prisma.sql`id in (
      select id from jobs where due_at <= now() and ${isFree} order by due_at limit ${free} for update skip locked)`);
    mayBeMore = found === free;
    if (isInTrouble) log.info("Due jobs can be read again");
    isInTrouble = false;
  }

  const reportSweep = (error: unknown) => {
    if (signal.aborted) return;
    const level = isInTrouble ? "debug" : "warn";
    log[level]({ err: error }, "The jobs that are due could not be read; each sweep tries again");
    isInTrouble = true;
  };

  /** Skips locked rows: a wait would delay the renewal of all other leases, and could deadlock with two of them. */
  async function renew(): Promise<void> {
    const ids = [...running.keys(), ...queued.map(({ id }) => id)];
    if (ids.length === 0) return;
    // The row of a job that is being ended or held stays locked until that transaction ends, so no other process can
    // claim it.
    await db.$executeRaw`
      update jobs set leased_until = ${leasedUntil} where id in (
        select id from jobs where id = any(${ids}) and owner = ${owner} for update skip locked)`;
  }

  async function hold(tx: Tx, id: string): Promise<void> {
    const held = await tx.$executeRaw`select from jobs where id = ${id} and owner = ${owner} for share`;
    if (held === 0) throw new LeaseLost("The lease of the job expired, and another process has taken it over");
  }

  async function heartbeatLoop(): Promise<void> {
    while (!stopped.signal.aborted) {
      await renew().then(sweep).catch(reportSweep);
      await delay(beatMs, undefined, { signal: stopped.signal }).catch(() => {});
    }
  }

  const insertion = (type: string, id: string, input: unknown, isOurs: boolean) => Prisma.sql`
    insert into jobs (id, type, input, trace, due_at, owner, leased_until)
    values (${id}, ${type}, ${JSON.stringify(input)}::jsonb, ${propagatedContext() ?? null}, now(),
      ${isOurs ? owner : null}, ${isOurs ? leasedUntil : Prisma.sql`null`})`;

  const release = (which: Prisma.Sql) =>
    db.$executeRaw`update jobs set owner = null, leased_until = null where owner = ${owner} and ${which}`.catch(
      (error: unknown) =>
        log.warn({ err: error }, "The leases were not released: other processes take the jobs over when they expire"),
    );

  return {
    register(type) {
      types.set(type.name, type as JobType);
    },

    get typeNames() {
      return [...types.keys()];
    },

    get hasFreeSlot() {
      return isLaunched && !signal.aborted && running.size + queued.length < slots;
    },

    get load() {
      return { running: running.size, queued: queued.length };
    },

    async add(tx, { name }, id, input) {
      const isOurs = isLaunched && !signal.aborted;
      const [row] = await tx.$queryRaw<Row[]>`
        ${insertion(name, id, input, isOurs)} on conflict (id) do nothing returning ${columns}`;
      if (row && isOurs) afterCommit(tx, () => enqueue([row]));
    },

    insert(tx, { name: type }, id, input, first) {
      const trace = propagatedContext() ?? null;
      const isOurs = isLaunched && !signal.aborted;
      if (isOurs) afterCommit(tx, () => enqueue([{ id, type, input, memory: null, failures: 0, trace, first }]));
      return insertion(type, id, input, isOurs);
    },

    async launch() {
      isLaunched = true;
      const last = Prisma.sql`starts_with(owner, ${`${place}#`}) and owner <> ${owner}`;
      await db.$executeRaw`update jobs set owner = null, leased_until = null where ${last}`.catch((error: unknown) => {
        if (!databaseFailure(error)) throw error; // the leases then expire
      });
      beat = heartbeatLoop();
    },

    async shutdown(graceMs) {
      stopping.abort();
      for (const each of [...pausing.values()]) each[Symbol.dispose]();
      const unstarted: string[] = [];
      for (const row of queued.splice(0)) {
        if (row.first === undefined) unstarted.push(row.id);
        else start(row);
      }
      if (unstarted.length > 0) await release(Prisma.sql`id = any(${unstarted})`);
      const grace = new AbortController();
      await Promise.race([
        Promise.all(running.values()),
        delay(graceMs, undefined, { signal: grace.signal }).catch(() => {}),
      ]);
      grace.abort();
      stopped.abort();
      await beat;
      await release(Prisma.sql`true`);
    },
  };
}
