import { LRUCache } from "lru-cache";

/** A page of a customer's list may be 100 kB. */
const MAX_KEPT = 300;

/** Answers that a customer's pages share for a few seconds. */
export interface AnswerCache {
  /** The kept answer, or that of `read`, which is kept unless something of the owner changed meanwhile. */
  get<T>(key: string, owner: string, read: () => Promise<T>): Promise<T>;
  /** Something of this customer changes: what was read before is not theirs any more. */
  forget(owner: string): void;
}

/** @param keptMs how long an answer is kept; 0 keeps none */
export function makeAnswerCache(keptMs: number): AnswerCache {
  if (keptMs === 0) return { get: (_, __, read) => read(), forget() {} };
  const kept = new LRUCache<string, { owner: string; answer: unknown }>({ max: MAX_KEPT, ttl: keptMs });
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
