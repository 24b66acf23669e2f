import { HeaderMap } from "@apollo/server";
import { LRUCache } from "lru-cache";
import type { Viewer } from "../domain/viewer.ts";
import { atMost } from "../platform/at-most.ts";
import { PublicError } from "./errors.ts";

const MINUTE_MS = 60_000;
const MAX_CUSTOMERS = 20_000;
const MAX_BLOCKS = 50_000;
/** The base cost of an operation, so that invalid operations have a cost, too. */
export const OPERATION_COST = 10;

/** The cost that may be spent at once; it is refilled within a minute. */
export interface CostLimits {
  perCustomer: number;
  /** The limit for one network address, or block of addresses. */
  perBlock: number;
  /** The limit for trusted routers together. */
  perRouter: number;
  /** The limit for all callers of this process. */
  inAll: number;
}

export interface Charged {
  error: PublicError | null;
  /** The header fields of the answer, by the draft *RateLimit header fields for HTTP*. */
  headers: Record<string, string>;
}

/**
 * Limits the cost of operations within a minute: by customer, by network address or router, and in total. HTTP and
 * sockets share the limits.
 */
export interface RateLimits {
  /** Charges an operation, or refuses it without a charge. */
  charge(of: { viewer: Viewer; block: string; isRouter?: boolean }, cost: number): Charged;
}

/** @param now milliseconds of a monotonic clock */
export function makeRateLimits(limits: CostLimits, now: () => number = () => performance.now()): RateLimits {
  const customers = new LRUCache<string, Bucket>(atMost(MAX_CUSTOMERS));
  const blocks = new LRUCache<string, Bucket>(atMost(MAX_BLOCKS));
  const routers: Bucket = { name: "router", most: limits.perRouter, left: limits.perRouter, at: now() };
  const all: Bucket = { name: "all", most: limits.inAll, left: limits.inAll, at: now() };

  function bucketOf(buckets: LRUCache<string, Bucket>, key: string, name: string, most: number): Bucket {
    const known = buckets.get(key);
    if (known) return known;
    const bucket = { name, most, left: most, at: now() };
    buckets.set(key, bucket);
    return bucket;
  }

  return {
    charge({ viewer, block, isRouter }, cost) {
      // Operators and services hold a secret of the brand's and run batch work.
      if (viewer.kind === "operator" || viewer.kind === "service") return { error: null, headers: {} };
      const buckets = [isRouter ? routers : bucketOf(blocks, block, "address", limits.perBlock), all];
      if (viewer.kind === "customer") {
        buckets.unshift(bucketOf(customers, viewer.customerId, "customer", limits.perCustomer));
      }
      for (const bucket of buckets) refill(bucket, now());
      const [short] = buckets.filter((bucket) => bucket.left < Math.min(cost, bucket.most));
      if (!short) for (const bucket of buckets) bucket.left -= cost;
      const reported = short ?? buckets[0] ?? all;
      const secondsUntil = (left: number) => Math.max(0, Math.ceil(((left - reported.left) / reported.most) * 60));
      const headers = {
        "ratelimit-policy": `"${reported.name}";q=${reported.most};w=60`,
        ratelimit: `"${reported.name}";r=${Math.max(0, Math.floor(reported.left))};t=${secondsUntil(reported.most)}`,
      };
      if (!short) return { error: null, headers };
      const retryAfter = Math.max(1, secondsUntil(Math.min(cost, reported.most)));
      return { error: rateLimitError(retryAfter), headers };
    },
  };
}

interface Bucket {
  name: string;
  most: number;
  left: number;
  at: number;
}

function refill(bucket: Bucket, now: number): void {
  bucket.left = Math.min(bucket.most, bucket.left + ((now - bucket.at) / MINUTE_MS) * bucket.most);
  bucket.at = now;
}

const rateLimitError = (retryAfter: number) =>
  new PublicError("RATE_LIMITED", `Too much was asked for lately. Try again in ${retryAfter} seconds.`, {
    retryAfter,
    http: { status: 429, headers: new HeaderMap([["retry-after", String(retryAfter)]]) },
  });
