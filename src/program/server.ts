import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import fastifyCookie from "@fastify/cookie";
import fastifyCors from "@fastify/cors";
import proxyAddr from "@fastify/proxy-addr";
import Fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import type { GraphQLSchema } from "graphql";
import {
  addressBlock,
  bearerToken,
  isOfConsole,
  makeCookieNames,
  mountConsoleSignIn,
  mountDevelopmentSignIn,
  mountJwks,
  sessionCookies,
} from "../auth/index.ts";
import { mountPictures, mountRewardImages } from "../catalog/index.ts";
import type { Config } from "../config/config.ts";
import type { Context } from "../context.ts";
import { anonymous, type Viewer } from "../domain/viewer.ts";
import { mountDraws } from "../draws/index.ts";
import type { Features } from "../features.ts";
import type { CompiledOptions } from "../graphql/compiled.ts";
import type { SessionCookies } from "../graphql/context.ts";
import { makeDocumentSenders } from "../graphql/document-sender.ts";
import { makeEventStreams } from "../graphql/event-streams.ts";
import { mountGraphql } from "../graphql/http.ts";
import { readLanguages } from "../graphql/languages.ts";
import { makeOperations } from "../graphql/operations.ts";
import { makeOriginCheck } from "../graphql/origins.ts";
import { makeRateLimits, OPERATION_COST } from "../graphql/rate-limits.ts";
import { makeEndings, makeViewerEndings } from "../graphql/socket-endings.ts";
import { makeOpenCounts } from "../graphql/socket-limits.ts";
import { mountSubscriptions } from "../graphql/subscriptions.ts";
import type { DocumentGate } from "../graphql/trusted-documents.ts";
import { makeTrustedRouter, ROUTER_HEADER } from "../graphql/trusted-router.ts";
import { acceptsHtml, errorPage, errorPageHeaders, sendError } from "../http/error-page.ts";
import { mountGraphiqlSettings } from "../http/graphiql-settings.ts";
import { type CheckReady, makeHealth, mountHealth } from "../http/health.ts";
import { originOf } from "../http/origin.ts";
import { mountPages } from "../http/pages.ts";
import { mountRewardProcessor } from "../intake/index.ts";
import type { Metrics } from "../observability/metrics.ts";
import { mountWebhooks } from "../order/index.ts";
import { databaseFailure } from "../platform/database-failure.ts";
import { Busy } from "../platform/lanes.ts";
import type { Logger } from "../platform/logger.ts";
import { explainListenError } from "../platform/port.ts";
import { activeSpan, inSpan, isTracing } from "../platform/tracing.ts";
import { mountRest } from "../rest/index.ts";
import { gatewayListens } from "./check-ports.ts";

const BODY_LIMIT_BYTES = 1024 * 1024;
/**
 * The idle timeout of connections. A load balancer keeps its connections for up to 60 s, and a shorter timeout here
 * would close one just as it sends a request; anonymous clients get a shorter timeout.
 */
const KEEP_ALIVE_MS = { behindProxy: 72_000, else: 5_000 };
const MAX_SOCKETS = 5_000;

/** The limits of HTTP connections, against slow or silent peers. Times are in milliseconds. */
export interface ConnectionLimits {
  /** The maximum number of connections, including sockets. */
  most: number;
  /** For the header of a request, from its first byte or the beginning of the connection. */
  headersMs: number;
  /** For a whole request. */
  requestMs: number;
  /** The interval for checking both. */
  checkEveryMs: number;
}
const connectionLimits: ConnectionLimits = {
  most: 2 * MAX_SOCKETS,
  headersMs: 10_000,
  requestMs: 30_000,
  checkEveryMs: 5_000,
};
const DRAIN_MS = 5_000;
/** The cost of a sign-in to the console, in the unit of the rate limits. */
const SIGN_IN_COST = 100;
/** How long browsers enforce TLS for this host: a year. They ignore the header without TLS. */
const HSTS_SECONDS = 31_536_000;
const ENCODING_REFUSED = "A Content-Encoding is not supported: send the body as it is, without compression.";
const UNREADABLE_ADDRESS =
  "The address is not valid: each % must be followed by two hexadecimal digits, and the bytes must be UTF-8.";

