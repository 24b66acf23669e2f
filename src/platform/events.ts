import { EventEmitter } from "node:events";
import { contextToHandOn } from "./tracing.ts";

/**
 * Notifies other parts of the program, and other processes, that there is something new to read. The facts are in the database, so
 * a lost notification costs time and never an event.
 */
export interface Bus {
  /** @param payload facts that are committed, which spare the listeners of this process a read; other processes get the topic alone */
  notify(topic: string, payload?: unknown): void;
  /** `listener` runs at every notification until the returned function is called. */
  on(topic: string, listener: (payload?: unknown) => void): () => void;
  close(): Promise<void>;
}

export function makeLocalBus(): Bus {
  const emitter = new EventEmitter().setMaxListeners(0);
  return {
    // Prefixed, because a topic may come from another process and "error" means something to an emitter.
    notify: (topic, payload) => void emitter.emit(`topic:${topic}`, payload),
    on(topic, listener) {
      emitter.on(`topic:${topic}`, listener);
      return () => emitter.off(`topic:${topic}`, listener);
    },
    close: async () => void emitter.removeAllListeners(),
  };
}

/** The payloads of the last notifications that are stored for a listener that is busy. */
const MAX_PAYLOADS = 20;

export interface Listener<Payload = unknown> extends Disposable {
  /**
   * Resolves at the next notification, at once if there was one since the last call, or after `timeoutMs`, or when `signal` aborts.
   * @param timeoutMs null waits for as long as it takes
   * @returns the payloads of all notifications since the last call; null if a notification had none, so that the database must be read
   */
  wait(timeoutMs: number | null, signal?: AbortSignal): Promise<Payload[] | null>;
  /** Notifies this listener alone. */
  wake(): void;
  /** The trace of the last notification; undefined if it was not traced. */
  readonly cause: string | undefined;
}

/** Listens from now on, so that no notification between a read of the database and the wait that follows it is missed. */
export function listen<Payload = unknown>(bus: Bus, topic: string): Listener<Payload> {
  let isNotified = false;
  let received: Payload[] | null = [];
  let wake: (() => void) | undefined;
  let cause: string | undefined;
  const receive = (payload?: unknown) => {
    isNotified = true;
    received =
      payload === undefined || received?.length === MAX_PAYLOADS ? null : received && [...received, payload as Payload];
    cause = contextToHandOn() ?? cause;
    wake?.();
  };
  const off = bus.on(topic, receive);
  return {
    get cause() {
      return cause;
    },
    async wait(timeoutMs, signal) {
      if (!isNotified) cause = undefined;
      if (!isNotified && !signal?.aborted) {
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
      const payloads = isNotified ? received : null;
      isNotified = false;
      received = [];
      return payloads;
    },
    wake: () => receive(),
    [Symbol.dispose]: off,
  };
}
