import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import {
  ApolloServer,
  type ApolloServerOptions,
  type ApolloServerPlugin,
  type GraphQLRequestContext,
  HeaderMap,
} from "@apollo/server";
import { unwrapResolverError } from "@apollo/server/errors";
import { ApolloServerPluginCacheControl } from "@apollo/server/plugin/cacheControl";
import { ApolloServerPluginInlineTraceDisabled } from "@apollo/server/plugin/disabled";
import { ApolloServerPluginInlineTrace } from "@apollo/server/plugin/inlineTrace";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type DocumentNode, GraphQLError, type GraphQLSchema, parse } from "graphql";
import type { AuditUse } from "../domain/operator-use.ts";
import { acceptsHtml, sendError } from "../http/error-page.ts";
import type { Metrics } from "../observability/metrics.ts";
import { databaseFailure } from "../platform/database-failure.ts";
import type { Logger } from "../platform/logger.ts";
import { inSpan } from "../platform/tracing.ts";
import { type CompiledOptions, type CompiledQueries, compiledExecution, makeCompiledQueries } from "./compiled.ts";
import { makeCompiledAnswers } from "./compiled-answers.ts";
import type { Context } from "./context.ts";
import type { DocumentCache } from "./document-cache.ts";
import type { DocumentSender, DocumentSenders } from "./document-sender.ts";
import { badUserInput, type ErrorCode, internalError, PublicError, serviceUnavailable, toPublic } from "./errors.ts";
import { type EventStreams, wantsStream } from "./event-streams.ts";
import { costOf, type DocumentLimits, limitError, MAX_ERRORS } from "./limits.ts";
import { shownName } from "./logged-operation.ts";
import { makeOperationRecords, type OperationRecords } from "./operation-records.ts";
import { rootFields } from "./root-fields.ts";
import type { DocumentGate } from "./trusted-documents.ts";
import { ROUTER_HEADER, type TrustedRouter } from "./trusted-router.ts";

export interface GraphqlHttpOptions {
  documents: DocumentGate;
  senders: DocumentSenders;
  trustedRouter: TrustedRouter;
  streams: EventStreams;
  compiled?: CompiledOptions | undefined;
  isProduction: boolean;
  metrics: Metrics | undefined;
  log: Logger;
  auditUse: AuditUse;
  makeContext(request: FastifyRequest, reply: FastifyReply): Promise<Context>;
}

/**
 * Serves GraphQL over HTTP at `/graphql`, and event streams also at `/graphql/stream`. @returns a function that stops
 * the GraphQL servers
 */
