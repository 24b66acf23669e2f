import { ExponentialBackoff, handleWhen, retry } from "cockatiel";
import { z } from "zod";
import type { Metrics } from "../../observability/metrics.ts";
import type { Clock } from "../../platform/clock.ts";
import { makeLanes } from "../../platform/lanes.ts";
import type { Logger } from "../../platform/logger.ts";
import { makeSingleFlight } from "../../platform/single-flight.ts";
import { countOutcome } from "../count-outcome.ts";
import {
  makeUpstreamHttp,
  type TimeoutSignal,
  type UpstreamAnswer,
  type UpstreamHttp,
  type UpstreamRequest,
} from "../http.ts";
import { UpstreamError } from "../upstream-error.ts";
import { makeAnswerCache } from "./answer-cache.ts";
import { CapillaryError, hasReason } from "./capillary-error.ts";
import { isServerFailure, reasonOf } from "./codes.ts";
import { makeCredentials } from "./credentials.ts";
import type { Envelope } from "./envelope.ts";
import { customerKeyText } from "./identities.ts";
import { type GeneratedToken, makeOAuthToken } from "./oauth-token.ts";
import { makeRateLimiter, type Rate, RateLimited, type Urgency } from "./rate-limiter.ts";
import { id, number } from "./wire/loose.ts";

const SERVICE = "capillary";
/** Capillary answers a write only after the partner has supplied the voucher. */
const WRITE_TIMEOUTS = 3;
/** Capillary holds a customer's lock for the duration of another call for the same customer. */
const LOCK_TRIES = 5;

export interface CallerOptions {
  /** Ends in `/api_gateway/rewards/core/v1`. */
  rewardsUrl: string;
  /** The base of `/v1.1`, `/v2` and `/v3`. */
  intouchUrl: string;
  till?: string | undefined;
  password?: string | undefined;
  oauth?: { key: string; secret: string } | undefined;
  /** For reads; a write may take three times as long. */
  timeoutMs: number;
  /** The number of concurrent calls of all kinds. */
  connections: number;
  /** Undefined means no limit. */
  callsPerMinute?: number | undefined;
  /** The limit of calls for the pages of one customer; undefined means no limit. */
  perCustomer?: Rate | undefined;
  /** The time for which answers shared by a customer's pages are cached; undefined disables the cache. */
  keptMs?: number | undefined;
  /** The pause before a retry for a locked customer; it doubles with each try. */
  lockBackoffMs?: number | undefined;
  /** See `http.ts`. */
  timeoutSignal?: TimeoutSignal | undefined;
  metrics?: Metrics | undefined;
  clock: Clock;
  log: Logger;
}

/** The customer on whose behalf a call is made, and its priority. */
export interface CallOptions {
  requestId?: string | undefined;
  /**
   * The brand's id of the customer who views the page. The rate limiter gives each customer's pages a limited share.
   */
  onBehalfOf?: string | undefined;
  /** An order waits for the call, so it has priority over pages. */
  isForOrder?: boolean | undefined;
  /** Requests a read that begins after this moment and is shared with no other caller. */
  unshared?: boolean | undefined;
}

export interface Call<Shape extends z.ZodType> extends CallOptions {
  operation: string;
  api: "rewards" | "v1.1" | "v2";
  method: "GET" | "POST";
  /** Below the base of its API. */
  path: string;
  query?: Record<string, string | undefined>;
  body?: unknown;
  /** Builds a new body for a retry after a lock, if a body must not be sent twice. */
  bodyAfterLock?: (() => Promise<unknown>) | undefined;
  envelope: Envelope;
  /** The shape of a successful payload. */
  shape: Shape;
  /** The customer whose data the call changes. Writes for one customer run in sequence. */
  writesFor?: string;
  isBackground?: boolean;
  /** Whether the pages of the customer share the answer for a few seconds. */
  isKept?: boolean;
  /** The endpoint accepts only till and password, if configured. */
  needsBasic?: boolean;
}

export interface Caller {
  /**
   * Makes a call and reads the verdict from the body. A call that found the customer locked is retried, because it had
   * no effect.
   *
   * @throws CapillaryError if Capillary refused
   * @throws UpstreamError `transient` or `unknown`, without a usable answer
   */
  ask<Shape extends z.ZodType>(call: Call<Shape>): Promise<z.output<Shape>>;
  /** Makes the error for a read whose failure shows only after the call, such as an answer about another customer. */
  failed(operation: string, message: string): UpstreamError;
  closeCircuits(): void;
  close(): Promise<void>;
}

