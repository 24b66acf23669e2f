import { MapperKind, mapSchema, renameType } from "@graphql-tools/utils";
import {
  type DocumentNode,
  defaultTypeResolver,
  GraphQLInterfaceType,
  type GraphQLSchema,
  type GraphQLTypeResolver,
  GraphQLUnionType,
  isAbstractType,
  isUnionType,
  Kind,
  type ObjectTypeDefinitionNode,
  visit,
} from "graphql";
import { SetupError } from "../platform/setup-error.ts";

/** These types are shared by all subgraphs. */
const common = new Set(["Query", "Mutation", "Subscription", "PageInfo"]);

/** A type's name in the supergraph, by its own name. Types that keep their names are absent. */
export type SupergraphNames = ReadonlyMap<string, string>;

/**
 * The names of the gateway's types in a supergraph with a prefix. Scalars, root types and `PageInfo` keep their names.
 *
 * @param options.unprefixed further types that keep their names, because other subgraphs refer to them
 * @throws SetupError naming ROUTER_UNPREFIXED_TYPES for a type that cannot have a prefix
 */
export function supergraphNames(
  typeDefs: readonly DocumentNode[],
  { prefix, unprefixed }: { prefix: string; unprefixed: readonly string[] },
): SupergraphNames {
  const names = typeDefs
    .flatMap(({ definitions }) => definitions)
    .flatMap((definition) =>
      renamedKinds.has(definition.kind) ? [(definition as ObjectTypeDefinitionNode).name.value] : [],
    )
    .filter((name) => !common.has(name));
  const unknown = unprefixed.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new SetupError(
      `ROUTER_UNPREFIXED_TYPES: ${unknown} is no type of docs/subgraph.graphql that could have a prefix.`,
    );
  }
  if (prefix === "") return new Map();
  return new Map(names.filter((name) => !unprefixed.includes(name)).map((name) => [name, `${prefix}${name}`]));
}

/** The document with renamed types, in definitions and references. */
export function renameInSdl(document: DocumentNode, names: SupergraphNames): DocumentNode {
  return visit(document, {
    enter(node) {
      if (!renamedKinds.has(node.kind) && !referringKinds.has(node.kind)) return undefined;
      const { name } = node as ObjectTypeDefinitionNode;
      const value = names.get(name.value);
      return value === undefined ? undefined : { ...node, name: { ...name, value } };
    },
  });
}

/**
 * The same schema with renamed types: a router's operations use the supergraph's names, as do the answers to
 * `__typename`.
 */
export function renameInSchema(schema: GraphQLSchema, names: SupergraphNames): GraphQLSchema {
  if (names.size === 0) return schema;
  const renamed = (name: string | undefined) => (name === undefined ? undefined : (names.get(name) ?? name));
  const resolverOf =
    (resolve: GraphQLTypeResolver<unknown, unknown>): GraphQLTypeResolver<unknown, unknown> =>
    (...args) => {
      const name = resolve(...args);
      return name instanceof Promise ? name.then(renamed) : renamed(name as string | undefined);
    };
  return mapSchema(schema, {
    [MapperKind.TYPE](type) {
      const name = names.get(type.name);
      if (name === undefined) return type;
      if (!isAbstractType(type)) return renameType(type, name);
      const resolveType = resolverOf(type.resolveType ?? defaultTypeResolver);
      return isUnionType(type)
        ? renameType(new GraphQLUnionType({ ...type.toConfig(), resolveType }), name)
        : renameType(new GraphQLInterfaceType({ ...type.toConfig(), resolveType }), name);
    },
  });
}

const renamedKinds: ReadonlySet<string> = new Set([
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.UNION_TYPE_DEFINITION,
  Kind.ENUM_TYPE_DEFINITION,
  Kind.INPUT_OBJECT_TYPE_DEFINITION,
]);
const referringKinds: ReadonlySet<string> = new Set([
  Kind.NAMED_TYPE,
  Kind.OBJECT_TYPE_EXTENSION,
  Kind.INTERFACE_TYPE_EXTENSION,
  Kind.UNION_TYPE_EXTENSION,
  Kind.ENUM_TYPE_EXTENSION,
  Kind.INPUT_OBJECT_TYPE_EXTENSION,
]);
