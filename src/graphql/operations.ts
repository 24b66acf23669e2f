import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
} from "graphql";
import type { Logger } from "../platform/logger.ts";
import type { Context } from "./context.ts";
import { documentKey } from "./document-cache.ts";
import type { DocumentSender, DocumentSenders } from "./document-sender.ts";
import { toPublic } from "./errors.ts";
import { costOf, limitError, MAX_ERRORS, withCode } from "./limits.ts";
import { OPERATION_COST } from "./rate-limits.ts";
import type { DocumentGate } from "./trusted-documents.ts";

/** An operation from a socket or an event stream. */
export interface SentOperation {
  query?: unknown;
  documentId?: unknown;
  extensions?: unknown;
  variables?: Record<string, unknown> | null | undefined;
  operationName?: string | null | undefined;
}

export interface AdmittedOperation {
  document: DocumentNode;
  operation: OperationDefinitionNode;
  /** The schema that the document is valid for. */
  schema: GraphQLSchema;
}

/** Checks the operations that bypass Apollo, those of sockets and event streams, under the same limits. */
export interface Operations {
  /** Checks an operation and charges its cost. @returns the operation to run, or the reason for refusing it */
  admit(sent: SentOperation, context: Context): AdmittedOperation | GraphQLError[];
  /** The error in its public form. Hidden details are in the log, under the same id. */
  show(error: GraphQLError, requestId: string | undefined): GraphQLError;
}

export function makeOperations(deps: { documents: DocumentGate; senders: DocumentSenders; log: Logger }): Operations {
  const { documents, senders, log } = deps;

  /** The document of a text, or its errors. */
  function validDocument(text: string, { schema, limits, validated }: DocumentSender): DocumentNode | GraphQLError[] {
    const key = documentKey(text);
    let document = validated.get(key);
    if (!document) {
      try {
        document = parse(text, { maxTokens: limits.tokens });
      } catch (error) {
        return [withoutSuggestion(error as GraphQLError, "GRAPHQL_PARSE_FAILED")];
      }
      const overLimit = limitError(schema, document, limits);
      const invalid = overLimit ? [overLimit] : validate(schema, document, specifiedRules, { maxErrors: MAX_ERRORS });
      if (invalid.length > 0) return invalid.map((error) => withoutSuggestion(error, "GRAPHQL_VALIDATION_FAILED"));
    }
    const introspection = introspectionOf(document, schema);
    if (introspection.length > 0) return [...introspection];
    // In production, Apollo would run an introspection document from the cache, because validation would have refused it.
    validated.set(key, document);
    return document;
  }

  const introspections = new WeakMap<DocumentNode, readonly GraphQLError[]>();
  /** Errors for an introspection document, which only HTTP answers. */
  function introspectionOf(document: DocumentNode, schema: GraphQLSchema): readonly GraphQLError[] {
    let errors = introspections.get(document);
    if (!errors) {
      const found = validate(schema, document, [NoSchemaIntrospectionCustomRule], { maxErrors: MAX_ERRORS });
      errors = found.map((error) => withoutSuggestion(error, "GRAPHQL_VALIDATION_FAILED"));
      introspections.set(document, errors);
    }
    return errors;
  }

  return {
    admit({ query, documentId, extensions, variables, operationName }, context) {
      const { charge, isRouter } = context;
      const tooMany = charge(OPERATION_COST);
      if (tooMany) return [tooMany];
      const admitted = documents.admit({ query, documentId, extensions }, context);
      if (admitted instanceof GraphQLError) return [admitted];
      if (admitted.hash) return [refusal("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")];
      const sender = isRouter ? senders.router : senders.public;
      const document = validDocument(admitted.text ?? "", sender);
      if (Array.isArray(document)) return document;
      const operation = getOperationAST(document, operationName);
      if (!operation) return [refusal("OPERATION_RESOLUTION_FAILURE", noSingleOperation(operationName))];
      if (operation.operation === "mutation")
        return [refusal("BAD_USER_INPUT", "Mutations are sent by POST to /graphql.")];
      const { schema } = sender;
      const cost = costOf({ schema, document, operationName, variables, limits: sender.limits });
      if (typeof cost !== "number") return [cost];
      const rateLimitError = charge(cost);
      return rateLimitError ? [rateLimitError] : { document, operation, schema };
    },

    show(error, requestId) {
      const { error: shown, isUnexpected } = toPublic(error);
      if (isUnexpected)
        log.error({ err: error.originalError ?? error, requestId }, "Unexpected error in a subscription");
      shown.extensions["requestId"] = requestId;
      return shown;
    },
  };
}

export function refusal(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, retryable: code === "RATE_LIMITED" } });
}

/** The reason why the operation is ambiguous or missing, in Apollo's words. */
const noSingleOperation = (operationName: string | null | undefined) =>
  operationName
    ? `Unknown operation named "${operationName}".`
    : "Must provide operation name if query contains multiple operations.";

/** The same error with its code over HTTP, and without suggestions that reveal the schema. */
function withoutSuggestion(error: GraphQLError, code: string): GraphQLError {
  const { message } = error;
  const shown = withCode(error, code);
  shown.message = message.replace(/ ?Did you mean .+\?$/, "");
  return shown;
}
