import { LRUCache } from "lru-cache";
import PQueue from "p-queue";
import { atMost } from "../../platform/at-most.ts";
import { bound } from "../../platform/tracing.ts";

const MINUTE_MS = 60_000;

/** The priorities of queued calls: issues of paid rewards, reads for an order, reads for a page, background work. */
export const urgency = { write: 3, order: 2, read: 1, background: 0 } as const;
export type Urgency = keyof typeof urgency;

/** The share of all calls that pages and the background can take. The rest is reserved for orders. */
const SHARE_OF_READS = 0.8;
const MAX_OWNERS = 20_000;

export interface RateLimiter {
  /**
   * @param owner the customer who views the page: each owner has a limited share, so the calls of several owners
   * alternate
   * @throws RateLimited if the call was not admitted in time: `work` has not begun and never will
   */
  take<T>(work: () => Promise<T>, how: Urgency, owner?: string): Promise<T>;
}

export class RateLimited extends Error {
  override name = "RateLimited";
}

/** The number of concurrent calls, and of calls that begin within a minute. */
export interface Rate {
  concurrency: number;
  /** Undefined means no limit. */
  callsPerMinute: number | undefined;
}

export interface RateLimiterOptions extends Rate {
  /** The longest wait. */
  maxWaitMs: number;
  /** For the pages of one customer; undefined means no limit. */
  perOwner?: Rate | undefined;
}

const makeQueue = ({ concurrency, callsPerMinute }: Rate) =>
  new PQueue({
    concurrency,
    ...(callsPerMinute && { intervalCap: callsPerMinute, interval: MINUTE_MS, strict: true }),
  });

/**
 * Keeps calls within the API's limits. Each process counts its own calls.
 *
 * A page's call waits first in its customer's queue, which moves only a few calls at a time into the common queue. The
 * common queue, first come, first served, is therefore fair to customers.
 */
export function makeRateLimiter({ maxWaitMs, perOwner, ...rate }: RateLimiterOptions): RateLimiter {
  const all = makeQueue(rate);
  const share = (most: number) => Math.ceil(most * SHARE_OF_READS);
  const reads = makeQueue({
    concurrency: share(rate.concurrency),
    callsPerMinute: rate.callsPerMinute && share(rate.callsPerMinute),
  });
  const owners = new LRUCache<string, PQueue>({ ...atMost(MAX_OWNERS), ttl: 2 * MINUTE_MS, updateAgeOnGet: true });

  function queueOf(owner: string, limit: Rate): PQueue {
    const known = owners.get(owner);
    if (known) return known;
    const queue = makeQueue(limit);
    owners.set(owner, queue);
    return queue;
  }

  return {
    take(work, how, owner) {
      const waiting = new AbortController();
      const timer = setTimeout(() => waiting.abort(new RateLimited(`no turn within ${maxWaitMs} ms`)), maxWaitMs);
      const begin = bound(() => {
        clearTimeout(timer);
        return work();
      });
      const options = { priority: urgency[how], signal: waiting.signal };
      const inAll = () => all.add(begin, options);
      if (how === "write" || how === "order") return inAll();
      const inReads = () => reads.add(inAll, options);
      return owner !== undefined && perOwner ? queueOf(owner, perOwner).add(inReads, options) : inReads();
    },
  };
}
