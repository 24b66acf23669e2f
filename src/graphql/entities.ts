import { type GraphQLSchema, isUnionType } from "graphql";
import { badUserInput } from "./errors.ts";

/**
 * Resolves each representation of `_entities` separately: an invalid one yields BAD_USER_INPUT and null, and the others
 * are returned. Apollo's own resolver would fail for all of them.
 */
export function resolveEntitiesOneByOne(schema: GraphQLSchema): GraphQLSchema {
  const field = schema.getQueryType()?.getFields()["_entities"];
  const union = schema.getType("_Entity");
  const resolve = field?.resolve;
  if (!field || !resolve || !isUnionType(union)) return schema;

  const one = (representation: unknown, place: number, ...[parent, , context, info]: Parameters<typeof resolve>) => {
    const problem = problemOf(representation, info.schema);
    if (problem !== null) return badUserInput(`representations.${place}`, problem);
    try {
      const resolved: unknown = resolve(parent, { representations: [representation] }, context, info);
      return resolved instanceof Promise ? resolved.then(only) : only(resolved);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  };
  field.resolve = (parent, args, context, info) =>
    (args["representations"] as unknown[]).map((representation, place) =>
      one(representation, place, parent, args, context, info),
    );
  return schema;
}

const only = (resolved: unknown) => (resolved as unknown[])[0];

function problemOf(representation: unknown, schema: GraphQLSchema): string | null {
  if (typeof representation !== "object" || representation === null || Array.isArray(representation)) {
    return "must be an object with __typename and the fields of a key";
  }
  const { __typename: name } = representation as { __typename?: unknown };
  if (typeof name !== "string") return "needs a __typename";
  const union = schema.getType("_Entity"); // of the operation's schema, whose types may have other names
  const isEntity = isUnionType(union) && union.getTypes().some((type) => type.name === name);
  return isEntity ? null : "its __typename is no entity of this subgraph";
}
