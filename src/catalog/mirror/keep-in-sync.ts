import type { Logger } from "../../platform/logger.ts";
import type { SyncCatalog } from "./sync-catalog.ts";

/** Processes started together should not ask together. */
const JITTER = 0.1;

/**
 * Runs `sync` soon, and again and again. Whoever reads rewards waits for none of it: they see the last state that was
 * written, however old.
 *
 * @returns ends it, once a run under way has come to a good place to stop
 */
export function keepInSync(options: {
  sync: SyncCatalog;
  everyMs: number;
  firstAfterMs: number;
  log: Logger;
}): () => Promise<void> {
  const { sync, everyMs, firstAfterMs, log } = options;
  const stopping = new AbortController();
  let underWay = Promise.resolve();
  let timer = setTimeout(round, firstAfterMs * (1 + Math.random()));

  function round() {
    // Another process's run is as good as ours.
    underWay = sync({ waitMs: 1, unlessWithinMs: everyMs / 2, signal: stopping.signal })
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
    await underWay;
  };
}
