import type { ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { execute, type GraphQLError } from "graphql";
import { createHandler } from "graphql-sse";
import type { AuditUse } from "../domain/operator-use.ts";
import { sendError } from "../http/error-page.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { Logger } from "../platform/logger.ts";
import type { Context } from "./context.ts";
import { PublicError } from "./errors.ts";
import { clientName, hashOf, loggedOperation } from "./logged-operation.ts";
import type { Operations, SentOperation } from "./operations.ts";
import { rootFields } from "./root-fields.ts";
import { HOLD_BYTES, MAX_UNSENT_BYTES, STALLED_MS } from "./serve-socket.ts";
import type { ViewerEndings } from "./socket-endings.ts";
import type { OpenCounts } from "./socket-limits.ts";
import { subscribe } from "./subscribe.ts";

const RETRY_AFTER_SECONDS = "5";

export interface EventStreamOptions {
  operations: Operations;
  endings: ViewerEndings;
  auditUse: AuditUse;
  metrics?: Metrics | undefined;
  open: OpenCounts;
  log: Logger;
  /** @throws PublicError if the credentials are refused */
  makeContext(request: FastifyRequest): Promise<Context>;
  /** The network address, or block of addresses, for limits by address. */
  blockOf(request: FastifyRequest): string;
  /** The time after which a stalled peer is disconnected; a test shortens it. */
  stalledMs?: number;
}

/**
 * Subscriptions as server-sent events, for clients behind proxies that block websockets: the *distinct connections*
 * mode of graphql-sse, a stream for each operation. Streams count as sockets, and end with their session.
 */
export interface EventStreams {
  /** Answers with a stream, or with an error. */
  answer(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  /** Ends every stream. Clients detect the incomplete stream and reconnect. */
  close(): void;
}

/** Whether the client accepts a stream rather than JSON. */
export const wantsStream = ({ headers }: FastifyRequest): boolean =>
  headers.accept?.trimStart().startsWith("text/event-stream") ?? false;

export function makeEventStreams(options: EventStreamOptions): EventStreams {
  const { operations, endings, auditUse, open, metrics, log, makeContext, blockOf } = options;
  const { stalledMs = STALLED_MS } = options;
  /** The open streams, with the labels of their operations. */
  const responses = new Map<ServerResponse, string>();
  metrics?.sources.open("event streams", () => ({ count: responses.size, operations: [...responses.values()] }));

  /** Counts an open stream. @returns a function that stops counting it, or the reason for refusing the stream */
  function enter({ viewer, isRouter }: Context, block: string): (() => void) | { status: number; problem: string } {
    const counts = [
      viewer.kind === "customer" && { count: open.ofSession, key: viewer.sessionId, owner: "of this session" },
      !isRouter && { count: open.ofBlock, key: block, owner: "of this network address" },
      { count: open.inAll, key: "all", owner: "" },
    ].filter((each) => each !== false);
    const releases: (() => void)[] = [];
    const release = () => {
      for (const each of releases) each();
    };
    for (const { count, key, owner } of counts) {
      const leave = count.open(key);
      if (!leave) {
        release();
        return { status: owner ? 429 : 503, problem: `Too many streams and sockets ${owner}`.trim() };
      }
      releases.push(leave);
    }
    return release;
  }

  /** The messages of an operation, or an error answer. */
  function openStream(sent: SentOperation, context: Context, label: string, client: string | undefined) {
    const { requestId } = context;
    const shown = (errors: readonly GraphQLError[]) => errors.map((error) => operations.show(error, requestId));
    const protocol = createHandler({
      authenticate: () => null, // streams are not reserved
      validate: () => [], // admitted operations are valid
      execute,
      subscribe: subscribe as never,
      async onSubscribe() {
        const admitted = operations.admit(sent, context);
        if (Array.isArray(admitted)) return { data: undefined as never, errors: admitted };
        const { schema, document, operation } = admitted;
        const { operationName, variables } = sent;
        const { viewer } = context;
        const { type, ...named } = loggedOperation(operation, operationName, hashOf(document));
        log.info(
          { requestId, viewer: viewer.kind, client, ...named },
          `${type} ${named.operation ?? ""} over an event stream`.replace("  ", " "),
        );
        if (viewer.kind === "operator") await auditUse(viewer, { ...rootFields(document, operationName), requestId });
        return {
          schema,
          document,
          contextValue: context as never,
          operationName: operationName ?? undefined,
          variableValues: variables ?? undefined,
        };
      },
      onNext(_, __, result) {
        metrics?.subscriptionEvent(label);
        return "errors" in result && result.errors ? { ...result, errors: shown(result.errors) } : undefined;
      },
    });
    const headers: Record<string, string> = { accept: "text/event-stream", "content-type": "application/json" };
    return protocol({
      method: "POST",
      url: "/graphql/stream",
      headers: { get: (name) => headers[name] },
      body: { ...sent, query: sent.query ?? "" } as never,
      raw: null,
      context: null,
    });
  }

  /** Disconnects a peer that does not read its unsent data. */
  function limitUnsent(response: ServerResponse): void {
    const terminate = (reason: string) => {
      log.warn({ reason, unsentBytes: response.writableLength }, "An event stream was cut off");
      response.destroy();
    };
    const { socket, writableLength: unsentBytes } = response;
    if (unsentBytes > MAX_UNSENT_BYTES) terminate("too much waits to be sent");
    if (response.destroyed || unsentBytes <= HOLD_BYTES || response.listenerCount("drain") > 0) return;
    const stalled = () => terminate("it reads nothing");
    socket?.setTimeout(stalledMs, stalled);
    response.once("drain", () => socket?.setTimeout(0, stalled));
  }

  return {
    async answer(request, reply) {
      const sent = readOperation(request);
      if (typeof sent === "string") return void sendError(request, reply, 400, sent);
      let context: Context;
      try {
        context = await makeContext(request);
      } catch (error) {
        if (!(error instanceof PublicError)) throw error;
        const { status = 400 } = (error.extensions["http"] ?? {}) as { status?: number };
        return void sendError(request, reply, status, error.message);
      }
      const release = enter(context, blockOf(request));
      if (typeof release !== "function") {
        reply.header("retry-after", RETRY_AFTER_SECONDS);
        return void sendError(request, reply, release.status, release.problem);
      }
      try {
        const label = metrics?.operationLabel(sent.operationName) ?? "";
        const client = clientName((name) => request.headers[name]);
        const [messages, { status, headers }] = await openStream(sent, context, label, client);
        if (messages === null || typeof messages === "string") {
          return void reply
            .code(status)
            .headers(headers ?? {})
            .send(messages);
        }
        await write(messages, request, reply, { context, label });
      } finally {
        release();
      }
    },

    close() {
      for (const response of responses.keys()) response.end();
    },
  };

  async function write(
    messages: AsyncGenerator<string>,
    request: FastifyRequest,
    reply: FastifyReply,
    { context, label }: { context: Context; label: string },
  ): Promise<void> {
    const { raw: response } = reply.hijack();
    const end = () => void messages.return(undefined);
    const unwatch = endings.watch(context.viewer, () => response.end());
    responses.set(response, label);
    response.once("close", end).on("error", (error) => log.debug({ err: error }, "A stream broke off"));
    try {
      response.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-accel-buffering": "no", // nginx would buffer events
      });
      if (response.closed) end(); // the client left during the start of the operation
      for await (const message of messages) {
        if (response.writableEnded || response.destroyed) break;
        response.write(message); // not awaited: only the limit below bounds the unsent data
        limitUnsent(response);
      }
      response.end();
    } catch (error) {
      log.error({ err: error, requestId: request.id }, "Unexpected error in an event stream");
      response.destroy();
    } finally {
      unwatch();
      responses.delete(response);
      end();
    }
  }
}

/** The operation of a request by GraphQL over HTTP, or the problem with the request. */
function readOperation({ method, query: search, body, headers }: FastifyRequest): SentOperation | string {
  if (method !== "GET") {
    if (!headers["content-type"]?.startsWith("application/json")) return "Send the operation as application/json.";
    if (typeof body !== "object" || body === null || Array.isArray(body)) return "The body must be a JSON object.";
    const { variables, operationName } = body as { variables?: unknown; operationName?: unknown };
    if (operationName != null && typeof operationName !== "string") return "operationName: must be a text.";
    if (variables != null && (typeof variables !== "object" || Array.isArray(variables))) return NO_OBJECT("variables");
    return body as SentOperation;
  }
  const { query, documentId, operationName, ...json } = search as Record<string, string | undefined>;
  const sent: Record<string, unknown> = { query, documentId, operationName };
  for (const name of ["variables", "extensions"]) {
    const text = json[name];
    if (!text) continue;
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value !== "object" || Array.isArray(value)) return NO_OBJECT(name);
      sent[name] = value;
    } catch {
      return NO_OBJECT(name);
    }
  }
  return sent;
}
const NO_OBJECT = (name: string) => `${name}: must be a JSON object.`;
