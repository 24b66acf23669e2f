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
/** A write waits for the partner that gives the voucher, too. */
const WRITE_TIMEOUTS = 3;
/** A lock is held for as long as another call for the same customer takes. */
const LOCK_TRIES = 5;

export interface CallerOptions {
  /** Ends in `/api_gateway/rewards/core/v1`. */
  rewardsUrl: string;
  /** What `/v1.1`, `/v2` and `/v3` are below. */
  intouchUrl: string;
  till?: string | undefined;
  password?: string | undefined;
  oauth?: { key: string; secret: string } | undefined;
  /** For reads; a write is given three times as long. */
  timeoutMs: number;
  /** Calls at once, of all kinds. */
  connections: number;
  /** Undefined is no limit. */
  callsPerMinute?: number | undefined;
  /** The limit of calls for the pages of one customer; undefined is no limit. */
  perCustomer?: Rate | undefined;
  /** How long answers are kept that the pages of a customer share; nothing is kept when left out. */
  keptMs?: number | undefined;
  /** The wait before a locked customer is tried again; it doubles with each try. */
  lockBackoffMs?: number | undefined;
  /** See `http.ts`. */
  timeoutSignal?: TimeoutSignal | undefined;
  metrics?: Metrics | undefined;
  clock: Clock;
  log: Logger;
}

/** For whom a call is made, and why. */
export interface Asking {
  requestId?: string | undefined;
  /** The brand's id of the customer whose page it is: the pages of one customer take no more than their share. */
  onBehalfOf?: string | undefined;
  /** An order waits for it, so it goes before pages. */
  isForOrder?: boolean | undefined;
  /** A read certain to begin after this moment, shared with nobody. */
  unshared?: boolean | undefined;
}

export interface Call<Shape extends z.ZodType> extends Asking {
  operation: string;
  api: "rewards" | "v1.1" | "v2";
  method: "GET" | "POST";
  /** Below the base of its API. */
  path: string;
  query?: Record<string, string | undefined>;
  body?: unknown;
  /** What is sent instead when the customer was locked, if a body must not be sent twice. */
  bodyAfterLock?: (() => Promise<unknown>) | undefined;
  envelope: Envelope;
  /** Of the payload of a yes. */
  shape: Shape;
  /** Whose call it is, if it changes something: calls for one customer go one after the other. */
  writesFor?: string;
  isBackground?: boolean;
  /** Whether the pages of the customer share the answer for a few seconds. */
  isKept?: boolean;
  /** Only till and password are taken there, if we have them. */
  needsBasic?: boolean;
}

export interface Caller {
  /**
   * Makes a call and reads its verdict from the body. A locked customer is tried again for a while: nothing happened.
   *
   * @throws CapillaryError when the answer is a no
   * @throws UpstreamError `transient` or `unknown`, when there is no answer, or none we understand
   */
  ask<Shape extends z.ZodType>(call: Call<Shape>): Promise<z.output<Shape>>;
  /** A failure to read that is found out only after the call, such as an answer about somebody else. */
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

  /** Sends one request in its turn. */
  async function inTurn(
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

  /** Asks for a token. It goes before everything that waits for one. */
  async function generate(client: { key: string; secret: string }): Promise<GeneratedToken> {
    const operation = "token";
    const path = `${intouch.base}/v3/oauth/token/generate`;
    const request = { operation, method: "POST" as const, path, headers: {}, body: client, writes: false };
    const { status, body } = await inTurn(intouch.http, request, "write");
    const parsed = generatedToken.safeParse(body).data;
    if (parsed) return { token: parsed.data.accessToken, ttlSeconds: parsed.data.ttlSeconds };
    const facts = { service: SERVICE, operation, outcome: "transient" as const, httpStatus: status };
    throw new UpstreamError(facts, "no token for CAPILLARY_OAUTH_KEY and CAPILLARY_OAUTH_SECRET");
  }

  const once: typeof askOnce = (call) =>
    countOutcome(metrics, { service: SERVICE, operation: call.operation }, () => askOnce(call));

  async function askOnce<Shape extends z.ZodType>(call: Call<Shape>): Promise<z.output<Shape>> {
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
      inTurn(http, { ...request, headers }, how, call.onBehalfOf),
    );

    const lost = (message: string) =>
      new UpstreamError(
        { service: SERVICE, operation, outcome: writes ? "unknown" : "transient", httpStatus: status },
        `HTTP ${status}, ${message}`,
      );
    const verdict = status < 300 || status >= 400 ? envelope(body, status) : null;
    if (!verdict) throw lost("not an answer we know");
    if (!verdict.isYes) {
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
      // The same operation has the same shape.
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
