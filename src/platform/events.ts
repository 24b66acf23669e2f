import { EventEmitter } from "node:events";

/**
 * Notifies other parts of the program, and other processes, that there is something new to read. A ring carries no facts: those
 * are in the database, so a lost ring costs time and never an event.
 */
export interface Bus {
  ring(topic: string): void;
  /** `listener` runs at every ring until the returned function is called. */
  on(topic: string, listener: () => void): () => void;
  close(): Promise<void>;
}

export function makeLocalBus(): Bus {
  const emitter = new EventEmitter().setMaxListeners(0);
  return {
    // Prefixed, because a topic may come from another process and "error" means something to an emitter.
    ring: (topic) => void emitter.emit(`ring:${topic}`),
    on(topic, listener) {
      emitter.on(`ring:${topic}`, listener);
      return () => emitter.off(`ring:${topic}`, listener);
    },
    close: async () => void emitter.removeAllListeners(),
  };
}

export interface Bell extends Disposable {
  /**
   * Resolves at the next ring, at once if it rang since the last call, or after `timeoutMs`, or when `signal` aborts.
   * @param timeoutMs null waits for as long as it takes
   */
  wait(timeoutMs: number | null, signal?: AbortSignal): Promise<void>;
  /** Rings this bell alone. */
  ring(): void;
}

/** Listens from now on, so that nothing rung between a look at the database and the wait that follows it is missed. */
export function listen(bus: Bus, topic: string): Bell {
  let rung = false;
  let wake: (() => void) | undefined;
  const ring = () => {
    rung = true;
    wake?.();
  };
  const off = bus.on(topic, ring);
  return {
    async wait(timeoutMs, signal) {
      if (!rung && !signal?.aborted) {
        await new Promise<void>((resolve) => {
          const timer = timeoutMs === null ? undefined : setTimeout(() => done(), timeoutMs);
          const done = () => {
            clearTimeout(timer);
            signal?.removeEventListener("abort", done);
            resolve();
          };
          wake = done;
          signal?.addEventListener("abort", done, { once: true });
        });
        wake = undefined;
      }
      rung = false;
    },
    ring,
    [Symbol.dispose]: off,
  };
}
