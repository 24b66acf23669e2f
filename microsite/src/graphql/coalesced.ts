/**
 * Coalesces calls: `work` never runs twice at a time, and all calls during a run share one more run after it. Errors
 * are ignored, because the next call tries again.
 */
export function coalesced(work: () => Promise<unknown>): () => void {
  let isRunning = false;
  let isRequested = false;
  return function run() {
    isRequested = true;
    if (isRunning) return;
    isRunning = true;
    isRequested = false;
    void work()
      .catch(() => {})
      .finally(() => {
        isRunning = false;
        if (isRequested) run();
      });
  };
}
