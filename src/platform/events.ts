import { EventEmitter } from "node:events";
import { propagatedContext } from "./tracing.ts";

/**
 * Notifies other parts of the program, and other processes, of new data. The data is in the database, so a lost
 * notification costs time and never an event.
 */
export interface Bus {
  /**
   * @param payload committed data, which saves the listeners of this process a read; other processes get the topic
   * alone
   */
  notify(topic: string, payload?: unknown): void;
  /** Calls `listener` at each notification until the returned function is called. */
  on(topic: string, listener: (payload?: unknown) => void): () => void;
  close(): Promise<void>;
}

export function makeLocalBus(): Bus {
  const emitter = new EventEmitter().setMaxListeners(0);
  return {
    // The prefix keeps topics apart from an emitter's own events: another process may send a topic named "error".
    notify: (topic, payload) => void emitter.emit(`topic:${topic}`, payload),
    on(topic, listener) {
      emitter.on(`topic:${topic}`, listener);
      return () => emitter.off(`topic:${topic}`, listener);
    },
    close: async () => void emitter.removeAllListeners(),
  };
}

/** The number of payloads stored for a busy listener. */
const MAX_PAYLOADS = 20;

export interface Listener<Payload = unknown> extends Disposable {
  /**
   * Resolves at the next notification, at once if one came since the last call, or after `timeoutMs`, or when `signal`
   * aborts.
   * @param timeoutMs null for no limit
   * @returns the payloads of all notifications since the last call; null if a notification had none, so that the caller
   * reads the database
   */
  wait(timeoutMs: number | null, signal?: AbortSignal): Promise<Payload[] | null>;
  /** Notifies this listener alone. */
  wake(): void;
  /** The trace of the last notification; undefined if it had none. */
  readonly cause: string | undefined;
}

/** Subscribes at once, so that no notification between a read of the database and the next wait is missed. */
export function listen<Payload = unknown>(bus: Bus, topic: string): Listener<Payload> {
  let isNotified = false;
  let received: Payload[] | null = [];
  let wake: (() => void) | undefined;
  let cause: string | undefined;
  const receive = (payload?: unknown) => {
    isNotified = true;
    received =
      payload === undefined || received?.length === MAX_PAYLOADS ? null : received && [...received, payload as Payload];
    cause = propagatedContext() ?? cause;
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
