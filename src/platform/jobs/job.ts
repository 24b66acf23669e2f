import type { Prisma, Tx } from "../db.ts";

/** The result of a run: the job has ended, or it pauses. A job that pauses occupies no slot. */
export type Next<Memory = unknown> =
  | "done"
  | {
      inMs: number;
      /** Passed to the next run, which may be in another process. JSON. */
      memory: Memory;
      /** A topic of the bus. Its next notification ends the pause early. */
      wakeOn?: string | undefined;
    };

/** A job that this process has leased and runs. */
export interface Job {
  id: string;
  /** The process is shutting down: a run of several steps pauses for 0 ms after the current step. */
  readonly shouldYield: boolean;
  /**
   * Locks the job's row until the transaction ends. Called before a write that only the owner of the lease may make.
   * @throws LeaseLost when another process has taken the job over
   */
  hold(tx: Tx): Promise<void>;
  /** Deletes the job in this transaction, so that the last outcome and the end of the job are one commit. */
  end(writes: Writes): Promise<void>;
}

/** A transaction that gathers writes into one statement. */
export interface Writes {
  tx: Tx;
  /** Adds a write to a row. @param row the row's name: one statement may write it only once */
  defer(row: string, write: Prisma.Sql): Promise<void>;
}

export class LeaseLost extends Error {}

export interface JobType<Input = unknown, Memory = unknown, FirstRun = unknown> {
  name: string;
  /**
   * Continues the job from the recorded state. A run never sleeps and never waits for a business lock: it returns a
   * pause. The job may run again after a crash at any point, so a run first checks the completed steps. A thrown error
   * is a fault of the program or the database, never an outcome: it is logged, and the job is retried.
   *
   * @param first passed by `insert`, only to the first run and only in the process that inserted the job
   */
  run(input: Input, memory: Memory | undefined, job: Job, first?: FirstRun): Promise<Next<Memory>>;
}

/** Durable jobs: an added job runs until it ends, even if this process dies. */
export interface JobQueue {
  /** The names of the registered types. */
  readonly typeNames: readonly string[];
  register<Input, Memory, FirstRun>(type: JobType<Input, Memory, FirstRun>): void;
  /** Whether a job inserted now would start in this process as soon as its transaction commits. */
  readonly hasFreeSlot: boolean;
  /** Inserts a job in this transaction. An unfinished job with the same id is left unchanged. */
  add<Input>(tx: Tx, type: Pick<JobType<Input, never>, "name">, id: string, input: Input): Promise<void>;
  /**
   * The insertion of a job with a new id, as part of the caller's statement.
   * @param first for the first run in this process. Such a job starts even during the shutdown
   */
  insert<Input, FirstRun>(
    tx: Tx,
    type: Pick<JobType<Input, never, FirstRun>, "name">,
    id: string,
    input: Input,
    first?: FirstRun,
  ): Prisma.Sql;
  /** The running jobs of this process, and its leased jobs that have not begun. */
  readonly load: { running: number; queued: number };
  launch(): Promise<void>;
  /**
   * Starts no more jobs, waits at most `graceMs` for the running ones while it renews their leases, and then releases
   * every lease of this process. `graceMs` must exceed the longest upstream call: an interrupted call has an unknown
   * outcome.
   */
  shutdown(graceMs: number): Promise<void>;
}