export async function mountGraphql(
  fastify: FastifyInstance,
  options: GraphqlHttpOptions,
): Promise<() => Promise<void>> {
  const { senders, trustedRouter, streams, isProduction, log, makeContext } = options;
  const records = makeOperationRecords(log, options.metrics);
  const open = async (sender: DocumentSender, traces: ApolloServerPlugin) => {
    const queries = makeCompiledQueries(sender.schema, options.compiled);
    const apollo = makeApollo(options, sender, { traces, queries, records });
    await apollo.start();
    return {
      answerCompiled: makeCompiledAnswers({ ...options, ...sender, queries, records }),
      answer: fastifyApolloHandler(apollo, { context: contextOf }),
      stop: () => apollo.stop(),
    };
  };
  const contexts = new WeakMap<FastifyRequest, Promise<Context>>();
  /** The context of a request, which the compiled path and Apollo share. */
  function contextOf(request: FastifyRequest, reply: FastifyReply): Promise<Context> {
    const context = contexts.get(request) ?? newContext(request, reply);
    contexts.set(request, context);
    return context;
  }
  const newContext = (request: FastifyRequest, reply: FastifyReply) =>
    makeContext(request, reply).catch((error: unknown) => {
      if (error instanceof PublicError) throw error;
      log.error({ err: error, requestId: request.id }, "Unexpected error");
      const failure = databaseFailure(error);
      if (!failure) throw internalError({ requestId: request.id });
      throw serviceUnavailable(failure, { requestId: request.id, http: { status: 503, headers: retryAfter } });
    });
  const forPublic = await open(senders.public, ApolloServerPluginInlineTraceDisabled());
  const forRouters = await open(senders.router, ApolloServerPluginInlineTrace());
  fastify.route({
    method: ["GET", "POST"],
    url: "/graphql",
    async onRequest(request, reply) {
      if (request.method !== "GET") return;
      if (!mayBeForged(request.headers)) request.headers[PREFLIGHTED] ??= "true";
      if (!acceptsHtml(request.headers)) return;
      if (!isProduction) return reply.redirect("/graphiql/");
      return sendError(request, reply, 400, "This address is for GraphQL requests, which are sent by POST.");
    },
    // Errors that Apollo finds before it has an operation reach no plugin.
    async onSend(request, reply, payload) {
      if (typeof payload !== "string") return payload;
      if (reply.statusCode >= 400) return withRequestId(payload, request.id);
      return String(reply.getHeader("cache-control")).endsWith("public") ? ifChanged(request, reply, payload) : payload;
    },
    handler(request, reply) {
      if (wantsStream(request)) return streams.answer(request, reply);
      const { answerCompiled, answer } = trustedRouter.is(request.headers[ROUTER_HEADER]) ? forRouters : forPublic;
      return inSpan({ name: "invalid operation" }, async () => {
        // Apollo meets the same error again, and reports it.
        const compiled = await answerCompiled(request, reply, () => contextOf(request, reply)).catch(() => null);
        return compiled ?? answer.call(fastify, request, reply);
      });
    },
  });
  fastify.route({ method: ["GET", "POST"], url: "/graphql/stream", handler: streams.answer });
  return async () => void (await Promise.all([forPublic.stop(), forRouters.stop()]));
}

function makeApollo(
  { documents, isProduction, log, auditUse }: GraphqlHttpOptions,
  { schema, limits, validated }: DocumentSender,
  { traces, queries, records }: { traces: ApolloServerPlugin; queries: CompiledQueries; records: OperationRecords },
): ApolloServer<Context> {
  return new ApolloServer<Context>({
    schema,
    introspection: !isProduction,
    hideSchemaDetailsFromClientErrors: isProduction,
    includeStacktraceInErrorResponses: false,
    stringifyResult: (result) => JSON.stringify(result), // Apollo appends a newline, which copies the whole text
    allowBatchedHttpRequests: false,
    // Another site's page can send these headers only after a preflight request.
    csrfPrevention: { requestHeaders: ["x-apollo-operation-name", PREFLIGHTED, "authorization", ROUTER_HEADER] },
    stopOnTerminationSignals: false, // the process handles signals itself, in its own order
    nodeEnv: isProduction ? "production" : "development",
    parseOptions: { maxTokens: limits.tokens },
    validationOptions: { maxErrors: MAX_ERRORS },
    documentStore: storeOf(validated),
    logger: { debug: () => {}, info: (m) => log.debug(m), warn: (m) => log.warn(m), error: (m) => log.error(m) },
    formatError(_, thrown) {
      const error = thrown instanceof GraphQLError ? thrown : new GraphQLError("", { originalError: thrown as Error });
      const shown = toPublic(error).error.toJSON();
      return isProduction ? { ...shown, message: withoutSuggestions(shown.message) } : shown;
    },
    plugins: [
      cachingOfPublicGets(),
      traces,
      noLandingPage,
      gate(documents),
      limitsBeforeRules(schema, limits),
      charging(schema, limits),
      auditing(auditUse),
      unlessWatched(compiledExecution(queries)),
      accounting(log, records),
      statusForPlainJson,
    ],
  });
}

/** Adds the request's id to each error without one. */
function withRequestId(payload: string, requestId: string): string {
  if (!payload.startsWith('{"errors":[') || payload.includes(`"requestId":"${requestId}"`)) return payload;
  const { errors, ...rest } = JSON.parse(payload) as { errors: { extensions?: object }[] };
  const named = errors.map((error) => ({ ...error, extensions: { ...error.extensions, requestId } }));
  return JSON.stringify({ errors: named, ...rest });
}

/** A header that proves a preflight: another site's page cannot send it without permission. */
const PREFLIGHTED = "apollo-require-preflight";

