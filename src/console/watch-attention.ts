import type { AttentionKind } from "../domain/generated/words.ts";
import type { Logger } from "../platform/logger.ts";
import type { AttentionCount, AttentionTimes } from "./attention.sql.ts";

export interface AttentionReading {
  times: AttentionTimes;
  counts: AttentionCount[];
}

/**
 * The counts of these kinds, at once and after each change of a count or of a queue's oldest item. Ends when the signal
 * aborts.
 */
export type WatchAttention = (
  kinds: readonly AttentionKind[],
  signal: AbortSignal,
) => AsyncGenerator<AttentionReading, void>;

/** Reads the queues for all watchers by one statement every `everyMs`. Without watchers it reads nothing. */
export function makeWatchAttention(options: {
  everyMs: number;
  read(): Promise<AttentionReading>;
  log: Logger;
}): WatchAttention {
  const { everyMs, read, log } = options;
  const watchers = new Set<(reading: AttentionReading) => void>();
  let latest: AttentionReading | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function poll(): Promise<void> {
    const reading = await read().catch((error: unknown) => {
      log.debug({ err: error }, "The attention queue could not be read");
    });
    if (reading) {
      latest = reading;
      for (const notify of watchers) notify(reading);
    }
    if (watchers.size > 0) timer = setTimeout(poll, everyMs).unref();
    else timer = undefined;
  }

  return async function* watch(kinds, signal) {
    let next: AttentionReading | undefined;
    let wake = () => {};
    const notify = (reading: AttentionReading) => {
      next = reading;
      wake();
    };
    const stop = () => wake();
    watchers.add(notify);
    signal.addEventListener("abort", stop);
    try {
      if (timer) next = latest;
      else {
        timer = setTimeout(() => {}, 0).unref(); // marks a poll as in progress
        void poll();
      }
      let shown = "";
      while (!signal.aborted) {
        if (next) {
          const { times, counts } = next;
          next = undefined;
          const visibleCounts = counts.filter(({ kind }) => kinds.includes(kind));
          const facts = JSON.stringify(visibleCounts.map((queue) => [queue.count, stableSince(queue)]));
          if (facts !== shown) yield { times, counts: visibleCounts };
          shown = facts;
        }
        if (next || signal.aborted) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      watchers.delete(notify);
      signal.removeEventListener("abort", stop);
    }
  };
}

/** For expiring codes, `oldestSince` is the time of the reading, which always differs. */
const stableSince = ({ kind, oldestSince }: AttentionCount) => (kind === "VOUCHERS_EXPIRING" ? null : oldestSince);
