import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import {
  type Attributes,
  type Context,
  context,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Span as TracedSpan,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { parseTraceParent } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import packageJson from "../../package.json" with { type: "json" };
import type { Config } from "../config/config.ts";
import { type Span, type SpanOptions, type Tracing, useTracing } from "../platform/tracing.ts";

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;

const EXPORT_EVERY_MS = 5_000;
/** The longest wait for sending the last spans during a stop. */
const FLUSH_MS = 2_000;

/**
 * Sends spans of this process to a collector by OTLP over HTTP, as JSON. The module is loaded only with a configured
 * endpoint.
 *
 * @param kind the kind of process, such as `gateway`
 * @returns a function that sends the remaining spans and stops
 */
export function startTracing(
  options: NonNullable<Config["tracing"]>,
  kind: string,
  exportEveryMs = EXPORT_EVERY_MS,
): () => Promise<void> {
  const { endpoint, ratio, serviceName } = options;
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, "")}/v1/traces` });
  const processor = new BatchSpanProcessor({ exporter, scheduledDelayMillis: exportEveryMs });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      "service.name": serviceName ?? `tessera-${kind}`,
      "service.version": packageJson.version,
      "service.instance.id": `${hostname()}:${process.pid}`,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [processor],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  const tracer = provider.getTracer("tessera", packageJson.version);

  /** @param isForeign whether this process decides about sampling */
  function contextOf(traceparent: string, isForeign = false): Context {
    const remote = parseTraceParent(traceparent);
    if (!remote) return ROOT_CONTEXT;
    const isSampled = isForeign ? Math.random() < ratio : (remote.traceFlags & TraceFlags.SAMPLED) !== 0;
    const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
    return trace.setSpanContext(ROOT_CONTEXT, { ...remote, isRemote: true, traceFlags });
  }

  const tracing: Tracing = {
    inSpan({ name, kind = "internal", facts, parent, mayBegin = false, isForeign = false }: SpanOptions, work) {
      const before =
        parent === undefined ? context.active() : parent === null ? ROOT_CONTEXT : contextOf(parent, isForeign);
      if (!mayBegin && !isSampled(trace.getSpanContext(before))) {
        return parent === undefined ? work(unsampled) : context.with(before, () => work(unsampled));
      }
      const span = tracer.startSpan(name, { kind: kinds[kind], attributes: present(facts) }, before);
      const shown = span.isRecording() ? shownSpan(span) : unsampled;
      return ending(span, () => context.with(trace.setSpan(before, span), () => work(shown)));
    },
    within: (parent, work) => context.with(parent === null ? ROOT_CONTEXT : contextOf(parent), work),
    present() {
      const span = trace.getActiveSpan();
      return span?.isRecording() ? shownSpan(span) : undefined;
    },
    context({ sampled }) {
      const present = trace.getSpanContext(context.active());
      if (!present || (sampled && !isSampled(present))) return undefined;
      const flags = isSampled(present) ? "01" : "00";
      return `00-${present.traceId}-${present.spanId}-${flags}`;
    },
  };
  const stopUsing = useTracing(tracing);

  return async () => {
    stopUsing();
    await Promise.race([provider.shutdown().catch(() => {}), delay(FLUSH_MS, undefined, { ref: false })]);
    trace.disable();
    context.disable();
  };
}

const isSampled = (span: SpanContext | undefined) => span !== undefined && (span.traceFlags & TraceFlags.SAMPLED) !== 0;

const unsampled: Span = { rename() {}, set() {}, fail() {} };

const shownSpan = (span: TracedSpan): Span => ({
  rename: (name) => void span.updateName(name),
  set: (facts) => void span.setAttributes(present(facts)),
  fail: (message) => void span.setStatus({ code: SpanStatusCode.ERROR, message }),
});

function present(facts: SpanOptions["facts"] = {}): Attributes {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as Attributes;
}

/** Ends the span with the work. */
function ending<T>(span: TracedSpan, work: () => T): T {
  const fail = (error: unknown) => {
    // Only the message: the stack is in the log, under the same trace.
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
    span.end();
  };
  let answer: T;
  try {
    answer = work();
  } catch (error) {
    fail(error);
    throw error;
  }
  if (!(answer instanceof Promise)) {
    span.end();
    return answer;
  }
  return answer.then(
    (value: unknown) => {
      span.end();
      return value;
    },
    (error: unknown) => {
      fail(error);
      throw error;
    },
  ) as T;
}
