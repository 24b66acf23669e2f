import { LRUCache } from "lru-cache";

/** A page of a customer's list may be 100 kB. */
const MAX_CACHED = 300;

/** A cache of answers that a customer's pages share for a few seconds. */
export interface AnswerCache {
  /**
   * Returns the cached answer or the result of `read`. The result is cached unless the owner's data changed during the
   * read.
   */
  get<T>(key: string, owner: string, read: () => Promise<T>): Promise<T>;
  /** Called when this customer's data changes: drops the cached answers. */
  forget(owner: string): void;
}

/** @param keptMs how long an answer is cached; 0 caches nothing */
export function makeAnswerCache(keptMs: number): AnswerCache {
  if (keptMs === 0) return { get: (_, __, read) => read(), forget() {} };
  const kept = new LRUCache<string, { owner: string; answer: unknown }>({ max: MAX_CACHED, ttl: keptMs });
  const reading = new Set<{ owner: string; isStale: boolean }>();
  return {
    async get<T>(key: string, owner: string, read: () => Promise<T>): Promise<T> {
      const known = kept.get(key);
      if (known) return known.answer as T;
      const own = { owner, isStale: false };
      reading.add(own);
      try {
        const answer = await read();
        if (!own.isStale) kept.set(key, { owner, answer });
        return answer;
      } finally {
        reading.delete(own);
      }
    },
    forget(owner) {
      for (const [key, entry] of kept.entries()) if (entry.owner === owner) kept.delete(key);
      for (const each of reading) if (each.owner === owner) each.isStale = true;
    },
  };
}
