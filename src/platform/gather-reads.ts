import { bound } from "./tracing.ts";

/** A read that takes longer, such as one on a connection that is dead, no longer keeps those who ask after it waiting. */
const STUCK_MS = 1_000;

/**
 * Lets concurrent callers share reads: what is asked for while a read is under way gathers for the next one, each key once. A caller's
 * read begins after the caller has asked, so it shows all that was committed before, and nothing is kept once it has ended.
 *
 * @param read answers a value for each key, in their order. If it fails, it fails for all who share it
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
  /** Since when a read is under way, in milliseconds of a clock that only goes forward; null if none is. */
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
      if (readingSince !== startedAt) return; // a later caller did not wait for this read
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
