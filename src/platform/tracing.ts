import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Spans of this process, and propagation of their context to other processes (by jobs, notifications and messages) and
 * to upstreams. Without `useTracing`, no span is made and no context is propagated. A context is a W3C `traceparent`.
 */

/** A span of the running work. */
export interface Span {
  rename(name: string): void;
  /** Adds attributes without personal data or secrets. Undefined ones are left out. */
  set(facts: Record<string, string | number | boolean | undefined>): void;
  /** Marks the span as failed without an exception. */
  fail(why: string): void;
}

export interface SpanOptions {
  name: string;
  kind?: "server" | "client" | "consumer" | "internal";
  facts?: Record<string, string | number | boolean | undefined>;
  /**
   * The parent context: undefined means the current context, null means none. Without a sampled parent the work has no
   * span, unless it may start a trace.
   */
  parent?: string | null | undefined;
  mayBegin?: boolean;
  /** The parent comes from an untrusted client, so it does not decide about sampling. */
  isForeign?: boolean;
}

/** The tracing of a process. */
export interface Tracing {
  inSpan<T>(options: SpanOptions, work: (span: Span) => T): T;
  within<T>(parent: string | null, work: () => T): T;
  /** The current span. */
  present(): Span | undefined;
  /** The current context; undefined if there is none, or if `sampled` is set and the context is not sampled. */
  context(options: { sampled: boolean }): string | undefined;
}

let tracing: Tracing | undefined;

/** Starts tracing in this process. @returns a function that stops it */
export function useTracing(started: Tracing): () => void {
  tracing = started;
  return () => {
    if (tracing === started) tracing = undefined;
  };
}

export const isTracing = (): boolean => tracing !== undefined;

const noSpan: Span = { rename() {}, set() {}, fail() {} };

/** Runs `work` in a span. The span ends when `work` returns or, if it returns a promise, when the promise settles. */
export const inSpan = <T>(options: SpanOptions, work: (span: Span) => T): T =>
  tracing ? tracing.inSpan(options, work) : work(noSpan);

/** Runs `work` in a propagated context; without a context if it is null. */
export const within = <T>(parent: string | null, work: () => T): T => (tracing ? tracing.within(parent, work) : work());

/** Binds a function to the current context: a queue may start it from another context. */
export const bound = <Work extends (...args: never[]) => unknown>(work: Work): Work =>
  tracing ? AsyncLocalStorage.bind(work) : work;

/** The current span. */
export const activeSpan = (): Span => tracing?.present() ?? noSpan;

/** The context to propagate with a job, a notification or a message; undefined if it is not sampled. */
export const propagatedContext = (): string | undefined => tracing?.context({ sampled: true });

/** The header for a call to another system, which links that system's log to this trace. */
export function traceHeaders(): { traceparent?: string } {
  const traceparent = tracing?.context({ sampled: false });
  return traceparent === undefined ? {} : { traceparent };
}

/** The trace fields of a log line. */
export function traceIds(): { trace_id?: string; span_id?: string } {
  const [, trace_id, span_id] = tracing?.context({ sampled: false })?.split("-") ?? [];
  return trace_id === undefined || span_id === undefined ? {} : { trace_id, span_id };
}

const causes = new WeakMap<object, string>();
/** Stores the context in which an event was published, for its delivery. */
export function causedBy(event: object, context: string | undefined): void {
  if (context !== undefined) causes.set(event, context);
}
export const causeOf = (event: unknown): string | null =>
  (typeof event === "object" && event !== null ? causes.get(event) : undefined) ?? null;
