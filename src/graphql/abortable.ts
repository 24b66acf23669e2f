/**
 * Runs a generator that stops when nobody wants more of it. `return()` on a bare generator waits for what it is waiting
 * for; this aborts the wait first, so that a closed socket frees its subscription at once.
 */
export function abortable<T>(
  start: (signal: AbortSignal) => AsyncGenerator<T, void>,
  outer: AbortSignal,
): AsyncIterableIterator<T> {
  const own = new AbortController();
  const inner = start(AbortSignal.any([outer, own.signal]));
  return {
    next: () => inner.next(),
    return() {
      own.abort();
      return inner.return();
    },
    throw(error) {
      own.abort();
      return inner.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