/** Whether another site's page may have sent this GET with the visitor's cookies. */
const mayBeForged = (headers: IncomingHttpHeaders) =>
  headers.cookie !== undefined && headers["sec-fetch-site"] !== "same-origin";

/** Lets caches store anonymous answers to GETs for the time of `@cacheControl`. */
function cachingOfPublicGets(): ApolloServerPlugin<Context> {
  const plugin: ApolloServerPlugin = ApolloServerPluginCacheControl({ calculateHttpHeaders: "if-cacheable" });
  return {
    ...plugin,
    async requestDidStart(requestContext) {
      return isPublicGet(requestContext) ? await plugin.requestDidStart?.(requestContext) : undefined;
    },
  };
}

const isPublicGet = ({ request, contextValue }: GraphQLRequestContext<Context>) =>
  request.http?.method === "GET" && contextValue.viewer.kind === "anonymous";

/** Enables a plugin that executes operations itself only if no other plugin needs to observe each field. */
function unlessWatched(plugin: ApolloServerPlugin<Context>): ApolloServerPlugin<Context> {
  return {
    ...plugin,
    async requestDidStart(requestContext) {
      const isTraced = requestContext.request.http?.headers.has("apollo-federation-include-trace");
      if (isTraced || isPublicGet(requestContext)) return;
      return await plugin.requestDidStart?.(requestContext);
    },
  };
}

/** The answer with its entity tag, or 304 if the client has the same. */
function ifChanged(request: FastifyRequest, reply: FastifyReply, payload: string): string | null {
  const tag = `"${createHash("sha256").update(payload).digest("base64url")}"`;
  const vary = [reply.getHeader("vary"), "Authorization", "Cookie", "Accept-Language"].filter(Boolean).join(", ");
  reply.headers({ etag: tag, vary }).removeHeader("ratelimit").removeHeader("ratelimit-policy");
  const known = request.headers["if-none-match"]?.split(",").map((each) => each.trim().replace(/^W\//, ""));
  if (!known?.includes(tag)) return payload;
  reply.code(304).removeHeader("content-length").removeHeader("content-type");
  return null;
}

const retryAfter = new HeaderMap([["retry-after", "1"]]);

const noLandingPage: ApolloServerPlugin = {
  serverWillStart: async () => ({ renderLandingPage: async () => ({ html: "" }) }),
};

/** Apollo removes suggestions from validation errors, but not from the executor's errors about variables. */
const withoutSuggestions = (message: string) => message.replace(/ ?Did you mean .+\?$/, "");

/** Replaces the id of a document by its text, before Apollo searches its own persisted queries. */
function gate(documents: DocumentGate): ApolloServerPlugin<Context> {
  return {
    async requestDidStart({ request, contextValue }) {
      const { query, extensions, http } = request;
      const documentId =
        http?.method === "GET"
          ? (new URLSearchParams(http.search).get("documentId") ?? undefined)
          : (http?.body as { documentId?: unknown } | undefined)?.documentId;
      const admitted = documents.admit({ query, extensions, documentId }, contextValue);
      if (admitted instanceof PublicError) {
        // Apollo refuses a request only after validation, whose errors reveal the schema: validate a harmless document
        // instead.
        request.query = "{ __typename }";
        delete request.operationName;
        delete request.extensions;
        return {
          async didResolveOperation({ response }) {
            response.http.status = gateStatus[admitted.extensions["code"] as ErrorCode] ?? 400;
            throw admitted;
          },
        };
      }
      const { text, hash } = admitted;
      if (text !== undefined && !query) {
        request.query = text;
        delete request.extensions;
      } else if (hash !== undefined) request.extensions = { persistedQuery: { version: 1, sha256Hash: hash } };
      return undefined;
    },
  };
}
const gateStatus: Partial<Record<ErrorCode, number>> = { PERSISTED_QUERY_NOT_IN_LIST: 404, QUERY_NOT_IN_SAFELIST: 403 };

/** Validation of it costs nothing. */
const NOTHING = parse("{ __typename }");

/**
 * A document over a limit is not validated: a harmless one replaces it, and the request is refused at the first hook
 * that permits it.
 */
function limitsBeforeRules(schema: GraphQLSchema, limits: DocumentLimits): ApolloServerPlugin<Context> {
  return {
    async requestDidStart(requestContext) {
      let error: GraphQLError | null = null;
      return {
        parsingDidStart: async () => async () => {
          const { document } = requestContext;
          if (!document) return; // the document has a syntax error
          error = limitError(schema, document, limits);
          if (error) (requestContext as { document: DocumentNode }).document = NOTHING;
        },
        async didResolveOperation({ response }) {
          if (!error) return;
          response.http.status = 400;
          throw error;
        },
      };
    },
  };
}

/** Apollo prefixes the key of a document with the schema's hash and a colon. */
function storeOf(validated: DocumentCache): NonNullable<ApolloServerOptions<Context>["documentStore"]> {
  const keyOf = (key: string) => key.slice(key.indexOf(":") + 1);
  return {
    get: async (key) => validated.get(keyOf(key)),
    async set(key, document) {
      if (document !== NOTHING) validated.set(keyOf(key), document);
    },
    delete: async (key) => validated.delete(keyOf(key)),
  };
}

function charging(schema: GraphQLSchema, limits: DocumentLimits): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async () => ({
      async didResolveOperation({ document, operation, operationName, request, response, contextValue }) {
        if (contextValue.isAdmitted) return;
        const cost =
          operation?.operation === "subscription"
            ? badUserInput("query", "subscriptions are served over websockets, and as text/event-stream")
            : costOf({ schema, document, operationName, variables: request.variables, limits });
        if (typeof cost === "number") {
          const tooMuch = contextValue.charge(cost);
          if (tooMuch) throw tooMuch;
          return;
        }
        response.http.status = 400; // Apollo answers 500 to errors thrown here
        throw cost;
      },
    }),
  };
}

