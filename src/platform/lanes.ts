import PQueue from "p-queue";
import { ExpectedError } from "./expected-error.ts";
import { bound } from "./tracing.ts";

/** Thrown if too many callers already wait for the same key. The work has not begun. */
export class Busy extends ExpectedError {
  override name = "Busy";
}

/** Runs one piece of work at a time under a key within this process, first come, first served. */
export interface Lanes {
  /**
   * @param options.mustRun for work of the program itself, which a flood of requests must not block
   * @throws Busy if the key's queue is full
   */
  run<T>(key: string, work: () => Promise<T>, options?: { mustRun?: boolean | undefined }): Promise<T>;
}

/** Waiting here costs nothing; a wait for a database lock occupies a connection. */
export function makeLanes({ maxWaiting }: { maxWaiting: number }): Lanes {
  const lanes = new Map<string, { queue: PQueue; users: number }>();
  return {
    async run(key, work, { mustRun = false } = {}) {
      const lane = lanes.get(key) ?? { queue: new PQueue({ concurrency: 1 }), users: 0 };
      if (!mustRun && lane.users > maxWaiting) throw new Busy(`more than ${maxWaiting} wait for ${key}`);
      lanes.set(key, lane);
      lane.users += 1;
      try {
        return await lane.queue.add(bound(work));
      } finally {
        lane.users -= 1;
        if (lane.users === 0) lanes.delete(key);
      }
    },
  };
}

/** Limits the number of concurrent pieces of work. */
export interface Bulkhead {
  /** @throws Busy if the queue is full */
  run<T>(work: () => Promise<T>): Promise<T>;
}

export function makeBulkhead({ atOnce, maxWaiting }: { atOnce: number; maxWaiting: number }): Bulkhead {
  const queue = new PQueue({ concurrency: atOnce });
  return {
    async run(work) {
      if (queue.size >= maxWaiting) throw new Busy(`more than ${maxWaiting} wait`);
      return queue.add(bound(work));
    },
  };
}
