/**
 * Does the same again for all that was asked for meanwhile: never twice at a time, and once more after the last call. What
 * fails is left as it is; the next call tries anew.
 */
export function coalesced(work: () => Promise<unknown>): () => void {
  let isRunning = false;
  let isWanted = false;
  return function run() {
    isWanted = true;
    if (isRunning) return;
    isRunning = true;
    isWanted = false;
    void work()
      .catch(() => {})
      .finally(() => {
        isRunning = false;
        if (isWanted) run();
      });
  };
}
