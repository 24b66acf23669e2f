import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from "cockatiel";
import { Pool } from "undici";
import type { Metrics } from "../observability/metrics.ts";
import { parseExactly } from "../platform/exact-json.ts";
import type { Logger } from "../platform/logger.ts";
import { inSpan, traceHeaders } from "../platform/tracing.ts";
import { type Exchange, readAnswer } from "./exchange.ts";
import { UpstreamError } from "./upstream-error.ts";

export interface UpstreamRequest {
  /** The name of the call in logs and errors. */
  operation: string;
  method: "GET" | "POST";
  path: string;
  query?: Record<string, string>;
  headers: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** Whether the call changes data upstream: without an answer its outcome is then `unknown` instead of `transient`. */
  writes: boolean;
  /** Whether the credentials are the customer's own, which expire and are renewed by signing in again. */
  asCustomer?: boolean;
  /** The timeout of this call, if it differs from the upstream's. */
  timeoutMs?: number;
  /** Sent as `X-Request-Id`, to find the call in the upstream's log. */
  requestId?: string;
}

export interface UpstreamAnswer {
  status: number;
  body: unknown;
}

export interface UpstreamHttp {
  /**
   * Makes one call and parses its JSON, for any HTTP status below 500: upstreams put their verdict into the body. Whole
   * numbers beyond the safe range become strings.
   * @throws UpstreamError `transient` or `unknown`; never `refused`, which only the body's parser can decide
   */
  call(request: UpstreamRequest): Promise<UpstreamAnswer>;
  /** Resets the circuit breaker. */
  closeCircuit(): void;
  close(): Promise<void>;
}

/** @returns a signal that aborts when the timeout of a call has passed */
export type TimeoutSignal = (timeoutMs: number, operation: string) => AbortSignal;

export interface UpstreamHttpOptions {
  service: string;
  origin: string;
  timeoutMs: number;
  connections: number;
  /** The response header with the upstream's own id of the call, in lower case. */
  traceHeader?: string;
  /** `AbortSignal.timeout`, unless a test controls timeouts. */
  timeoutSignal?: TimeoutSignal | undefined;
  metrics?: Pick<Metrics, "upstreamCall" | "sources"> | undefined;
  log: Logger;
}

const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const FAILURES_TO_OPEN = 8;
const OPEN_MS = 2_000;

