import type { IncomingMessage, Server } from "node:http";
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
import { CloseCode, type ServerOptions, type SubscribePayload } from "graphql-ws";
import { type Extra, useServer } from "graphql-ws/use/ws";
import { type ServerOptions as SocketOptions, type WebSocket, WebSocketServer } from "ws";
import { sessionTopic } from "../auth/session.store.ts";
import type { Viewer } from "../auth/viewer.ts";
import type { Bus } from "../platform/events.ts";
import type { Logger } from "../platform/logger.ts";
import type { Context } from "./context.ts";
import { toPublic } from "./errors.ts";
import { costError, limitRules, MAX_TOKENS } from "./limits.ts";
import { subscribe } from "./subscribe.ts";
import type { DocumentGate } from "./trusted-documents.ts";

const MAX_MESSAGE_BYTES = 64 * 1024;
const MAX_SUBSCRIPTIONS = 20;
const INIT_WAIT_MS = 3_000;
const PING_MS = 25_000;
/** A notification can get lost: the sessions of all sockets are checked as often, by one read. */
const SESSION_CHECK_MS = 15_000;
/** How long a peer may take to agree that a socket is closed. */
const CLOSE_WAIT_MS = 2_000;
const SERVICE_RESTART = 1012;
const TRY_AGAIN_LATER = 1013;

export interface SubscriptionOptions {
  schema: GraphQLSchema;
  documents: DocumentGate;
  bus: Bus;
  log: Logger;
  isOriginAllowed(request: IncomingMessage): boolean;
  /** Whose socket it is, from `connection_init` or the cookie; null when credentials were given and are not good. */
  identify(authorization: string | undefined, request: IncomingMessage): Promise<Viewer | null>;
  /** @returns the ids of the sessions that are alive */
  liveSessions(sessionIds: readonly string[]): Promise<ReadonlySet<string>>;
  makeContext(viewer: Viewer, request: IncomingMessage): Context;
}

interface SocketState {
  viewer: Viewer;
  /** The operations under way: the id the client gave each, and the id of its request. */
  running: Map<string, string>;
  release(): void;
}
type SocketExtra = Extra & { state?: SocketState };

const rules = [...specifiedRules, ...limitRules, NoSchemaIntrospectionCustomRule];

