import type { Logger } from "./logger.ts";

/** Polls for new entries of watched logs, in case a notification was lost. */
export interface HeadPoll {
  /**
   * @param seen the number of the watcher's last entry; null if it has none
   * @param wake called if the log has a newer entry, at most once a poll
   */
  watch(id: string, seen: () => number | null, wake: () => void): Disposable;
}

/**
 * Reads the heads of all watched logs with one statement. Without watchers it reads nothing.
 *
 * @param readHeads returns the number of the newest entry of each non-empty log
 */
export function makeHeadPoll(options: {
  everyMs: number;
  readHeads(ids: readonly string[]): Promise<ReadonlyMap<string, number>>;
  log: Logger;
}): HeadPoll {
  const { everyMs, readHeads, log } = options;
  const watchers = new Map<string, Set<{ seen: () => number | null; wake: () => void }>>();
  let timer: NodeJS.Timeout | undefined;

  async function poll(): Promise<void> {
    const heads = await readHeads([...watchers.keys()]);
    for (const [id, head] of heads) {
      for (const { seen, wake } of watchers.get(id) ?? []) if ((seen() ?? head) < head) wake();
    }
  }
  /** The next poll begins after the last one has ended. */
  function schedule(): void {
    const own = setTimeout(async () => {
      await poll().catch((error: unknown) => log.debug({ err: error }, "The newest entries could not be read"));
      if (timer === own) schedule(); // otherwise the last watcher has left
    }, everyMs).unref();
    timer = own;
  }

  return {
    watch(id, seen, wake) {
      const watcher = { seen, wake };
      const others = watchers.get(id) ?? new Set();
      watchers.set(id, others.add(watcher));
      if (!timer) schedule();
      return {
        [Symbol.dispose]() {
          others.delete(watcher);
          if (others.size === 0 && watchers.get(id) === others) watchers.delete(id);
          if (watchers.size > 0) return;
          clearTimeout(timer);
          timer = undefined;
        },
      };
    },
  };
}