export function makeCaller(options: CallerOptions): Caller {
  const {
    till,
    password,
    oauth,
    timeoutMs,
    connections,
    lockBackoffMs = 200,
    timeoutSignal,
    metrics,
    clock,
    log,
  } = options;
  const reach = (url: string) => {
    const { origin, pathname } = new URL(url);
    const http = makeUpstreamHttp({
      service: SERVICE,
      origin,
      timeoutMs,
      connections,
      traceHeader: "x-cap-requestid",
      timeoutSignal,
      metrics,
      log,
    });
    return { http, base: pathname.replace(/\/+$/, "") };
  };
  const rewards = reach(options.rewardsUrl);
  const intouch = reach(options.intouchUrl);

  const rateLimiter = makeRateLimiter({
    concurrency: connections,
    callsPerMinute: options.callsPerMinute,
    maxWaitMs: timeoutMs * WRITE_TIMEOUTS,
    perOwner: options.perCustomer,
  });
  const kept = makeAnswerCache(options.keptMs ?? 0);
  const writes = makeLanes({ maxWaiting: Number.POSITIVE_INFINITY });
  const shareRead = makeSingleFlight<unknown>();
  const whileLocked = retry(
    handleWhen((error) => hasReason(error, "locked")),
    {
      maxAttempts: LOCK_TRIES - 1,
      backoff: new ExponentialBackoff({ initialDelay: lockBackoffMs, maxDelay: lockBackoffMs * 8 }),
    },
  );

  const credentials = makeCredentials({
    till,
    password,
    oauthToken:
      oauth &&
      makeOAuthToken(
        () => countOutcome(metrics, { service: SERVICE, operation: "token" }, () => generate(oauth)),
        clock,
      ),
  });

  /** Sends one request when the rate limiter admits it. */
  async function rateLimited(
    http: UpstreamHttp,
    request: UpstreamRequest,
    how: Urgency,
    owner?: string,
  ): Promise<UpstreamAnswer> {
    try {
      return await rateLimiter.take(() => http.call(request), how, owner);
    } catch (error) {
      if (!(error instanceof RateLimited)) throw error;
      const facts = { service: SERVICE, operation: request.operation, outcome: "transient" as const };
      throw new UpstreamError(facts, error.message, { cause: error });
    }
  }

  /** Fetches a token. The call has priority over all calls that wait for a token. */
  async function generate(client: { key: string; secret: string }): Promise<GeneratedToken> {
    const operation = "token";
    const path = `${intouch.base}/v3/oauth/token/generate`;
    const request = { operation, method: "POST" as const, path, headers: {}, body: client, writes: false };
    const { status, body } = await rateLimited(intouch.http, request, "write");
    const parsed = generatedToken.safeParse(body).data;
    if (parsed) return { token: parsed.data.accessToken, ttlSeconds: parsed.data.ttlSeconds };
    const facts = { service: SERVICE, operation, outcome: "transient" as const, httpStatus: status };
    throw new UpstreamError(facts, "no token for CAPILLARY_OAUTH_KEY and CAPILLARY_OAUTH_SECRET");
  }

  const once: typeof callOnce = (call) =>
    countOutcome(metrics, { service: SERVICE, operation: call.operation }, () => callOnce(call));

  async function callOnce<Shape extends z.ZodType>(call: Call<Shape>): Promise<z.output<Shape>> {
    const { operation, api, envelope, shape } = call;
    const writes = call.writesFor !== undefined;
    const { http, base } = api === "rewards" ? rewards : intouch;
    const request = {
      operation,
      method: call.method,
      path: api === "rewards" ? `${base}${call.path}` : `${base}/${api}${call.path}`,
      query: given({
        ...call.query,
        ...(api === "rewards" && { username: till }),
        ...(api === "v1.1" && { format: "json" }),
      }),
      ...(call.body !== undefined && { body: call.body }),
      ...(call.requestId && { requestId: call.requestId }),
      ...(writes && { timeoutMs: timeoutMs * WRITE_TIMEOUTS }),
      writes,
    };
    const how = writes ? "write" : call.isForOrder ? "order" : call.isBackground ? "background" : "read";
    const { status, body } = await credentials.use(api === "v1.1" || call.needsBasic === true, (headers) =>
      rateLimited(http, { ...request, headers }, how, call.onBehalfOf),
    );

    const lost = (message: string) =>
      new UpstreamError(
        { service: SERVICE, operation, outcome: writes ? "unknown" : "transient", httpStatus: status },
        `HTTP ${status}, ${message}`,
      );
    const verdict = status < 300 || status >= 400 ? envelope(body, status) : null;
    if (!verdict) throw lost("not an answer we know");
    if (!verdict.isSuccess) {
      const { code, partnerCodes, message } = verdict;
      const reason = reasonOf(operation, code, partnerCodes);
      if (reason === "other" && isServerFailure(code)) throw lost(`it failed (${code}) ${message}`);
      const codes = [...(code === null ? [] : [code]), ...partnerCodes];
      throw new CapillaryError({ operation, writes, httpStatus: status }, { reason, codes, message });
    }
    const parsed = shape.safeParse(verdict.payload);
    if (parsed.success) return parsed.data;
    const problem = parsed.error.issues
      .map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`)
      .join("; ");
    throw lost(`not an answer we know (${problem})`);
  }

  return {
    async ask<Shape extends z.ZodType>(call: Call<Shape>): Promise<z.output<Shape>> {
      const work = () =>
        whileLocked.execute(async ({ attempt }) => {
          const body = attempt > 0 ? await call.bodyAfterLock?.() : undefined;
          return once(body === undefined ? call : { ...call, body });
        });
      if (call.writesFor !== undefined) {
        const { writesFor } = call;
        kept.forget(writesFor);
        return writes.run(writesFor, work).finally(() => kept.forget(writesFor));
      }
      if (call.unshared) return work();
      const key = JSON.stringify([call.operation, call.path, given(call.query ?? {}), call.body]);
      // The key contains the operation, and an operation always has the same shape.
      const read = () => shareRead(key, work) as Promise<z.output<Shape>>;
      if (!call.isKept || call.onBehalfOf === undefined) return read();
      return kept.get(key, customerKeyText({ externalId: call.onBehalfOf }), read);
    },
    failed: (operation, message) => new UpstreamError({ service: SERVICE, operation, outcome: "transient" }, message),
    closeCircuits() {
      for (const { http } of [rewards, intouch]) http.closeCircuit();
    },
    close: async () => void (await Promise.all([rewards.http.close(), intouch.http.close()])),
  };
}

const generatedToken = z.object({ data: z.object({ accessToken: id, ttlSeconds: number }) });

const given = (query: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined));
