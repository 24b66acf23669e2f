import PQueue from "p-queue";
import { ExpectedError } from "./expected-error.ts";
import { bound } from "./tracing.ts";

/** Thrown when so many wait for the same already that one more would wait too long. Nothing has been done. */
export class Busy extends ExpectedError {
  override name = "Busy";
}

/** Runs one piece of work at a time under a key within this process, in the order they came. */
export interface Lanes {
  /**
   * @param options.mustRun for work of the program itself, which those who flood must not keep from its turn
   * @throws Busy when as many wait for the key as may
   */
  run<T>(key: string, work: () => Promise<T>, options?: { mustRun?: boolean | undefined }): Promise<T>;
}

/**
 * Waiting here costs nothing; waiting for a lock of the database holds one of its connections, which everybody else then lacks.
 */
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

/** Runs so many pieces of work at once, whatever they are about. */
export interface Bulkhead {
  /** @throws Busy when too many wait */
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
