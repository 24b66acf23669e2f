import { bound } from "./tracing.ts";

/** The time after which later callers no longer wait for a running read, such as a read on a dead connection. */
const STUCK_MS = 1_000;

/**
 * Lets concurrent callers share reads: keys requested during a read are gathered for the next one, each key once. A
 * caller's read begins after the caller's request, so it shows all earlier commits. Results are not cached.
 *
 * @param read returns a value for each key, in their order. A failure rejects all callers of that read
 * @param most keys of one read
 */
export function gatherReads<Key, Value>(
  read: (keys: readonly Key[]) => Promise<readonly Value[]>,
  {
    nameOf = String,
    most = 100,
    now = () => performance.now(),
  }: { nameOf?: (key: Key) => string; most?: number; now?: () => number } = {},
): (key: Key) => Promise<Value> {
  const waiting = new Map<string, { key: Key; settle: PromiseWithResolvers<Value> }>();
  /** The start of the running read, in milliseconds of a monotonic clock; null if none runs. */
  let readingSince: number | null = null;

  async function readAll(): Promise<void> {
    while (waiting.size > 0) {
      const batch = [...waiting].slice(0, most);
      for (const [name] of batch) waiting.delete(name);
      const startedAt = now();
      readingSince = startedAt;
      const each = batch.map(([, one]) => one);
      try {
        const values = await read(each.map(({ key }) => key));
        each.forEach(({ settle }, place) => {
          settle.resolve(values[place] as Value);
        });
      } catch (error) {
        for (const { settle } of each) settle.reject(error);
      }
      if (readingSince !== startedAt) return; // otherwise a later caller has started another read
    }
    readingSince = null;
  }

  return (key) => {
    const name = nameOf(key);
    const asked = waiting.get(name) ?? { key, settle: Promise.withResolvers<Value>() };
    waiting.set(name, asked);
    if (readingSince === null || now() - readingSince > STUCK_MS) void bound(readAll)();
    return asked.settle.promise;
  };
}
