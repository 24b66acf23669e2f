import { LRUCache } from "lru-cache";
import PQueue from "p-queue";
import { bound } from "../../platform/tracing.ts";

const MINUTE_MS = 60_000;

/**
 * The order of calls in a queue: giving a reward somebody has paid for, reads that an order waits for, somebody's page,
 * the background.
 */
export const urgency = { write: 3, order: 2, read: 1, background: 0 } as const;
export type Urgency = keyof typeof urgency;

/** The share of all calls that pages and the background can take. The rest is kept for orders. */
const SHARE_OF_READS = 0.8;
const MAX_OWNERS = 20_000;

export interface RateLimiter {
  /**
   * @param owner whose page it is: nobody's page takes more than its share, and the calls of all pages take turns
   * @throws RateLimited when its turn did not come in time: `work` has then not begun, and never will
   */
  take<T>(work: () => Promise<T>, how: Urgency, owner?: string): Promise<T>;
}

export class RateLimited extends Error {
  override name = "RateLimited";
}

/** How many run at once, and how many begin within any minute. */
export interface Rate {
  concurrency: number;
  /** Undefined is no limit. */
  callsPerMinute: number | undefined;
}

export interface RateLimiterOptions extends Rate {
  /** How long one waits at most. */
  maxWaitMs: number;
  /** For the pages of one customer; undefined is no limit. */
  perOwner?: Rate | undefined;
}

const makeQueue = ({ concurrency, callsPerMinute }: Rate) =>
  new PQueue({
    concurrency,
    ...(callsPerMinute && { intervalCap: callsPerMinute, interval: MINUTE_MS, strict: true }),
  });

/**
 * Keeps calls within what the other side allows. Each process counts its own.
 *
 * A page's call waits in its customer's queue first, of which a few at a time stand in the common one: so the common queue, first
 * come, first served, is fair to customers.
 */
export function makeRateLimiter({ maxWaitMs, perOwner, ...rate }: RateLimiterOptions): RateLimiter {
  const all = makeQueue(rate);
  const share = (most: number) => Math.ceil(most * SHARE_OF_READS);
  const reads = makeQueue({
    concurrency: share(rate.concurrency),
    callsPerMinute: rate.callsPerMinute && share(rate.callsPerMinute),
  });
  const owners = new LRUCache<string, PQueue>({ max: MAX_OWNERS, ttl: 2 * MINUTE_MS, updateAgeOnGet: true });

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