export interface ServerParts {
  /** The public schema, and the schema for trusted routers. */
  schemas: { public: GraphQLSchema; router: GraphQLSchema };
  documents: DocumentGate;
  features: Features;
  /** The origin of the sandbox that this process started. */
  sandboxUrl: string | undefined;
  checkReady: CheckReady;
  compiled?: CompiledOptions | undefined;
}

export interface Server {
  url: string;
  port: number;
  /** Starts answering. Until then every request is answered with "try again". */
  open(parts: ServerParts): Promise<void>;
  /**
   * Reports at `/readyz` that it stops, serves for another `delayMs`, so that the load balancer notices, then closes
   * the port and every socket and waits for the requests in flight.
   */
  close(options: { delayMs: number }): Promise<void>;
}

/**
 * Takes the port at once and answers later: the port distinguishes this process from others on the machine.
 *
 * @throws SetupError naming PORT or HOST if it cannot listen
 */
export async function startServer({
  config,
  keepAliveMs = config.trustProxy ? KEEP_ALIVE_MS.behindProxy : KEEP_ALIVE_MS.else,
  metrics,
  log,
  connections = connectionLimits,
}: {
  config: Config;
  keepAliveMs?: number | undefined;
  metrics?: Metrics | undefined;
  log: Logger;
  connections?: ConnectionLimits | undefined;
}): Promise<Server> {
  const overTls = config.isProduction ? { "strict-transport-security": `max-age=${HSTS_SECONDS}` } : {};
  const retryLater: RequestListener = ({ headers }, response) => {
    const later = { ...overTls, "retry-after": "1", "cache-control": "no-store", vary: "Accept", connection: "close" };
    if (acceptsHtml(headers)) {
      response.writeHead(503, { ...later, ...errorPageHeaders, refresh: "2" });
      response.end(errorPage(503, "The server is starting or stopping. This page reloads by itself."));
    } else {
      response.writeHead(503, { ...later, "content-type": "application/json" });
      response.end('{"status":"starting or stopping"}\n');
    }
  };
  const commonHeaders = ({ id }: FastifyRequest) => ({
    ...overTls,
    "x-request-id": id,
    "x-content-type-options": "nosniff",
  });
  let answer = retryLater;
  const http = createServer(
    {
      requestTimeout: connections.requestMs,
      headersTimeout: connections.headersMs,
      connectionsCheckingInterval: connections.checkEveryMs,
      keepAliveTimeout: keepAliveMs,
    },
    (request, response) => answer(request, response),
  );
  http.maxConnections = connections.most;
  try {
    http.listen(config.port, config.host);
    await once(http, "listening");
  } catch (error) {
    throw explainListenError(error, gatewayListens(config));
  }
  const { port } = http.address() as AddressInfo;

  let isExplained = false;
  function explainOtherScheme(origin: string): void {
    if (isExplained) return;
    isExplained = true;
    log.warn(
      { origin },
      "A page of this host is not signed in by cookies, because its scheme is not the one that the request came by. Set PUBLIC_ORIGIN to the page's origin, or TRUST_PROXY to the proxy that sends X-Forwarded-Proto",
    );
  }

  const health = makeHealth();
  const stopping = new AbortController();
  const closers: (() => Promise<void>)[] = [];

  return {
    url: originOf(config.host, port),
    port,

    async open({ schemas, documents, features, sandboxUrl, checkReady, compiled }) {
      const fastify = Fastify({
        logger: false,
        trustProxy: config.trustProxy,
        bodyLimit: BODY_LIMIT_BYTES,
        genReqId: requestIdOf,
        frameworkErrors: ({ statusCode = 400 }, request, reply) => {
          reply.headers(commonHeaders(request)); // hooks do not run for these errors
          sendError(request, reply, statusCode, statusCode === 414 ? "The address is too long." : UNREADABLE_ADDRESS);
        },
      });
      const { makeLoaders, auth, audit, catalog, order, draws, intake } = features;
      const { identify, sessions, operatorSessions } = auth;
      const isSecure = config.isProduction;
      const trusted = proxyAddr.compile(config.trustProxy || []);
      const origins = {
        publicOrigin: config.publicOrigin,
        isSecure,
        isTrustedProxy: (address: string) => trusted(address, 0),
        onOtherScheme: explainOtherScheme,
      };
      const mayUseCookies = makeOriginCheck({ ...origins, allowedOrigins: config.allowedOrigins });
      const isOwnPage = makeOriginCheck({ ...origins, allowedOrigins: [] });
      const cookieNames = makeCookieNames(isSecure);
      const viewerOf = (authorization: string | undefined, accessCookie: string | undefined) =>
        identify(authorization === undefined ? accessCookie : bearerToken(authorization));
      /**
       * The operator of the console's cookie, for a request that declares itself the console's and comes from its page.
       */
      const viewerOfConsole = async (request: IncomingMessage, cookie: string | undefined): Promise<Viewer> => {
        const site = request.headers["sec-fetch-site"] ?? "same-origin";
        if (!cookie || site !== "same-origin" || !isOwnPage(request)) return anonymous;
        return (await operatorSessions.live(cookie)) ?? anonymous;
      };

      fastify.addHook("onRequest", async (request, reply) => {
        reply.headers(commonHeaders(request));
        const encoding = request.headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
        if (encoding === "" || encoding === "identity") return;
        reply.header("accept-encoding", "identity");
        return sendError(request, reply, 415, ENCODING_REFUSED);
      });
      if (metrics) {
        fastify.addHook("onResponse", async ({ method, routeOptions }, reply) => {
          const { statusCode: status, elapsedTime } = reply;
          metrics.httpRequest({ route: routeOptions.url ?? "none", method, status, seconds: elapsedTime / 1_000 });
        });
      }
      if (isTracing()) {
        fastify.addHook("onRequest", async ({ id, method, routeOptions }) => {
          const span = activeSpan();
          span.rename(`${method} ${routeOptions.url ?? "none"}`);
          span.set({ "http.route": routeOptions.url, "request.id": id });
        });
      }
      // Static files set their own caching; other answers must not be cached.
      fastify.addHook("onSend", async (_, reply, payload) => {
        if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
        return payload;
      });
      fastify.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
        // A client that disconnects during its body causes the same error codes as a lost database connection.
        const failure = (error.statusCode ?? 500) < 500 ? null : databaseFailure(error);
        const isLater = failure !== null || error instanceof Busy;
        const status = isLater ? 503 : (error.statusCode ?? 500);
        if (status >= 500) log.error({ err: error, requestId: request.id }, "Unexpected error");
        if (isLater) return sendError(request, reply.header("retry-after", "1"), status, "Try again in a moment.");
        return sendError(request, reply, status, status >= 500 ? "Something went wrong on our side." : error.message);
      });
      await fastify.register(fastifyCookie);
      if (config.allowedOrigins.length > 0) {
        await fastify.register(fastifyCors, { origin: config.allowedOrigins, credentials: true, maxAge: 600 });
      }
      mountHealth(fastify, health, checkReady);
      mountJwks(fastify, auth.signingKeys);
      const signInPathOf = mountDevelopmentSignIn(fastify, config, sandboxUrl);
      mountPages(fastify, {
        isProduction: config.isProduction,
        signInPathOf,
        publicOrigin: config.publicOrigin,
        brand: features.brand,
      });
      if (!config.isProduction) mountGraphiqlSettings(fastify, { sandboxUrl, signInPathOf });
      mountRewardImages(fastify, catalog);
      mountPictures(fastify, { read: catalog.readPicture, log });
      if (order.receiveReport) mountWebhooks(fastify, order.receiveReport);
      mountDraws(fastify, draws.publishDraw);
      mountRewardProcessor(fastify, {
        identify: ({ headers }) => identify(bearerToken(headers.authorization)),
        process: intake.processReward,
        auditUse: audit.auditUse,
        log,
      });

      const contextOf = (
        viewer: Viewer,
        {
          cache,
          acceptLanguage,
          ...from
        }: Pick<Context, "requestId" | "isRouter" | "address" | "userAgent" | "cookies" | "charge"> & {
          acceptLanguage: string | undefined;
          cache: boolean;
        },
      ): Context => {
        const loadersOf = (whose: Viewer) =>
          makeLoaders({ viewer: whose, requestId: from.requestId, options: { cache } });
        const facts = { ...from, viewer, loaders: loadersOf(viewer), makeLoaders: loadersOf, signal: stopping.signal };
        return new OperationContext(facts, acceptLanguage, config.programLanguage) as unknown as Context;
      };

      const senders = makeDocumentSenders(schemas);
      const trustedRouter = makeTrustedRouter(config.routerSecrets);
      const { costPerMinute } = config;
      const rateLimits = makeRateLimits(costPerMinute);
      /** A trusted router may forward the client's address from any network. */
      const addressOf = (request: IncomingMessage, isRouter: boolean) =>
        proxyAddr(request, (address, distance) => (isRouter && distance === 0) || trusted(address, distance));
      const operations = makeOperations({ documents, senders, log });
      const sessionEnds = makeEndings({ onEnd: sessions.onEnd, liveAmong: sessions.liveAmong, log });
      const { onEnd: onKeyEnd, liveAmong: liveKeys } = auth.operatorKeys;
      const keyEnds = makeEndings({ onEnd: onKeyEnd, liveAmong: liveKeys, log });
      const operatorSessionEnds = makeEndings({
        onEnd: operatorSessions.onEnd,
        liveAmong: operatorSessions.liveAmong,
        log,
      });
      const endings = makeViewerEndings({
        sessions: sessionEnds,
        keys: keyEnds,
        operatorSessions: operatorSessionEnds,
      });
      const open = makeOpenCounts({
        perSession: config.socketsPerSession,
        perBlock: config.socketsPerAddress,
        inAll: MAX_SOCKETS,
      });
      const viewerOfRequest = ({ raw, headers, cookies }: FastifyRequest) =>
        isOfConsole(raw) && headers.authorization === undefined
          ? viewerOfConsole(raw, cookies[cookieNames.operator])
          : viewerOf(headers.authorization, mayUseCookies(raw) ? cookies[cookieNames.access] : undefined);
      const contextOfStream = (
        {
          viewer,
          isRouter,
          acceptLanguage,
        }: Pick<Context, "viewer" | "isRouter"> & { acceptLanguage?: string | undefined },
        requestId: string,
        request: IncomingMessage,
      ) => {
        const address = addressOf(request, isRouter);
        const block = addressBlock(address);
        const charge = (cost: number) => rateLimits.charge({ viewer, block, isRouter }, cost).error;
        const userAgent = request.headers["user-agent"];
        const from = { charge, requestId, isRouter, address, userAgent, acceptLanguage, cookies: noCookies };
        return contextOf(viewer, { ...from, cache: false });
      };
      mountConsoleSignIn(fastify, {
        isSecure,
        identify,
        operatorTokens: config.operatorTokens,
        sessions: operatorSessions,
        accounts: auth.operatorAccounts,
        signInByPassword: auth.signInByPassword,
        passkeys: auth.passkeys,
        oidc: auth.oidcSignIn,
        publicOrigin: config.publicOrigin,
        isOwnPage,
        isDevelopment: (request) => signInPathOf(request) !== undefined,
        addressOf: ({ raw }) => addressOf(raw, false),
        charge: ({ raw }) =>
          rateLimits.charge({ viewer: anonymous, block: addressBlock(addressOf(raw, false)) }, SIGN_IN_COST).error,
      });
      const streams = makeEventStreams({
        operations,
        endings,
        open,
        auditUse: audit.auditUse,
        metrics,
        log,
        blockOf: ({ raw }) => addressBlock(addressOf(raw, false)),
        async makeContext(request) {
          trustedRouter.check(request.headers);
          const isRouter = trustedRouter.is(request.headers[ROUTER_HEADER]);
          const viewer = await viewerOfRequest(request);
          const acceptLanguage = request.headers["accept-language"];
          return contextOfStream({ viewer, isRouter, acceptLanguage }, request.id, request.raw);
        },
      });
      mountRest(fastify, {
        rest: features.rest,
        identify: ({ headers }) => identify(bearerToken(headers.authorization)),
        charge(request, reply, viewer, cost) {
          const block = addressBlock(addressOf(request.raw, false));
          const { error, headers } = rateLimits.charge({ viewer, block }, cost);
          reply.headers(headers);
          return error;
        },
        signal: stopping.signal,
      });
      const stopGraphql = await mountGraphql(fastify, {
        documents,
        senders,
        trustedRouter,
        streams,
        compiled,
        isProduction: config.isProduction,
        metrics,
        log,
        auditUse: audit.auditUse,
        async makeContext(request: FastifyRequest, reply: FastifyReply) {
          trustedRouter.check(request.headers);
          const isRouter = trustedRouter.is(request.headers[ROUTER_HEADER]);
          const viewer = await viewerOfRequest(request);
          const address = addressOf(request.raw, isRouter);
          const block = addressBlock(address);
          const charge = (cost: number) => {
            const { error, headers } = rateLimits.charge({ viewer, block, isRouter }, cost);
            reply.headers(headers);
            return error;
          };
          const tooMany = charge(OPERATION_COST);
          if (tooMany) throw tooMany;
          return contextOf(viewer, {
            charge,
            requestId: request.id,
            isRouter,
            address,
            userAgent: request.headers["user-agent"],
            acceptLanguage: request.headers["accept-language"],
            cookies:
              !isOfConsole(request.raw) && mayUseCookies(request.raw)
                ? sessionCookies(request, reply, isSecure)
                : noCookies,
            cache: true,
          });
        },
      });
      const stopSubscriptions = mountSubscriptions(http, {
        operations,
        trustedRouter,
        endings,
        metrics,
        log,
        isOriginAllowed: mayUseCookies,
        async identify(inMessage, request) {
          const authorization = inMessage ?? request.headers.authorization;
          const cookies = fastify.parseCookie(request.headers.cookie ?? "");
          if (isOfConsole(request) && authorization === undefined) {
            const operator = await viewerOfConsole(request, cookies[cookieNames.operator]);
            return operator.kind === "operator" ? operator : null;
          }
          const viewer = await viewerOf(authorization, cookies[cookieNames.access]);
          const hasInvalidToken = authorization !== undefined && viewer.kind === "anonymous";
          return hasInvalidToken ? null : viewer;
        },
        auditUse: audit.auditUse,
        open,
        blockOf: (request) => addressBlock(addressOf(request, false)),
        makeContext: (from, request) => contextOfStream(from, requestIdOf(request), request),
      });
      const stopStreams = async () => {
        streams.close(); // before the abort: an aborted subscription would mark its stream as complete
        await stopSubscriptions();
        sessionEnds.stop();
        keyEnds.stop();
        operatorSessionEnds.stop();
      };
      closers.push(stopStreams, stopGraphql, () => fastify.close());
      await fastify.ready();
      answer = isTracing() ? traced : (request, response) => fastify.routing(request, response);

      function traced(request: IncomingMessage, response: ServerResponse): void {
        const { method = "", headers, url = "" } = request;
        if (url === "/healthz" || url === "/readyz") {
          fastify.routing(request, response);
          return;
        }
        const { traceparent } = headers;
        const options = {
          name: method,
          kind: "server" as const,
          parent: typeof traceparent === "string" ? traceparent : null,
          isForeign: !trusted(request.socket.remoteAddress ?? "", 0),
          mayBegin: true,
        };
        void inSpan(options, async (span) => {
          const closed = new Promise<void>((resolve) => response.once("close", resolve));
          fastify.routing(request, response);
          await closed;
          const { statusCode } = response;
          span.set({ "http.request.method": method, "http.response.status_code": statusCode });
          if (statusCode >= 500) span.fail(`HTTP ${statusCode}`);
        });
      }
    },

    async close({ delayMs }) {
      if (health.isStopping) return;
      health.isStopping = true;
      await delay(delayMs);
      const closed = once(http, "close");
      http.close();
      answer = retryLater;
      stopping.abort();
      const drained = setTimeout(() => http.closeAllConnections(), DRAIN_MS);
      for (const close of closers) await close();
      await closed;
      clearTimeout(drained);
    },
  };
}

/** Apollo copies the fields of a context for each operation, and would read a getter among them: this one is the prototype's. */
class OperationContext {
  readonly acceptLanguage: string | undefined;
  readonly programLanguage: string;
  readLanguages: Context["languages"] | undefined;

  constructor(facts: Omit<Context, "languages">, acceptLanguage: string | undefined, programLanguage: string) {
    Object.assign(this, facts);
    this.acceptLanguage = acceptLanguage;
    this.programLanguage = programLanguage;
  }

  get languages(): Context["languages"] {
    this.readLanguages ??= readLanguages(this.acceptLanguage, this.programLanguage);
    return this.readLanguages;
  }
}

const noCookies: SessionCookies = {
  refreshToken: undefined,
  deviceId: undefined,
  nextDeviceId: undefined,
  set() {},
  clear() {},
};

/** The client's own request id if it is harmless, else a new one. */
function requestIdOf(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
}
