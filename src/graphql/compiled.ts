import { type ApolloServerPlugin, HeaderMap } from "@apollo/server";
import {
  BREAK,
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLSchema,
  getVariableValues,
  type OperationDefinitionNode,
  visit,
} from "graphql";
import { compileQuery, isCompiledQuery, type CompiledQuery as JitQuery } from "graphql-jit";
import { LRUCache } from "lru-cache";
import type { Context } from "./context.ts";
import { makeLeafCheck } from "./leaf-check.ts";

/** Each takes some 10 kB. */
const MAX_COMPILED = 300;
/** A query is compiled at this occurrence. Compiling the largest permitted query takes up to 8 ms of CPU. */
const COMPILED_AT = 3;

/**
 * graphql-jit prepares an error's path and positions for the check of every value, a third of a list's memory. `makeLeafCheck` checks the
 * values of built-in scalars and enums afterwards; `Points`, `DateTime` and `Date` are converted by graphql-jit.
 */
const OPTIONS = { disableLeafSerialization: true };

export interface CompiledOptions {
  /** The number of times that a query is seen before it is compiled. */
  at?: number;
  /** Called when a compiled query has run: before its answer is sent, or before the query runs again because it met errors. */
  onAnswer?(
    query: ExecutionArgs,
    answer: { data: unknown; errors: readonly unknown[]; isDirect: boolean },
  ): Promise<void>;
}

/** A query of a valid document, as a function. */
export interface CompiledQuery {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /**
   * @param isDirect whether the answer bypasses Apollo
   * @returns the data; null if graphql-js must run the query: a variable is invalid, a field failed, or a value must be converted
   */
  run(variables: Record<string, unknown>, context: Context, isDirect?: boolean): Promise<object | null>;
}

/**
 * Compiles repeated queries to functions with graphql-jit, which takes half the CPU of graphql-js. Answers are
 * identical to the byte. Several kinds of operations stay with graphql-js: mutations, introspection, operations with
 * `@skip` or `@include` (graphql-jit changes the order of their fields), and queries with invalid variables. A query
 * that meets an error runs again with graphql-js, because graphql-jit words errors differently; the request's loaders
 * then repeat no read.
 */
export interface CompiledQueries {
  /** A query that has been compiled. @param operationName as in the request */
  get(queryHash: string, operationName: string | null | undefined): CompiledQuery | undefined;
  /** Counts an occurrence of a valid document, and compiles its query when it is due. */
  count(
    queryHash: string,
    operationName: string | null | undefined,
    document: DocumentNode,
    operation: OperationDefinitionNode,
  ): CompiledQuery | undefined;
}

export function makeCompiledQueries(schema: GraphQLSchema, options: CompiledOptions = {}): CompiledQueries {
  const { at = COMPILED_AT, onAnswer } = options;
  const known = new LRUCache<string, { seen: number; query?: CompiledQuery | undefined }>({ max: MAX_COMPILED });
  const keyOf = (queryHash: string, operationName: string | null | undefined) => `${queryHash}:${operationName ?? ""}`;

  function compile(document: DocumentNode, operation: OperationDefinitionNode): CompiledQuery | undefined {
    if (!isCompilable(document, operation)) return undefined;
    const made = compileQuery(schema, document, operation.name?.value ?? "", OPTIONS);
    return isCompiledQuery(made) ? { document, operation, run: runnerOf(made, document, operation) } : undefined;
  }

  function runnerOf(made: JitQuery, document: DocumentNode, operation: OperationDefinitionNode): CompiledQuery["run"] {
    const definitions = operation.variableDefinitions ?? [];
    const hasValidLeaves = makeLeafCheck(schema, document, operation);
    return async (variableValues, contextValue, isDirect = false) => {
      if (definitions.length > 0 && getVariableValues(schema, definitions, variableValues).errors) return null;
      const { data, errors } = await made.query(undefined, contextValue, variableValues);
      if (!errors && data && !hasValidLeaves(data)) return null;
      const operationName = operation.name?.value;
      const query = { schema, document, operationName, contextValue, variableValues };
      await onAnswer?.(query, { data, errors: errors ?? [], isDirect });
      return errors || !data ? null : data;
    };
  }

  return {
    get: (queryHash, operationName) => known.get(keyOf(queryHash, operationName))?.query,
    count(queryHash, operationName, document, operation) {
      const key = keyOf(queryHash, operationName);
      const entry = known.get(key) ?? { seen: 0 };
      known.set(key, entry);
      entry.seen += 1;
      if (entry.seen === at) entry.query = compile(document, operation);
      return entry.query;
    },
  };
}

/** Runs compiled queries in Apollo's pipeline, in place of graphql-js. */
export function compiledExecution(queries: CompiledQueries): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async () => ({
      async responseForOperation({ document, operation, queryHash, request, contextValue }) {
        // the document has several operations and the request names none, or a compiled query has met an error
        if (operation?.operation !== "query" || contextValue.isAdmitted || !queryHash) return null;
        const query = queries.count(queryHash, request.operationName, document, operation);
        const data = await query?.run(request.variables ?? {}, contextValue);
        if (!data) return null;
        const singleResult = { data: data as Record<string, unknown> };
        return { http: { headers: new HeaderMap() }, body: { kind: "single", singleResult } };
      },
    }),
  };
}

function isCompilable(document: DocumentNode, { selectionSet }: OperationDefinitionNode): boolean {
  let hasConditions = false;
  visit(document, {
    Directive({ name }) {
      if (name.value !== "skip" && name.value !== "include") return undefined;
      hasConditions = true;
      return BREAK;
    },
  });
  const asksAboutSchema = selectionSet.selections.some(
    (field) => field.kind === "Field" && /^__(schema|type)$/.test(field.name.value),
  );
  return !hasConditions && !asksAboutSchema;
}
