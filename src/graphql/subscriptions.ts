import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { execute, type FormattedExecutionResult, GraphQLError } from "graphql";
import { CloseCode, makeServer, type ServerOptions } from "graphql-ws";
import { type ServerOptions as SocketOptions, type WebSocket, WebSocketServer } from "ws";
import type { AuditUse } from "../domain/operator-use.ts";
import type { Viewer } from "../domain/viewer.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { Logger } from "../platform/logger.ts";
import type { Context } from "./context.ts";
import { clientName, hashOf, loggedOperation } from "./logged-operation.ts";
import { type Operations, refusal } from "./operations.ts";
import { rootFields } from "./root-fields.ts";
import { serveSocket } from "./serve-socket.ts";
import type { ViewerEndings } from "./socket-endings.ts";
import type { OpenCounts } from "./socket-limits.ts";
import { subscribe } from "./subscribe.ts";
import { ROUTER_HEADER, type TrustedRouter } from "./trusted-router.ts";

const MAX_MESSAGE_BYTES = 64 * 1024;
const MAX_SUBSCRIPTIONS = 20;
const INIT_WAIT_MS = 3_000;
/** The time for a peer to confirm the closing of a socket. */
const CLOSE_WAIT_MS = 2_000;
/** The time for which an anonymous socket may be open without an operation. */
const IDLE_MS = 60_000;
const NORMAL_CLOSURE = 1000;
const SERVICE_RESTART = 1012;
const TRY_AGAIN_LATER = 1013;

export interface SubscriptionOptions {
  operations: Operations;
  trustedRouter: TrustedRouter;
  endings: ViewerEndings;
  metrics?: Metrics | undefined;
  log: Logger;
  isOriginAllowed(request: IncomingMessage): boolean;
  /** The viewer of a socket, from `connection_init`, the header or the cookie; null for invalid credentials. */
  identify(authorization: string | undefined, request: IncomingMessage): Promise<Viewer | null>;
  auditUse: AuditUse;
  makeContext(from: Pick<SocketState, "viewer" | "isRouter" | "acceptLanguage">, request: IncomingMessage): Context;
  open: OpenCounts;
  /** The network address, or block of addresses, for limits by address. */
  blockOf(request: IncomingMessage): string;
  /** See `serve-socket.ts`. */
  stalledMs?: number;
}

interface SocketState {
  viewer: Viewer;
  client: string | undefined;
  isRouter: boolean;
  /** From `connection_init`, or the header of the handshake. */
  acceptLanguage: string | undefined;
  /** The running operations, by the client's id of each. */
  running: Map<string, { requestId: string; label: string }>;
  release(): void;
}
interface SocketExtra {
  socket: WebSocket;
  request: IncomingMessage;
  /** Whether the handshake came from a trusted router; `connection_init` may also prove it. */
  isRouter: boolean;
  /** Stops counting the socket for its network address. */
  leaveBlock(): void;
  state?: SocketState;
  /** Whether no operation ran at the last check of an anonymous socket. */
  wasIdle?: boolean;
}

