import type { FastifyReply, FastifyRequest } from "fastify";
import type { GraphQLSchema } from "graphql";
import { LRUCache } from "lru-cache";
import Negotiator from "negotiator";
import type { AuditUse } from "../domain/operator-use.ts";
import type { CompiledQueries } from "./compiled.ts";
import type { Context } from "./context.ts";
import { documentKey } from "./document-cache.ts";
import { PublicError } from "./errors.ts";
import { costOf, type DocumentLimits } from "./limits.ts";
import type { OperationRecords } from "./operation-records.ts";
import { rootFields } from "./root-fields.ts";
import type { DocumentGate } from "./trusted-documents.ts";

/**
 * Answers a POST with a compiled query without Apollo's pipeline, under the same limits, charges and records.
 *
 * @returns the body; null if Apollo must answer: the query is not compiled, or the answer has errors
 */
export type AnswerCompiled = (
  request: FastifyRequest,
  reply: FastifyReply,
  makeContext: () => Promise<Context>,
) => Promise<string | null>;

export function makeCompiledAnswers(deps: {
  schema: GraphQLSchema;
  limits: DocumentLimits;
  queries: CompiledQueries;
  documents: DocumentGate;
  records: OperationRecords;
  auditUse: AuditUse;
}): AnswerCompiled {
  const { schema, limits, queries, documents, records, auditUse } = deps;
  return async (request, reply, makeContext) => {
    const sent = readPost(request);
    const contentType = sent && contentTypeFor(request.headers.accept);
    if (!sent || !contentType) return null;
    const startedAt = performance.now();
    const context = await makeContext();
    const { query: text, documentId, extensions, operationName, variables } = sent;
    const admitted = documents.admit({ query: text, documentId, extensions }, context);
    if (admitted instanceof PublicError || admitted.text === undefined) return null;
    const queryHash = documentKey(admitted.text);
    const compiled = queries.get(queryHash, operationName);
    if (!compiled) return null;
    const { document, operation } = compiled;
    const cost = costOf({ schema, document, operationName, variables, limits });
    if (typeof cost !== "number" || context.charge(cost)) return null;
    if (context.viewer.kind === "operator")
      await auditUse(context.viewer, { ...rootFields(document, operationName), requestId: context.requestId });
    context.isAdmitted = true;
    const named = { operation, operationName: operation.name?.value, queryHash };
    records.begin(named);
    const data = await compiled.run(variables, context, true);
    if (!data) return null;
    const body = JSON.stringify({ data });
    records.end({ ...named, context, startedAt, codes: undefined, headerOf: (name) => request.headers[name] });
    void reply.header("content-type", contentType);
    return body;
  };
}

interface SentPost {
  query: string | undefined;
  documentId: unknown;
  extensions: Record<string, unknown> | undefined;
  operationName: string | undefined;
  variables: Record<string, unknown>;
}

/** A well-formed request. Apollo answers all others, and registers persisted queries. */
function readPost({ method, headers, body }: FastifyRequest): SentPost | null {
  if (method !== "POST" || headers["apollo-federation-include-trace"] !== undefined) return null;
  if (!isJson.test(headers["content-type"] ?? "") || !isRecord(body)) return null;
  const { query, documentId, extensions, operationName, variables } = body;
  if (query != null && typeof query !== "string") return null;
  if (operationName != null && typeof operationName !== "string") return null;
  if (variables != null && !isRecord(variables)) return null;
  if (extensions != null && !isRecord(extensions)) return null;
  if (query && extensions?.["persistedQuery"] !== undefined) return null;
  return {
    query: query || undefined,
    documentId,
    extensions: extensions ?? undefined,
    operationName: operationName ?? undefined,
    variables: variables ?? {},
  };
}
const isJson = /^application\/json *(;|$)/i;
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const JSON_TYPE = "application/json; charset=utf-8";
/** Apollo's media types, in its order. */
const offered = [
  JSON_TYPE,
  "application/graphql-response+json; charset=utf-8",
  "application/json; callbackSpec=1.0; charset=utf-8",
];
const MAX_ACCEPT = 200;
const negotiated = new LRUCache<string, string>({ max: 100 });
/** The media type of the answer; undefined if the client accepts none. */
function contentTypeFor(accept: string | undefined): string | undefined {
  if (!accept) return JSON_TYPE;
  if (accept.length > MAX_ACCEPT) return undefined;
  let type = negotiated.get(accept);
  if (type === undefined) {
    type = new Negotiator({ headers: { accept } }).mediaType(offered) ?? "";
    negotiated.set(accept, type);
  }
  return type || undefined;
}
