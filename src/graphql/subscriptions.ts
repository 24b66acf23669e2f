import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import {
  execute,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  parse,
  specifiedRules,
  subscribe,
  validate,
} from "graphql";
import { CloseCode, type ServerOptions } from "graphql-ws";
import { type Extra, useServer } from "graphql-ws/use/ws";
import { type WebSocket, WebSocketServer } from "ws";
import { sessionTopic } from "../auth/session.store.ts";
import type { Viewer } from "../auth/viewer.ts";
import type { Bus } from "../platform/events.ts";
import type { Logger } from "../platform/logger.ts";
import type { Context } from "./context.ts";
import { toPublic } from "./errors.ts";
import { costError, limitRules, MAX_TOKENS } from "./limits.ts";

const MAX_MESSAGE_BYTES = 64 * 1024;
const MAX_SUBSCRIPTIONS = 20;
const INIT_WAIT_MS = 3_000;
const PING_MS = 15_000;
/** A lost ring is made up for by asking. */
const SESSION_CHECK_MS = 15_000;
const SERVICE_RESTART = 1012;

export interface SubscriptionOptions {
  schema: GraphQLSchema;
  bus: Bus;
  log: Logger;
  isOriginAllowed(request: IncomingMessage): boolean;
  /** Whose socket it is, from `connection_init` or the cookie; null when credentials were given and are not good. */
  identify(authorization: string | undefined, request: IncomingMessage): Promise<Viewer | null>;
  isSessionLive(sessionId: string): Promise<boolean>;
  makeContext(viewer: Viewer, request: IncomingMessage): Context;
}

interface SocketState {
  viewer: Viewer;
  operations: number;
  release(): void;
}
type SocketExtra = Extra & { state?: SocketState };

/** Serves graphql-ws at `/graphql` of an HTTP server. @returns a function that closes every socket */
export function mountSubscriptions(server: Server, options: SubscriptionOptions): () => Promise<void> {
  const { schema, bus, log, isOriginAllowed, identify, isSessionLive, makeContext } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has("graphql-transport-ws") ? "graphql-transport-ws" : false),
  });

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refuse = (status: string) =>
      void socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    if (request.url?.split("?")[0] !== "/graphql") refuse("404 Not Found");
    else if (!isOriginAllowed(request)) refuse("403 Forbidden");
    else sockets.handleUpgrade(request, socket, head, (upgraded) => sockets.emit("connection", upgraded, request));
  };
  server.on("upgrade", onUpgrade);

  /** Closes the socket when the session behind it ends. */
  function endWithSession(socket: WebSocket, sessionId: string): () => void {
    const close = () => socket.close(CloseCode.Forbidden, "Session ended");
    const off = bus.on(sessionTopic(sessionId), close);
    const timer = setInterval(() => {
      isSessionLive(sessionId).then(
        (isLive) => isLive || close(),
        (error: unknown) => log.warn({ err: error }, "A socket's session could not be checked"),
      );
    }, SESSION_CHECK_MS);
    return () => {
      off();
      clearInterval(timer);
    };
  }

  const handlers: ServerOptions<Record<string, unknown>, SocketExtra> = {
    schema,
    execute,
    subscribe,
    connectionInitWaitTimeout: INIT_WAIT_MS,

    async onConnect({ connectionParams, extra }) {
      const given = connectionParams?.["authorization"] ?? connectionParams?.["Authorization"];
      const viewer = await identify(typeof given === "string" ? given : undefined, extra.request);
      if (!viewer) return false;
      const release = viewer.kind === "customer" ? endWithSession(extra.socket, viewer.sessionId) : () => {};
      extra.state = { viewer, operations: 0, release };
      return true;
    },

    onDisconnect: ({ extra }) => extra.state?.release(),
    onClose: ({ extra }) => extra.state?.release(),

    onSubscribe({ extra }, _id, { query, variables, operationName }) {
      const { state } = extra;
      if (!state) return [new GraphQLError("Not connected")];
      if (state.operations >= MAX_SUBSCRIPTIONS) {
        return [refusal("RATE_LIMITED", `At most ${MAX_SUBSCRIPTIONS} operations at once on one socket.`)];
      }
      try {
        const document = parse(query, { maxTokens: MAX_TOKENS });
        const invalid = validate(schema, document, [...specifiedRules, ...limitRules]);
        if (invalid.length > 0) return invalid.map((error) => toPublic(error).error);
        const operation = getOperationAST(document, operationName);
        if (!operation) return [refusal("BAD_USER_INPUT", "Say which operation to run.")];
        if (operation.operation === "mutation") return [refusal("BAD_USER_INPUT", "Mutations are sent over HTTP.")];
        const cost = costError({ schema, document, operationName, variables });
        if (cost) return [cost];
        state.operations += 1;
        const contextValue = makeContext(state.viewer, extra.request);
        return {
          schema,
          document,
          contextValue,
          ...(operationName && { operationName }),
          ...(variables && { variableValues: variables }),
        };
      } catch (error) {
        if (error instanceof GraphQLError) return [toPublic(error).error];
        throw error;
      }
    },

    onError: (_context, _id, _payload, errors) => errors.map((error) => toPublic(error).error.toJSON()),
    onNext(_context, _id, _payload, args, result) {
      if (!result.errors) return undefined;
      const { requestId } = args.contextValue as Context;
      const errors = result.errors.map((error) => {
        const { error: shown, isUnexpected } = toPublic(error);
        if (isUnexpected)
          log.error({ err: error.originalError ?? error, requestId }, "Unexpected error in a subscription");
        return { ...shown.toJSON(), extensions: { ...shown.extensions, requestId } };
      });
      return { ...result, errors } as FormattedExecutionResult;
    },
    onComplete({ extra }) {
      if (extra.state) extra.state.operations -= 1;
    },
  };

  const served = useServer(handlers, sockets, PING_MS);
  return async () => {
    server.off("upgrade", onUpgrade);
    for (const socket of sockets.clients) socket.close(SERVICE_RESTART, "Restarting");
    await served.dispose();
  };
}

function refusal(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, retryable: code === "RATE_LIMITED" } });
}
