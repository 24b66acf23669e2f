import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Spans of the work of this process, and the context that they hand on: to other processes with jobs, notifications and messages,
 * and to upstreams. Without `useTracing` nothing is made and nothing is handed on. A context is a `traceparent` of W3C Trace Context.
 */

/** The work under way, as a trace shows it. */
export interface Span {
  rename(name: string): void;
  /** Adds facts that hold no personal data and no secrets. Undefined ones are left out. */
  set(facts: Record<string, string | number | boolean | undefined>): void;
  /** Marks the work as failed, without an error being thrown. */
  fail(why: string): void;
}

export interface SpanOptions {
  name: string;
  kind?: "server" | "client" | "consumer" | "internal";
  facts?: Record<string, string | number | boolean | undefined>;
  /**
   * The context that the work continues: undefined is that of the present work, null is none. Without a sampled one, the work has
   * no span, unless a trace may begin with it.
   */
  parent?: string | null | undefined;
  mayBegin?: boolean;
  /** The parent comes from anybody, so it does not decide whether the work is sampled. */
  isForeign?: boolean;
}

/** The tracing of a process. */
export interface Tracing {
  inSpan<T>(options: SpanOptions, work: (span: Span) => T): T;
  within<T>(parent: string | null, work: () => T): T;
  /** The span of the present work. */
  present(): Span | undefined;
  /** The context of the present work; undefined if there is none, or none that is sampled where `sampled` is asked for. */
  context(options: { sampled: boolean }): string | undefined;
}

let tracing: Tracing | undefined;

/** Begins to trace the work of this process. @returns ends it */
export function useTracing(started: Tracing): () => void {
  tracing = started;
  return () => {
    if (tracing === started) tracing = undefined;
  };
}

export const isTracing = (): boolean => tracing !== undefined;

const nothing: Span = { rename() {}, set() {}, fail() {} };

/** Runs `work` in a span, which ends when `work` does or, if it answers with a promise, when that is settled. */
export const inSpan = <T>(options: SpanOptions, work: (span: Span) => T): T =>
  tracing ? tracing.inSpan(options, work) : work(nothing);

/** Runs `work` in a context that was handed on; in none if it is null. */
export const within = <T>(parent: string | null, work: () => T): T => (tracing ? tracing.within(parent, work) : work());

/** The same work, which stays in the present context wherever it is started: a queue starts it as another work ends. */
export const bound = <Work extends (...args: never[]) => unknown>(work: Work): Work =>
  tracing ? AsyncLocalStorage.bind(work) : work;

/** The span of the work under way. */
export const presentSpan = (): Span => tracing?.present() ?? nothing;

/** The context to hand on with a job, a notification or a message; undefined if the work is not sampled. */
export const contextToHandOn = (): string | undefined => tracing?.context({ sampled: true });

/** The header for a call to another system, so that its log can be found with ours. */
export function traceHeaders(): { traceparent?: string } {
  const traceparent = tracing?.context({ sampled: false });
  return traceparent === undefined ? {} : { traceparent };
}

/** For each line of the log. */
export function traceIds(): { trace_id?: string; span_id?: string } {
  const [, trace_id, span_id] = tracing?.context({ sampled: false })?.split("-") ?? [];
  return trace_id === undefined || span_id === undefined ? {} : { trace_id, span_id };
}

const causes = new WeakMap<object, string>();
/** Remembers the context that an event was made known in, for those who deliver it. */
export function causedBy(event: object, context: string | undefined): void {
  if (context !== undefined) causes.set(event, context);
}
export const causeOf = (event: unknown): string | null =>
  (typeof event === "object" && event !== null ? causes.get(event) : undefined) ?? null;
