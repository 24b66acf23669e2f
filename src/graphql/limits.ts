import { maxAliasesRule } from "@escape.tech/graphql-armor-max-aliases";
import { maxDepthRule } from "@escape.tech/graphql-armor-max-depth";
import { maxDirectivesRule } from "@escape.tech/graphql-armor-max-directives";
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  Kind,
  type ValidationContext,
  type ValidationRule,
  validate,
} from "graphql";
import { type ComplexityEstimator, getComplexity } from "graphql-query-complexity";
import { findTextFault, textProblem } from "../platform/storable-text.ts";
import { MAX_PAGE } from "./connection.ts";
import { type ShapeLimits, shapeError, shapeLimits } from "./document-shape.ts";

/** The maximum number of reported errors of a document. */
export const MAX_ERRORS = 5;

/** The limits of a document. */
export interface DocumentLimits {
  tokens: number;
  depth: number;
  aliases: number;
  directives: number;
  cost: number;
  shape: ShapeLimits;
}

/** For documents of the public. The largest document of the project's own clients needs about half of each. */
export const publicLimits: DocumentLimits = {
  tokens: 1_500,
  depth: 10,
  aliases: 15,
  directives: 30,
  cost: 5_000,
  shape: shapeLimits,
};

/**
 * For documents of a trusted router, which combines references from several fields and lists of other subgraphs into
 * one document.
 */
export const routerLimits: DocumentLimits = {
  tokens: 6_000,
  depth: 14,
  aliases: 100,
  directives: 120,
  cost: 20_000,
  shape: { ...shapeLimits, fields: 1_000, equalNames: 40, fragments: 120, spreads: 240 },
};

/** Fields that may occur once in a document: with aliases, one request could hold a thousand guesses or orders. */
const oncePerDocument = new Set([
  "requestOtp",
  "verifyOtp",
  "signInWithToken",
  "refreshSession",
  "placeOrder",
  "cancelOrder",
  "reverseOrder",
  "approveReversal",
  "resolveOrder",
  "importVoucherCodes",
]);

/** Reports instead of throwing, so that a document over a limit is answered like any other invalid one. */
const reporting = {
  propagateOnRejection: false,
  onReject: [
    (context: ValidationContext | null, error: GraphQLError) => {
      context?.reportError(new GraphQLError(error.message.replace("Syntax Error: ", "")));
    },
  ],
};

const sensitiveFieldsOnce: ValidationRule = (context) => {
  let found = 0;
  return {
    Field(node) {
      if (context.getParentType() !== context.getSchema().getMutationType()) return;
      if (!oncePerDocument.has(node.name.value)) return;
      found += 1;
      if (found === 2) {
        context.reportError(
          new GraphQLError(`Only one of ${[...oncePerDocument].join(", ")} can be asked for in one request.`, {
            nodes: node,
          }),
        );
      }
    },
  };
};

/** Refuses texts that the database cannot store. */
const storableTexts: ValidationRule = (context) => ({
  StringValue(node) {
    const problem = textProblem(node.value);
    if (problem !== null) context.reportError(new GraphQLError(`Text ${problem}.`, { nodes: node }));
  },
});

/** Rules beside GraphQL's own, for HTTP, sockets and event streams. */
const limitRules = ({ depth, aliases, directives }: DocumentLimits): ValidationRule[] => [
  maxDepthRule({ n: depth, flattenFragments: true, ...reporting }) as ValidationRule,
  maxAliasesRule({ n: aliases, allowList: [], ...reporting }) as ValidationRule,
  maxDirectivesRule({ n: directives, ...reporting }) as ValidationRule,
  sensitiveFieldsOnce,
  storableTexts,
];
const rulesOf = new Map([publicLimits, routerLimits].map((limits) => [limits, limitRules(limits)]));

/** The limit that a document exceeds, found before GraphQL's own rules run; null if none. */
export function limitError(
  schema: GraphQLSchema,
  document: DocumentNode,
  limits: DocumentLimits = publicLimits,
): GraphQLError | null {
  const rules = rulesOf.get(limits) ?? limitRules(limits);
  const error = shapeError(document, limits.shape) ?? validate(schema, document, rules, { maxErrors: 1 })[0];
  return error ? withCode(error, "GRAPHQL_VALIDATION_FAILED") : null;
}