export function makeUpstreamHttp(options: UpstreamHttpOptions): UpstreamHttp {
  const { service, origin, timeoutMs, connections, traceHeader, metrics, log } = options;
  const beginWait = options.timeoutSignal ? waitOf(options.timeoutSignal) : waitAtMost;
  const { host } = new URL(origin);
  const pool = new Pool(origin, {
    connections,
    connectTimeout: timeoutMs,
    // Shorter than the usual idle timeout of servers: a write on a connection that the server just closed would be
    // `unknown`.
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 4_000,
    maxResponseSize: MAX_ANSWER_BYTES,
  });
  // A circuit breaker: calls to a failing upstream fail at once for a while, instead of each waiting for the timeout.
  function makeBreaker() {
    const breaker = circuitBreaker(
      handleWhen((error) => error instanceof UpstreamError && !isAboutCredentials(error.httpStatus)),
      { breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN), halfOpenAfter: OPEN_MS },
    );
    breaker.onBreak(() => log.warn({ service }, "Upstream is failing; calls to it are paused"));
    breaker.onReset(() => log.info({ service }, "Upstream answers again"));
    return breaker;
  }
  let breaker = makeBreaker();
  metrics?.sources.circuit(service, () => breaker.state === CircuitState.Open);

  async function send(request: UpstreamRequest, onTrace: (trace: string) => void): Promise<UpstreamAnswer> {
    const { operation, writes } = request;
    const waitMs = request.timeoutMs ?? timeoutMs;
    const lost = (message: string, cause?: unknown, httpStatus?: number) =>
      new UpstreamError({ service, operation, outcome: writes ? "unknown" : "transient", httpStatus }, message, {
        cause,
      });

    const { signal, end } = beginWait(waitMs, operation);
    using _ = { [Symbol.dispose]: end };
    const exchange: Exchange = { wasSent: false, status: undefined, headers: {} };
    const text = await readAnswer(
      pool,
      {
        method: request.method,
        path: request.query ? `${request.path}?${new URLSearchParams(request.query)}` : request.path,
        headers: {
          accept: "application/json",
          ...(request.body !== undefined && { "content-type": "application/json" }),
          ...(request.requestId && { "x-request-id": request.requestId }),
          ...traceHeaders(),
          ...request.headers,
        },
        body: request.body === undefined ? null : JSON.stringify(request.body),
        headersTimeout: waitMs,
        bodyTimeout: waitMs,
      },
      signal,
      exchange,
    )
      .finally(() => {
        const trace = traceHeader && exchange.headers[traceHeader];
        if (trace) onTrace(String(trace));
      })
      .catch((cause: NodeJS.ErrnoException) => {
        const why = cause.code ?? cause.message;
        if (exchange.status !== undefined)
          throw lost(`the answer broke off (${cause.message})`, cause, exchange.status);
        if (exchange.wasSent) throw lost(`no answer (${why})`, cause);
        throw new UpstreamError({ service, operation, outcome: "transient" }, `not reachable (${why})`, { cause });
      });
    const status = exchange.status ?? 0;

    if (isAboutCredentials(status)) {
      const isSignInOver = status === 401 && request.asCustomer === true;
      const facts = { service, operation, outcome: "transient" as const, httpStatus: status, isSignInOver };
      const whose = request.asCustomer ? "the customer's" : "our";
      throw new UpstreamError(facts, `${whose} credentials were not accepted (HTTP ${status})`);
    }
    if (status >= 500 || status === 429) throw lost(`HTTP ${status}`, undefined, status);
    try {
      return { status, body: parseExactly(text) };
    } catch (cause) {
      throw lost(`HTTP ${status} with a body that is not JSON`, cause, status);
    }
  }

  return {
    call(request) {
      const { operation, requestId } = request;
      const facts = { "peer.service": service, "http.request.method": request.method, "server.address": host };
      return inSpan({ name: `${service} ${operation}`, kind: "client", facts }, async (span) => {
        const startedAt = performance.now();
        let trace: string | undefined;
        const onTrace = (name: string) => {
          trace = name;
          span.set({ "upstream.request_id": name });
        };
        let isPaused = false;
        try {
          const answer = await breaker.execute(() => send(request, onTrace));
          span.set({ "http.response.status_code": answer.status });
          return answer;
        } catch (error) {
          if (error instanceof UpstreamError) {
            span.set({ "http.response.status_code": error.httpStatus, outcome: error.outcome });
          }
          if (!(error instanceof BrokenCircuitError)) throw error;
          isPaused = true;
          const facts = { service, operation, outcome: "transient" as const };
          throw new UpstreamError(facts, "paused after repeated failures", { cause: error });
        } finally {
          const ms = performance.now() - startedAt;
          if (!isPaused) metrics?.upstreamCall({ service, operation, seconds: ms / 1_000 });
          log.debug({ service, operation, ms: Math.round(ms), requestId, trace }, "Upstream call");
        }
      });
    },
    closeCircuit() {
      breaker = makeBreaker();
    },
    close: () => pool.destroy(),
  };
}

/** The upstream works and would serve other customers, so the breaker ignores the failure. */
const isAboutCredentials = (status: number | undefined) => status === 401 || status === 403;

interface Wait {
  signal: AbortSignal;
  end(): void;
}

/** Like `AbortSignal.timeout`, but the timer ends with the call instead of creating an unused error later. */
function waitAtMost(timeoutMs: number): Wait {
  const controller = new AbortController();
  const giveUp = () => controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
  const timer = setTimeout(giveUp, timeoutMs);
  return { signal: controller.signal, end: () => clearTimeout(timer) };
}

const waitOf =
  (timeoutSignal: TimeoutSignal) =>
  (timeoutMs: number, operation: string): Wait => ({ signal: timeoutSignal(timeoutMs, operation), end: () => {} });
