/**
 * Lets concurrent callers with the same key share one run of `work`. The result is not cached: the next caller starts a
 * new run.
 */
export function makeSingleFlight<T>(): (key: string, work: () => Promise<T>) => Promise<T> {
  const inFlight = new Map<string, Promise<T>>();
  return (key, work) => {
    const shared = inFlight.get(key);
    if (shared) return shared;
    const own = work().finally(() => inFlight.delete(key));
    inFlight.set(key, own);
    return own;
  };
}