/** Serves graphql-ws at `/graphql` of an HTTP server. @returns a function that closes every socket */
export function mountSubscriptions(server: Server, options: SubscriptionOptions): () => Promise<void> {
  const { operations, trustedRouter, endings, log, isOriginAllowed, identify } = options;
  const { makeContext, auditUse, open, blockOf, stalledMs, metrics } = options;
  const { show } = operations;
  const states = new Set<SocketState>();
  metrics?.sources.open("websockets", () => ({
    count: sockets.clients.size,
    operations: [...states].flatMap(({ running }) => [...running.values()].map(({ label }) => label)),
  }));
  const socketOptions: SocketOptions & { closeTimeout: number } = {
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    closeTimeout: CLOSE_WAIT_MS, // missing in the types of ws
    handleProtocols: (offered) => (offered.has("graphql-transport-ws") ? "graphql-transport-ws" : false),
  };
  const sockets = new WebSocketServer(socketOptions);

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refuse = (status: string) => {
      // Node has removed its error listener here, and an error without a listener ends the process.
      socket.on("error", () => {}).once("finish", () => socket.destroy());
      const later = status.startsWith("403") || status.startsWith("404") ? "" : "Retry-After: 5\r\n";
      socket.end(`HTTP/1.1 ${status}\r\n${later}Connection: close\r\nContent-Length: 0\r\n\r\n`);
    };
    const secret = request.headers[ROUTER_HEADER];
    const isRouter = trustedRouter.is(secret);
    if (request.url?.split("?")[0] !== "/graphql") refuse("404 Not Found");
    else if (!isOriginAllowed(request)) refuse("403 Forbidden");
    else if (secret !== undefined && !isRouter) refuse("401 Unauthorized");
    else {
      const leaveBlock = isRouter ? () => {} : open.ofBlock.open(blockOf(request));
      if (!leaveBlock) return refuse("429 Too Many Requests");
      const releaseAll = open.inAll.open("all");
      socket.once("close", () => {
        leaveBlock();
        releaseAll?.();
      });
      if (!releaseAll) return refuse("503 Service Unavailable");
      sockets.handleUpgrade(request, socket, head, (ws) => {
        const extra = { socket: ws, request, isRouter, leaveBlock };
        serveSocket(protocol, { ws, connection: socket as Socket, extra }, { log, stalledMs });
      });
    }
  };

  /** Closes an anonymous socket after a time without an operation. */
  function closeWhenIdle(extra: SocketExtra): () => void {
    const check = setInterval(() => {
      const isIdle = extra.state?.running.size === 0;
      if (isIdle && extra.wasIdle) extra.socket.close(NORMAL_CLOSURE, "Idle");
      extra.wasIdle = isIdle;
    }, IDLE_MS / 2);
    return () => clearInterval(check);
  }

  /** @returns a function that releases the socket's place; null at the limit */
  function claim(extra: SocketExtra, viewer: Viewer): (() => void) | null {
    const { socket } = extra;
    const leave = viewer.kind === "customer" ? open.ofSession.open(viewer.sessionId) : closeWhenIdle(extra);
    if (!leave) return null;
    const unwatch = endings.watch(viewer, (reason) => socket.close(CloseCode.Forbidden, reason));
    return () => {
      unwatch();
      leave();
    };
  }

  const handlers: ServerOptions<Record<string, unknown>, SocketExtra> = {
    execute,
    subscribe,
    connectionInitWaitTimeout: INIT_WAIT_MS,

    async onConnect({ connectionParams, extra }) {
      const { socket, request } = extra;
      const given = connectionParams?.["authorization"] ?? connectionParams?.["Authorization"] ?? undefined;
      if (given !== undefined && typeof given !== "string") return false;
      const secret = connectionParams?.[ROUTER_HEADER] ?? undefined;
      const isRouter = extra.isRouter || trustedRouter.is(secret);
      if (secret !== undefined && !isRouter) return false;
      if (isRouter) extra.leaveBlock();
      try {
        // Routers write an empty text for a header that their client has not sent.
        const viewer = await identify(isRouter ? given || undefined : given, request);
        // A socket that closed during the sign-in would never be released.
        if (!viewer || socket.readyState !== socket.OPEN) return false;
        const release = claim(extra, viewer);
        if (!release) {
          socket.close(TRY_AGAIN_LATER, "Too many sockets of this session");
          return false;
        }
        const headerOf = (name: string) => connectionParams?.[name] ?? request.headers[name];
        const language = headerOf("accept-language");
        const acceptLanguage = typeof language === "string" ? language : undefined;
        const client = clientName(headerOf);
        const state: SocketState = { viewer, isRouter, client, acceptLanguage, running: new Map(), release };
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
      const contextValue = makeContext(state, extra.request);
      const { requestId } = contextValue;
      const refuse = (errors: readonly GraphQLError[]) => errors.map((error) => show(error, requestId));
      if (state.running.size >= MAX_SUBSCRIPTIONS) {
        return refuse([refusal("RATE_LIMITED", `At most ${MAX_SUBSCRIPTIONS} operations at once on one socket.`)]);
      }
      // graphql-ws would lose track of the second operation once the first has ended.
      if (state.running.has(id)) {
        return refuse([refusal("BAD_USER_INPUT", "The last operation of this id has not ended yet. Use a new id.")]);
      }
      try {
        const admitted = operations.admit(payload, contextValue);
        if (Array.isArray(admitted)) return refuse(admitted);
        const { schema, document, operation } = admitted;
        const { operationName, variables } = payload;
        state.running.set(id, { requestId, label: metrics?.operationLabel(operationName) ?? "" });
        const { type, ...named } = loggedOperation(operation, operationName, hashOf(document));
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
      // A refusal by onSubscribe is already in its public form; any other error interrupted a running operation.
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
    for (const socket of sockets.clients) socket.close(SERVICE_RESTART, "Restarting");
    await new Promise<void>((resolve) => sockets.close(() => resolve()));
  };
}
