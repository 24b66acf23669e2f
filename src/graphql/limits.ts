import { maxAliasesRule } from "@escape.tech/graphql-armor-max-aliases";
import { maxDepthRule } from "@escape.tech/graphql-armor-max-depth";
import { maxDirectivesRule } from "@escape.tech/graphql-armor-max-directives";
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  type ValidationContext,
  type ValidationRule,
} from "graphql";
import { type ComplexityEstimator, getComplexity } from "graphql-query-complexity";
import { MAX_PAGE } from "./connection.ts";

/** What a document may ask for at most. The largest document of our own needs about half of each. */
export const MAX_TOKENS = 1_500;
const MAX_DEPTH = 10;
const MAX_ALIASES = 15;
const MAX_DIRECTIVES = 30;
const MAX_COST = 5_000;

/** Fields that may stand once in a document: an alias each would make one request a thousand guesses or orders. */
const oncePerDocument = new Set([
  "requestOtp",
  "verifyOtp",
  "refreshSession",
  "placeOrder",
  "cancelOrder",
  "reverseOrder",
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

/** Rules beside GraphQL's own, for HTTP and websocket alike. */
export const limitRules: ValidationRule[] = [
  maxDepthRule({ n: MAX_DEPTH, flattenFragments: true, ...reporting }) as ValidationRule,
  maxAliasesRule({ n: MAX_ALIASES, allowList: [], ...reporting }) as ValidationRule,
  maxDirectivesRule({ n: MAX_DIRECTIVES, ...reporting }) as ValidationRule,
  sensitiveFieldsOnce,
];

/** One for each field, times the size of the lists above it. */
const estimator: ComplexityEstimator = ({ args, childComplexity, field }) => {
  const isPage = field.args.some((arg) => arg.name === "first");
  const list = args["ids"] ?? args["representations"];
  const size = isPage ? clamp(Number(args["first"] ?? 20)) : Array.isArray(list) ? clamp(list.length) : 1;
  return 1 + childComplexity * size;
};

const clamp = (size: number) => Math.min(Math.max(size, 1), MAX_PAGE);

/** Null when the operation is within its cost; else the error that says by how much it is not. */
export function costError(options: {
  schema: GraphQLSchema;
  document: DocumentNode;
  operationName?: string | null | undefined;
  variables?: Record<string, unknown> | null | undefined;
}): GraphQLError | null {
  const cost = getComplexity({
    schema: options.schema,
    query: options.document,
    variables: options.variables ?? {},
    estimators: [estimator],
    ...(options.operationName && { operationName: options.operationName }),
  });
  if (cost <= MAX_COST) return null;
  return new GraphQLError(
    `This asks for too much at once: its cost is ${cost}, and ${MAX_COST} is the limit. Ask for shorter pages.`,
    {
      extensions: { code: "BAD_USER_INPUT", cost, maximumCost: MAX_COST },
    },
  );
}