/** The same error under another code. */
export function withCode({ message, source, positions, nodes }: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(message, {
    source: source ?? null,
    positions: positions ?? null,
    nodes: nodes ?? null,
    extensions: { code },
  });
}

/** Redeemability for a group takes upstream calls, one for each price: a page can request three groups. */
const GROUP_REDEEMABILITY = 15;
const isGroupWallet = (wallet: unknown) => (wallet as { payWith?: unknown } | null | undefined)?.payWith === "GROUP";

/** The cost and the list size of a field by `@cost` and `@listSize`. */
const sizes = new WeakMap<object, { weight: number; assumed: number }>();
function costsOf(field: GraphQLField<unknown, unknown>) {
  let size = sizes.get(field);
  if (!size) {
    const numberOf = (directive: string, argument: string) => {
      const node = field.astNode?.directives?.find(({ name }) => name.value === directive);
      const value = node?.arguments?.find(({ name }) => name.value === argument)?.value;
      return value?.kind === Kind.INT ? Number(value.value) : 1;
    };
    size = { weight: numberOf("cost", "weight"), assumed: numberOf("listSize", "assumed") };
    sizes.set(field, size);
  }
  return size;
}

/**
 * The weight of each field, times the size of the lists above it. A page counts at most its maximum size; the size of a
 * list without pages is in the schema.
 */
const estimator: ComplexityEstimator = ({ args, childComplexity, field }) => {
  const { weight, assumed } = costsOf(field);
  const isPage = field.args.some((arg) => arg.name === "first");
  const list = args["ids"] ?? args["representations"];
  const size = isPage
    ? Math.min(Number(args["last"] ?? args["first"] ?? 20), MAX_PAGE)
    : Array.isArray(list)
      ? list.length
      : assumed;
  const own = field.name === "redeemability" && isGroupWallet(args["wallet"]) ? GROUP_REDEEMABILITY : weight;
  return own + childComplexity * Math.max(size, 1);
};

/** The cost of documents with a constant cost within the sender's limit. */
const affordable = new WeakMap<DocumentNode, number>();
const isConstant = ({ definitions: [only, ...others] }: DocumentNode) =>
  others.length === 0 && only?.kind === Kind.OPERATION_DEFINITION && !only.variableDefinitions?.length;

const badRequest = (message: string, facts: Record<string, unknown> = {}) =>
  new GraphQLError(message, { extensions: { code: "BAD_USER_INPUT", ...facts } });

/** The cost of the operation with these variables, or an error if it exceeds the limit. */
export function costOf(options: {
  schema: GraphQLSchema;
  document: DocumentNode;
  operationName?: string | null | undefined;
  variables?: Record<string, unknown> | null | undefined;
  limits?: DocumentLimits;
}): number | GraphQLError {
  const { schema, document, operationName, limits = publicLimits } = options;
  const known = affordable.get(document);
  if (known !== undefined) return known;
  const definitions = getOperationAST(document, operationName)?.variableDefinitions ?? [];
  const variables = getVariableValues(schema, definitions, options.variables ?? {});
  if (variables.errors) return 0; // the executor reports these errors and runs nothing
  const fault = findTextFault(variables.coerced);
  if (fault) return badRequest(`Text ${fault.problem}.`, { field: fault.path });
  try {
    const cost = getComplexity({
      schema,
      query: document,
      variables: options.variables ?? {},
      estimators: [estimator],
      ...(operationName && { operationName }),
    });
    if (cost <= limits.cost) {
      if (isConstant(document)) affordable.set(document, cost);
      return cost;
    }
    return badRequest(
      `This asks for too much at once: its cost is ${cost}, and ${limits.cost} is the limit. Ask for shorter pages.`,
      { cost, maximumCost: limits.cost },
    );
  } catch (error) {
    // An invalid argument, or nested fragments that spread into too many fields to count.
    if (error instanceof GraphQLError) return badRequest(error.message);
    throw error;
  }
}
