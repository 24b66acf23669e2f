import type { Tx } from "../db.ts";

/** What a saga may do: record steps, and sleep. Anything else it does must give the same result when it is run again. */
export interface SagaContext {
  /**
   * Runs `work` once and records its answer; after a crash the recorded answer is used instead. A crash in the middle
   * runs it again, so `work` itself must recognise what it has done before. A thrown error is a fault of ours or the
   * database's, never an outcome: it is logged and tried again until it works.
   */
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Sleeps, also across restarts. */
  sleep(ms: number): Promise<void>;
}

export interface Saga<Input> {
  name: string;
  run(context: SagaContext, input: Input): Promise<void>;
}

export type SagaStatus = "waiting" | "running" | "done" | "failed" | "cancelled";

/** A durable engine: what is started here ends, whatever happens to this process. */
export interface SagaEngine {
  register<Input>(saga: Saga<Input>): void;
  /** Starts a saga when the transaction commits, and never otherwise. The same id again starts nothing. */
  start<Input>(tx: Tx, saga: Pick<Saga<Input>, "name">, id: string, input: Input): Promise<void>;
  status(id: string): Promise<SagaStatus | null>;
  /** Runs a cancelled saga on from its last recorded step. */
  resume(id: string): Promise<void>;
  cancel(id: string): Promise<void>;
  launch(): Promise<void>;
  /** Lets running sagas go on for `graceMs`; what is still running then continues at the next launch. */
  shutdown(graceMs: number): Promise<void>;
}
