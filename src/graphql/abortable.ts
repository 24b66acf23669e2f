/**
 * Runs a generator that stops when its consumer leaves. `return()` on a bare generator waits for the pending `await`;
 * this aborts that wait first, so that a closed socket frees its subscription at once.
 */
export async function abortable<T>(
  start: (signal: AbortSignal) => AsyncGenerator<T, void> | Promise<AsyncGenerator<T, void>>,
  outer: AbortSignal,
): Promise<AsyncIterableIterator<T>> {
  const own = new AbortController();
  const inner = await start(AbortSignal.any([outer, own.signal]));
  const items: AsyncIterableIterator<T> = {
    next: () => inner.next(),
    return() {
      own.abort();
      return inner.return();
    },
    throw(error) {
      own.abort();
      return inner.throw(error);
    },
    [Symbol.asyncIterator]: () => items,
  };
  return items;
}
