import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import {
  type DocumentNode,
  execute,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from "graphql";
import { CloseCode, makeServer, type ServerOptions, type SubscribePayload } from "graphql-ws";
import { type ServerOptions as SocketOptions, type WebSocket, WebSocketServer } from "ws";
import type { AuditUse } from "../domain/operator-use.ts";
import type { Viewer } from "../domain/viewer.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { Logger } from "../platform/logger.ts";
import type { Context } from "./context.ts";
import { type DocumentCache, documentKey } from "./document-cache.ts";
import { toPublic } from "./errors.ts";
import { costOf, limitError, MAX_ERRORS, MAX_TOKENS, withCode } from "./limits.ts";
import { clientName, hashOf, loggedOperation } from "./logged-operation.ts";
import { OPERATION_COST } from "./rate-limits.ts";
import { rootFields } from "./root-fields.ts";
import { serveSocket } from "./serve-socket.ts";
import { makeEndings } from "./socket-endings.ts";
import { makeOpenCount, type SocketLimits } from "./socket-limits.ts";
import { subscribe } from "./subscribe.ts";
import type { DocumentGate } from "./trusted-documents.ts";

const MAX_MESSAGE_BYTES = 64 * 1024;
const MAX_SUBSCRIPTIONS = 20;
const INIT_WAIT_MS = 3_000;
/** How long a peer may take to agree that a socket is closed. */
const CLOSE_WAIT_MS = 2_000;
/** How long a socket of nobody in particular may be open without an operation. */
const IDLE_MS = 60_000;
/** Longer ones fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const NORMAL_CLOSURE = 1000;
const SERVICE_RESTART = 1012;
const TRY_AGAIN_LATER = 1013;

export interface SubscriptionOptions {
  schema: GraphQLSchema;
  documents: DocumentGate;
  validated: DocumentCache;
  metrics?: Metrics | undefined;
  log: Logger;
  isOriginAllowed(request: IncomingMessage): boolean;
  /** Whose socket it is, from `connection_init` or the cookie; null when credentials were given and are not good. */
  identify(authorization: string | undefined, request: IncomingMessage): Promise<Viewer | null>;
  /** Calls the listener when the session ends, also by another process. @returns a function that stops listening */
  onSessionEnd(sessionId: string, listener: () => void): () => void;
  /** @returns the ids of the sessions that are alive */
  liveSessions(sessionIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Calls the listener when the operators' key is withdrawn, also by another process. @returns a function that stops listening */
  onKeyEnd(keyId: string, listener: () => void): () => void;
  /** @returns the ids of the operators' keys that are alive */
  liveKeys(keyIds: readonly string[]): Promise<ReadonlySet<string>>;
  auditUse: AuditUse;
  makeContext(viewer: Viewer, request: IncomingMessage): Context;
  limits: SocketLimits;
  /** The network address, or block of addresses, that a limit by address is for. */
  blockOf(request: IncomingMessage): string;
  /** See `serve-socket.ts`. */
  stalledMs?: number;
}

interface SocketState {
  viewer: Viewer;
  client: string | undefined;
  /** The operations under way, by the id that the client gave each. */
  running: Map<string, { requestId: string; label: string }>;
  release(): void;
}
interface SocketExtra {
  socket: WebSocket;
  request: IncomingMessage;
  state?: SocketState;
  /** Nothing ran at the last check of an anonymous socket. */
  wasIdle?: boolean;
}

/** Serves graphql-ws at `/graphql` of an HTTP server. @returns a function that closes every socket */
export function mountSubscriptions(server: Server, options: SubscriptionOptions): () => Promise<void> {
  const { schema, documents, validated, log, isOriginAllowed, identify, makeContext } = options;
  const { onSessionEnd, liveSessions, onKeyEnd, liveKeys, auditUse, limits, blockOf, stalledMs, metrics } = options;
  const states = new Set<SocketState>();
  metrics?.sources.sockets(() => ({
    sockets: sockets.clients.size,
    operations: [...states].flatMap(({ running }) => [...running.values()].map(({ label }) => label)),
  }));
  const [openInAll, openOfBlock] = [makeOpenCount(limits.inAll), makeOpenCount(limits.perBlock)];
  const openOfSession = makeOpenCount(limits.perSession);
  const socketOptions: SocketOptions & { closeTimeout: number } = {
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    closeTimeout: CLOSE_WAIT_MS, // which the types of ws do not know yet
    handleProtocols: (offered) => (offered.has("graphql-transport-ws") ? "graphql-transport-ws" : false),
  };
  const sockets = new WebSocketServer(socketOptions);

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refuse = (status: string) => {
      // Node has stopped listening for errors here, and one that nobody hears ends the process.
      socket.on("error", () => {}).once("finish", () => socket.destroy());
      const later = status.startsWith("403") || status.startsWith("404") ? "" : "Retry-After: 5\r\n";
      socket.end(`HTTP/1.1 ${status}\r\n${later}Connection: close\r\nContent-Length: 0\r\n\r\n`);
    };
    if (request.url?.split("?")[0] !== "/graphql") refuse("404 Not Found");
    else if (!isOriginAllowed(request)) refuse("403 Forbidden");
    else {
      const release = openOfBlock.open(blockOf(request));
      if (!release) return refuse("429 Too Many Requests");
      const releaseAll = openInAll.open("all");
      socket.once("close", () => {
        release();
        releaseAll?.();
      });
      if (!releaseAll) return refuse("503 Service Unavailable");
      sockets.handleUpgrade(request, socket, head, (ws) => {
        serveSocket(protocol, { ws, connection: socket as Socket, extra: { socket: ws, request } }, { log, stalledMs });
      });
    }
  };

  const sessions = makeEndings({ onEnd: onSessionEnd, liveAmong: liveSessions, log });
  const keys = makeEndings({ onEnd: onKeyEnd, liveAmong: liveKeys, log });

  /** @returns what lets the socket go; null where its session has as many as it may */
  function ofSession(socket: WebSocket, sessionId: string): (() => void) | null {
    const uncount = openOfSession.open(sessionId);
    if (!uncount) return null;
    const release = sessions.watch(sessionId, () => socket.close(CloseCode.Forbidden, "Session ended"));
    return () => {
      release();
      uncount();
    };
  }

  /** Closes the socket of nobody in particular when nothing has run on it for a while. */
  function closeWhenIdle(extra: SocketExtra): () => void {
    const check = setInterval(() => {
      const isIdle = extra.state?.running.size === 0;
      if (isIdle && extra.wasIdle) extra.socket.close(NORMAL_CLOSURE, "Idle");
      extra.wasIdle = isIdle;
    }, IDLE_MS / 2);
    return () => clearInterval(check);
  }

  /** Closes an operator's socket when the token that it was opened with ends. */
  function closeWithToken(socket: WebSocket, expiresAt: Date): () => void {
    let timer: NodeJS.Timeout;
    const wait = () => {
      const leftMs = expiresAt.getTime() - Date.now();
      if (leftMs <= 0) socket.close(CloseCode.Forbidden, "Token expired");
      else timer = setTimeout(wait, Math.min(leftMs, MAX_TIMER_MS));
    };
    wait();
    return () => clearTimeout(timer);
  }

  /** @returns what lets the socket go; null where there are as many of its kind as may be */
  function claim(extra: SocketExtra, viewer: Viewer): (() => void) | null {
    const { socket } = extra;
    if (viewer.kind === "customer") return ofSession(socket, viewer.sessionId);
    const releases = [closeWhenIdle(extra)];
    if (viewer.kind === "operator") {
      const { expiresAt, keyId } = viewer;
      if (expiresAt) releases.push(closeWithToken(socket, expiresAt));
      if (keyId) releases.push(keys.watch(keyId, () => socket.close(CloseCode.Forbidden, "Key withdrawn")));
    }
    return () => {
      for (const release of releases) release();
    };
  }

  /** The document of a text, or what is wrong with it. */
  function validDocument(text: string): DocumentNode | GraphQLError[] {
    const key = documentKey(text);
    let document = validated.get(key);
    if (!document) {
      try {
        document = parse(text, { maxTokens: MAX_TOKENS });
      } catch (error) {
        return [withoutSuggestion(error as GraphQLError, "GRAPHQL_PARSE_FAILED")];
      }
      const overLimit = limitError(schema, document);
      const invalid = overLimit ? [overLimit] : validate(schema, document, specifiedRules, { maxErrors: MAX_ERRORS });
      if (invalid.length > 0) return invalid.map((error) => withoutSuggestion(error, "GRAPHQL_VALIDATION_FAILED"));
      validated.set(key, document);
    }
    const introspection = introspectionOf(document);
    return introspection.length > 0 ? [...introspection] : document;
  }

  const introspections = new WeakMap<DocumentNode, readonly GraphQLError[]>();
  /** Errors of a document that asks about the schema, which sockets do not answer. */
  function introspectionOf(document: DocumentNode): readonly GraphQLError[] {
    let errors = introspections.get(document);
    if (!errors) {
      const found = validate(schema, document, [NoSchemaIntrospectionCustomRule], { maxErrors: MAX_ERRORS });
      errors = found.map((error) => withoutSuggestion(error, "GRAPHQL_VALIDATION_FAILED"));
      introspections.set(document, errors);
    }
    return errors;
  }

  /** The document of an operation that may be run, or why it may not. */
  function admit(
    payload: SubscribePayload & { documentId?: unknown },
    { viewer, charge }: Context,
  ): DocumentNode | GraphQLError[] {
    const { query, documentId, extensions, variables, operationName } = payload;
    const tooMany = charge(OPERATION_COST);
    if (tooMany) return [tooMany];
    const admitted = documents.admit({ query, documentId, extensions }, viewer);
    if (admitted instanceof GraphQLError) return [admitted];
    if (admitted.hash) return [refusal("PERSISTED_QUERY_NOT_FOUND", "No document has this id. Send its text.")];
    const document = validDocument(admitted.text ?? "");
    if (Array.isArray(document)) return document;
    const operation = getOperationAST(document, operationName);
    if (!operation) return [refusal("BAD_USER_INPUT", "Say which operation to run.")];
    if (operation.operation === "mutation") return [refusal("BAD_USER_INPUT", "Mutations are sent over HTTP.")];
    const cost = costOf({ schema, document, operationName, variables });
    if (typeof cost !== "number") return [cost];
    const tooMuch = charge(cost);
    return tooMuch ? [tooMuch] : document;
  }

  /** The error as the client may see it. What the client may not see is in the log, under the same id. */
  function show(error: GraphQLError, requestId: string | undefined): GraphQLError {
    const { error: shown, isUnexpected } = toPublic(error);
    if (isUnexpected) log.error({ err: error.originalError ?? error, requestId }, "Unexpected error in a subscription");
    shown.extensions["requestId"] = requestId;
    return shown;
  }

  const handlers: ServerOptions<Record<string, unknown>, SocketExtra> = {
    schema,
    execute,
    subscribe,
    connectionInitWaitTimeout: INIT_WAIT_MS,

    async onConnect({ connectionParams, extra }) {
      const { socket, request } = extra;
      const given = connectionParams?.["authorization"] ?? connectionParams?.["Authorization"] ?? undefined;
      if (given !== undefined && typeof given !== "string") return false;
      try {
        const viewer = await identify(given, request);
        // Closed in the meantime, it would never be released.
        if (!viewer || socket.readyState !== socket.OPEN) return false;
        const release = claim(extra, viewer);
        if (!release) {
          socket.close(TRY_AGAIN_LATER, "Too many sockets of this session");
          return false;
        }
        const headerOf = (name: string) => connectionParams?.[name] ?? request.headers[name];
        const state: SocketState = { viewer, client: clientName(headerOf), running: new Map(), release };
        extra.state = state;
        states.add(state);
        socket.once("close", () => states.delete(state));
        return true;
      } catch (error) {
        log.error({ err: error }, "A socket's credentials could not be checked");
        socket.close(TRY_AGAIN_LATER, "Try again later");
        return false;
      }
    },

    onDisconnect: ({ extra }) => extra.state?.release(),
    onClose: ({ extra }) => extra.state?.release(),

    onSubscribe({ extra }, id, payload) {
      const { state } = extra;
      if (!state) return [new GraphQLError("Not connected")];
      const contextValue = makeContext(state.viewer, extra.request);
      const { requestId } = contextValue;
      const refuse = (errors: readonly GraphQLError[]) => errors.map((error) => show(error, requestId));
      if (state.running.size >= MAX_SUBSCRIPTIONS) {
        return refuse([refusal("RATE_LIMITED", `At most ${MAX_SUBSCRIPTIONS} operations at once on one socket.`)]);
      }
      // graphql-ws would lose sight of the second as soon as the first has ended.
      if (state.running.has(id)) {
        return refuse([refusal("BAD_USER_INPUT", "The last operation of this id has not ended yet. Use a new id.")]);
      }
      try {
        const document = admit(payload, contextValue);
        if (Array.isArray(document)) return refuse(document);
        const { operationName, variables } = payload;
        state.running.set(id, { requestId, label: metrics?.operationLabel(operationName) ?? "" });
        const { type, ...named } = loggedOperation(
          getOperationAST(document, operationName),
          operationName,
          hashOf(document),
        );
        log.info(
          { requestId, viewer: state.viewer.kind, client: state.client, ...named },
          `${type} ${named.operation ?? ""} over a websocket`.replace("  ", " "),
        );
        const args = {
          schema,
          document,
          contextValue,
          ...(operationName && { operationName }),
          ...(variables && { variableValues: variables }),
        };
        const { viewer } = state;
        if (viewer.kind !== "operator") return args;
        return auditUse(viewer, { ...rootFields(document, operationName), requestId }).then(
          () => args,
          (error: Error) => {
            state.running.delete(id);
            return refuse([new GraphQLError("", { originalError: error })]);
          },
        );
      } catch (error) {
        return refuse([
          error instanceof GraphQLError ? error : new GraphQLError("", { originalError: error as Error }),
        ]);
      }
    },

    onError({ extra }, id, _payload, errors) {
      // Refused by onSubscribe, an error is shown already; else it broke off an operation under way.
      const isShown = (error: GraphQLError) => "requestId" in error.extensions;
      const { requestId } = extra.state?.running.get(id) ?? {};
      return errors.map((error) => (isShown(error) ? error : show(error, requestId)).toJSON());
    },
    onNext({ extra }, id, _payload, args, result) {
      metrics?.subscriptionEvent(extra.state?.running.get(id)?.label ?? "other");
      if (!result.errors) return undefined;
      const { requestId } = args.contextValue as Context;
      const errors = result.errors.map((error) => show(error, requestId).toJSON());
      return { ...result, errors } as FormattedExecutionResult;
    },
    onComplete: ({ extra }, id) => void extra.state?.running.delete(id),
  };

  const protocol = makeServer(handlers);
  server.on("upgrade", onUpgrade);
  return async () => {
    server.off("upgrade", onUpgrade);
    sessions.stop();
    keys.stop();
    for (const socket of sockets.clients) socket.close(SERVICE_RESTART, "Restarting");
    await new Promise<void>((resolve) => sockets.close(() => resolve()));
  };
}

function refusal(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, retryable: code === "RATE_LIMITED" } });
}

/** The same error under the code it has over HTTP, and without hints at what else the schema has. */
function withoutSuggestion(error: GraphQLError, code: string): GraphQLError {
  const { message } = error;
  const shown = withCode(error, code);
  shown.message = message.replace(/ ?Did you mean .+\?$/, "");
  return shown;
}
