import type { Tx } from "../db.ts";

/** What a run of a job ends with: the end of the job, or a pause, in which it takes nobody's place. */
export type Next<Memory = unknown> =
  | "done"
  | {
      inMs: number;
      /** What the next run is given, which may be in another process. */
      memory: Memory;
      /** A topic of the bus whose next ring ends the pause early. */
      wakeOn?: string | undefined;
    };

/** A job that this process is running. */
export interface Job {
  id: string;
  /**
   * Keeps the job this process's until the transaction ends. Asked for before a write that must not follow one of another
   * process, which takes a job over when its owner shows no sign of life for long enough.
   * @throws LeaseLost when that has happened
   */
  hold(tx: Tx): Promise<void>;
  /** Ends the job when the transaction commits, where that is known there already. */
  end(tx: Tx): Promise<void>;
}

export class LeaseLost extends Error {}

export interface JobType<Input = unknown, Memory = unknown> {
  name: string;
  /**
   * Goes on with the job from what is on record, and never waits for its turn or for time: what has to wait answers a pause.
   * It may run again after a crash at any point, so it recognises what it has done before. A thrown error is a fault of
   * ours or the database's, never an outcome: it is logged, and the job is run again.
   */
  run(input: Input, memory: Memory | undefined, job: Job): Promise<Next<Memory>>;
}

/** Durable jobs: what is added here is run to its end, whatever happens to this process. */
export interface JobQueue {
  register<Input, Memory>(type: JobType<Input, Memory>): void;
  /** Adds a job when the transaction commits, and never otherwise. One that is there already is left alone. */
  add<Input>(tx: Tx, type: Pick<JobType<Input, never>, "name">, id: string, input: Input): Promise<void>;
  launch(): Promise<void>;
  /** Lets what is running go on for `graceMs`, and gives up the rest, for other processes or the next launch. */
  shutdown(graceMs: number): Promise<void>;
}
