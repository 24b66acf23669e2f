import { EventEmitter } from "node:events";
import { contextToHandOn } from "./tracing.ts";

/**
 * Notifies other parts of the program, and other processes, that there is something new to read. The facts are in the database, so
 * a lost ring costs time and never an event.
 */
export interface Bus {
  /** @param news facts that are committed, which spare the listeners of this process a read; other processes only hear the topic */
  ring(topic: string, news?: unknown): void;
  /** `listener` runs at every ring until the returned function is called. */
  on(topic: string, listener: (news?: unknown) => void): () => void;
  close(): Promise<void>;
}

export function makeLocalBus(): Bus {
  const emitter = new EventEmitter().setMaxListeners(0);
  return {
    // Prefixed, because a topic may come from another process and "error" means something to an emitter.
    ring: (topic, news) => void emitter.emit(`ring:${topic}`, news),
    on(topic, listener) {
      emitter.on(`ring:${topic}`, listener);
      return () => emitter.off(`ring:${topic}`, listener);
    },
    close: async () => void emitter.removeAllListeners(),
  };
}

/** The news of the last rings kept for a listener that is busy. */
const MAX_NEWS = 20;

export interface Bell<News = unknown> extends Disposable {
  /**
   * Resolves at the next ring, at once if it rang since the last call, or after `timeoutMs`, or when `signal` aborts.
   * @param timeoutMs null waits for as long as it takes
   * @returns the news of all rings since the last call; null when a ring had none, so that only the database knows
   */
  wait(timeoutMs: number | null, signal?: AbortSignal): Promise<News[] | null>;
  /** Rings this bell alone. */
  ring(): void;
  /** The trace that it last rang in; undefined if it was not traced. */
  readonly cause: string | undefined;
}

/** Listens from now on, so that nothing rung between a look at the database and the wait that follows it is missed. */
export function listen<News = unknown>(bus: Bus, topic: string): Bell<News> {
  let rung = false;
  let heard: News[] | null = [];
  let wake: (() => void) | undefined;
  let cause: string | undefined;
  const ring = (news?: unknown) => {
    rung = true;
    heard = news === undefined || !heard || heard.length === MAX_NEWS ? null : [...heard, news as News];
    cause = contextToHandOn() ?? cause;
    wake?.();
  };
  const off = bus.on(topic, ring);
  return {
    get cause() {
      return cause;
    },
    async wait(timeoutMs, signal) {
      if (!rung) cause = undefined;
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
      const news = rung ? heard : null;
      rung = false;
      heard = [];
      return news;
    },
    ring: () => ring(),
    [Symbol.dispose]: off,
  };
}