function auditing(auditUse: AuditUse): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async () => ({
      async didResolveOperation({ document, operationName, contextValue: { viewer, requestId, isAdmitted } }) {
        if (viewer.kind !== "operator" || isAdmitted) return;
        await auditUse(viewer, { ...rootFields(document, operationName), requestId });
      },
    }),
  };
}

/** Records each operation, logs each unexpected error in full, and adds the request's id to every error. */
function accounting(log: Logger, records: OperationRecords): ApolloServerPlugin<Context> {
  return {
    async requestDidStart({ contextValue: { requestId } }) {
      const startedAt = performance.now();
      return {
        async didResolveOperation(named) {
          records.begin(named);
        },
        async didEncounterErrors({ errors, operationName }) {
          for (const error of errors) {
            if (!toPublic(error).isUnexpected) continue;
            log.error(
              { err: unwrapResolverError(error), requestId, operation: shownName(operationName), path: error.path },
              "Unexpected error",
            );
          }
        },
        async willSendResponse({ request, queryHash, response, operation, operationName, contextValue: context }) {
          if (response.body.kind !== "single") return;
          const result = response.body.singleResult;
          if (result.errors) {
            result.errors = result.errors.map((error) => ({
              ...error,
              extensions: { ...error.extensions, requestId },
            }));
          }
          const codes = result.errors?.map((error) => error.extensions?.["code"]);
          const headerOf = (name: string) => request.http?.headers.get(name);
          records.end({ operation, operationName, queryHash, context, startedAt, codes, headerOf });
        },
      };
    },
  };
}

/**
 * GraphQL over HTTP: a client that accepts only `application/json` gets 200 also for an invalid document or invalid
 * variables, because with that media type 4xx would mean that the body may not be GraphQL. Apollo answers 400 to all
 * clients.
 */
const statusForPlainJson: ApolloServerPlugin = {
  requestDidStart: async () => ({
    async willSendResponse({ request, response }) {
      if (response.http.status !== 400 || response.body.kind !== "single") return;
      if (request.http?.headers.get("accept")?.includes("application/graphql-response+json")) return;
      const codes = response.body.singleResult.errors?.map((error) => String(error.extensions?.["code"])) ?? [];
      if (codes.length > 0 && codes.every((code) => aboutDocument.has(code))) response.http.status = 200;
    },
  }),
};
const aboutDocument = new Set(["GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"]);
