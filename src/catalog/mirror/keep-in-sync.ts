import type { Logger } from "../../platform/logger.ts";
import type { SyncCatalog } from "./sync-catalog.ts";

/** Random, so that processes started together do not call together. */
const JITTER = 0.1;

/**
 * Runs `sync` soon and then periodically. Readers never wait for it: they see the last stored state.
 *
 * @returns stops it, after the current run has reached a safe point
 */
export function keepInSync(options: {
  sync: SyncCatalog;
  everyMs: number;
  firstAfterMs: number;
  log: Logger;
}): () => Promise<void> {
  const { sync, everyMs, firstAfterMs, log } = options;
  const stopping = new AbortController();
  let running = Promise.resolve();
  let timer = setTimeout(round, firstAfterMs * (1 + Math.random()));

  function round() {
    // Another process's recent run counts too.
    running = sync({ waitMs: 1, unlessWithinMs: everyMs / 2, signal: stopping.signal })
      .then(
        () => {},
        (error: unknown) => log.error({ err: error }, "Capillary's catalogue was not mirrored"),
      )
      .then(() => {
        if (stopping.signal.aborted) return;
        timer = setTimeout(round, everyMs * (1 - JITTER + 2 * JITTER * Math.random()));
      });
  }

  return async () => {
    stopping.abort();
    clearTimeout(timer);
    await running;
  };
}
