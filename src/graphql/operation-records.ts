import type { OperationDefinitionNode } from "graphql";
import type { Metrics } from "../observability/metrics.ts";
import type { Logger } from "../platform/logger.ts";
import { activeSpan, isTracing } from "../platform/tracing.ts";
import type { Context } from "./context.ts";
import { clientName, loggedOperation } from "./logged-operation.ts";

interface NamedOperation {
  operation?: OperationDefinitionNode | null | undefined;
  operationName: string | null | undefined;
  /** The document's SHA-256 in hexadecimal digits, if known. */
  queryHash: string | undefined;
}

export interface EndedOperation extends NamedOperation {
  context: Context;
  /** By `performance.now()`. */
  startedAt: number;
  /** The codes of the answer's errors; undefined without errors. */
  codes: readonly unknown[] | undefined;
  /** A header of the request, by its name in lower case. */
  headerOf(name: string): unknown;
}

/** The trace, the metrics and the log line of each operation over HTTP. */
export interface OperationRecords {
  /** Names the current span. */
  begin(operation: NamedOperation): void;
  /** Counts the operation and writes its log line. */
  end(operation: EndedOperation): void;
}

export function makeOperationRecords(log: Logger, metrics: Metrics | undefined): OperationRecords {
  return {
    begin({ operation, operationName, queryHash }) {
      if (!isTracing()) return;
      const { type, ...named } = loggedOperation(operation, operationName, queryHash);
      const span = activeSpan();
      span.rename(titleOf(type, named.operation));
      span.set({
        "graphql.operation.type": type,
        "graphql.operation.name": named.operation,
        "graphql.document.hash": named.document,
      });
    },
    end({ operation, operationName, queryHash, context, startedAt, codes, headerOf }) {
      const ms = performance.now() - startedAt;
      if (codes) activeSpan().set({ errors: codes.join(" ") });
      metrics?.graphqlOperation({
        operation: operation ? metrics.operationLabel(operationName) : "invalid",
        type: operation?.operation ?? "none",
        codes: codes ?? [],
        seconds: ms / 1_000,
      });
      if (!log.isLevelEnabled("info")) return;
      const { type, ...named } = loggedOperation(operation, operationName, queryHash);
      const { requestId, viewer } = context;
      const line = { requestId, viewer: viewer.kind, client: clientName(headerOf), ...named, ms: Math.round(ms) };
      log.info(codes ? { ...line, errors: codes } : line, titleOf(type, named.operation));
    },
  };
}

const titleOf = (type: string, name: string | undefined) => `${type} ${name ?? ""}`.trimEnd();