/** Serves graphql-ws at `/graphql` of an HTTP server. @returns a function that closes every socket */
export function mountSubscriptions(server: Server, options: SubscriptionOptions): () => Promise<void> {
  const { schema, documents, bus, log, isOriginAllowed, identify, liveSessions, makeContext } = options;
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
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    };
    if (request.url?.split("?")[0] !== "/graphql") refuse("404 Not Found");
    else if (!isOriginAllowed(request)) refuse("403 Forbidden");
    else sockets.handleUpgrade(request, socket, head, (upgraded) => sockets.emit("connection", upgraded, request));
  };
  server.on("upgrade", onUpgrade);

  /** The functions that close the sockets of a session. */
  const closersBySession = new Map<string, Set<() => void>>();

  async function checkSessions(sessionIds: readonly string[]): Promise<void> {
    if (sessionIds.length === 0) return;
    try {
      const live = await liveSessions(sessionIds);
      for (const id of sessionIds) if (!live.has(id)) for (const close of closersBySession.get(id) ?? []) close();
    } catch (error) {
      log.warn({ err: error }, "The sessions of sockets could not be checked");
    }
  }
  let sessionCheck: NodeJS.Timeout | undefined;

  /** Closes the socket when the session behind it ends. */
  function endWithSession(socket: WebSocket, sessionId: string): () => void {
    const close = () => socket.close(CloseCode.Forbidden, "Session ended");
    const closers = closersBySession.get(sessionId) ?? new Set();
    closersBySession.set(sessionId, closers.add(close));
    sessionCheck ??= setInterval(() => checkSessions([...closersBySession.keys()]), SESSION_CHECK_MS);
    const off = bus.on(sessionTopic(sessionId), close);
    void checkSessions([sessionId]); // it may have ended before the bus was listened to
    return () => {
      off();
      closers.delete(close);
      if (closers.size === 0 && closersBySession.get(sessionId) === closers) closersBySession.delete(sessionId);
      if (closersBySession.size > 0) return;
      clearInterval(sessionCheck);
      sessionCheck = undefined;
    };
  }

  /** The document of an operation that may be run, or why it may not. */
  function admit(payload: SubscribePayload & { documentId?: unknown }, viewer: Viewer): DocumentNode | GraphQLError[] {
    const { query, documentId, extensions, variables, operationName } = payload;
    const admitted = documents.admit({ query, documentId, extensions }, viewer);
    if (admitted instanceof GraphQLError) return [admitted];
    if (admitted.hash) return [refusal("PERSISTED_QUERY_NOT_FOUND", "No document has this id. Send its text.")];
    let document: DocumentNode;
    try {
      document = parse(admitted.text ?? "", { maxTokens: MAX_TOKENS });
    } catch (error) {
      return [withCode(error as GraphQLError, "GRAPHQL_PARSE_FAILED")];
    }
    const invalid = validate(schema, document, rules);
    if (invalid.length > 0) return invalid.map((error) => withCode(error, "GRAPHQL_VALIDATION_FAILED"));
    const operation = getOperationAST(document, operationName);
    if (!operation) return [refusal("BAD_USER_INPUT", "Say which operation to run.")];
    if (operation.operation === "mutation") return [refusal("BAD_USER_INPUT", "Mutations are sent over HTTP.")];
    const cost = costError({ schema, document, operationName, variables });
    return cost ? [cost] : document;
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
        const release = viewer.kind === "customer" ? endWithSession(socket, viewer.sessionId) : () => {};
        extra.state = { viewer, running: new Map(), release };
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
        const document = admit(payload, state.viewer);
        if (Array.isArray(document)) return refuse(document);
        const { operationName, variables } = payload;
        state.running.set(id, requestId);
        return {
          schema,
          document,
          contextValue,
          ...(operationName && { operationName }),
          ...(variables && { variableValues: variables }),
        };
      } catch (error) {
        return refuse([
          error instanceof GraphQLError ? error : new GraphQLError("", { originalError: error as Error }),
        ]);
      }
    },

    onError({ extra }, id, _payload, errors) {
      // Refused by onSubscribe, an error is shown already; else it broke off an operation under way.
      const isShown = (error: GraphQLError) => "requestId" in error.extensions;
      return errors.map((error) => (isShown(error) ? error : show(error, extra.state?.running.get(id))).toJSON());
    },
    onNext(_context, _id, _payload, args, result) {
      if (!result.errors) return undefined;
      const { requestId } = args.contextValue as Context;
      const errors = result.errors.map((error) => show(error, requestId).toJSON());
      return { ...result, errors } as FormattedExecutionResult;
    },
    onComplete: ({ extra }, id) => void extra.state?.running.delete(id),
  };

  // `isProd`: what went wrong inside is not told in the reason for closing.
  const served = useServer({ ...handlers, isProd: true }, sockets, PING_MS);
  sockets.on("connection", (socket) => {
    // graphql-ws prints to the console what is only a peer that broke the rules, and for which ws closes the socket.
    socket.removeAllListeners("error").on("error", (error) => log.debug({ err: error }, "A socket broke the rules"));
  });
  return async () => {
    server.off("upgrade", onUpgrade);
    clearInterval(sessionCheck);
    for (const socket of sockets.clients) socket.close(SERVICE_RESTART, "Restarting");
    await served.dispose();
  };
}

function refusal(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, retryable: code === "RATE_LIMITED" } });
}

/** The same error under the code it has over HTTP, and without hints at what else the schema has. */
function withCode({ message, source, positions, nodes }: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(message.replace(/ ?Did you mean .+\?$/, ""), {
    source: source ?? null,
    positions: positions ?? null,
    nodes: nodes ?? null,
    extensions: { code },
  });
}
