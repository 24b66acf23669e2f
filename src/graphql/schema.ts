import { readdirSync, readFileSync } from "node:fs";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { addResolversToSchema } from "@graphql-tools/schema";
import { type DocumentNode, type GraphQLSchema, isAbstractType, parse } from "graphql";
import { packageFile } from "../package-file.ts";
import type { Context } from "./context.ts";
import { resolveEntitiesOneByOne } from "./entities.ts";
import { forbidden } from "./errors.ts";
import type { Resolvers } from "./generated/resolvers.ts";
import { type FindReference, nodeResolvers } from "./node.resolvers.ts";
import { CalendarDate, DateTime, Points } from "./scalars.ts";
import { type SubgraphOptions, subgraphSdl } from "./subgraph-sdl.ts";

const schemaDir = packageFile("schema/");

let typeDefsOfProcess: readonly DocumentNode[] | undefined;

/** The documents of `schema/`, which a process reads once. */
export function readTypeDefs(): readonly DocumentNode[] {
  typeDefsOfProcess ??= readdirSync(schemaDir)
    .filter((file) => file.endsWith(".graphql"))
    .sort()
    .map((file) => parse(readFileSync(schemaDir + file, "utf8"), { noLocation: true })); // which halves their memory
  return typeDefsOfProcess;
}

/** The executable schema: the SDL of `schema/` as a Federation 2 subgraph, with the features' resolvers. */
export function buildSchema(features: readonly Resolvers[], options: Partial<SubgraphOptions> = {}): GraphQLSchema {
  const finders = new Map(
    features
      .flatMap((feature) => Object.entries(feature) as [string, Fields][])
      .flatMap(([type, { __resolveReference: find }]) => (find ? [[type, find as FindReference]] : [])),
  );
  const resolvers = merge([...features, nodeResolvers(finders), { Points, DateTime, Date: CalendarDate }]);
  const references = Object.fromEntries([...finders].map(([type, find]) => [type, { __resolveReference: find }]));
  const [base, ...others] = readTypeDefs().map((typeDefs) => ({ typeDefs }));
  const schema = buildSubgraphSchema([{ ...base, resolvers: references }, ...others] as Parameters<
    typeof buildSubgraphSchema
  >[0]);
  const executable = addResolversToSchema({
    schema,
    resolvers: withoutReferences(resolvers) as Parameters<typeof addResolversToSchema>[0]["resolvers"],
    resolverValidationOptions: { requireResolversToMatchSchema: "error" },
    updateResolversInPlace: true, // a copy of the schema would triple the time
  });
  requireResolveTypes(executable);
  return describeToRouters(resolveEntitiesOneByOne(executable), options);
}

/** @throws Error naming an interface or union without a `resolveType` */
function requireResolveTypes(schema: GraphQLSchema): void {
  const types = Object.values(schema.getTypeMap());
  const withoutResolver = types.find((type) => isAbstractType(type) && !type.resolveType);
  if (withoutResolver) throw new Error(`no feature resolves the type of ${withoutResolver.name}`);
}

/** Answers `_service` for trusted routers only: its SDL names every operation, including operators'. */
function describeToRouters(
  schema: GraphQLSchema,
  { scopes = false, names = new Map() }: Partial<SubgraphOptions>,
): GraphQLSchema {
  let sdl: string | undefined;
  const field = schema.getQueryType()?.getFields()["_service"];
  if (!field) return schema;
  field.resolve = (_, __, { isRouter }: Context) => {
    if (!isRouter)
      throw forbidden("This is for a federated router, which sends ROUTER_SECRET in Router-Authorization.");
    sdl ??= subgraphSdl(readTypeDefs(), { scopes, names });
    return { sdl };
  };
  return schema;
}

type Fields = Record<string, unknown>;

/** Several features extend the same type. Two definitions of one field are an error. */
function merge(parts: readonly Resolvers[]): Record<string, Fields> {
  const merged: Record<string, Fields> = {};
  for (const [type, fields] of parts.flatMap((part) => Object.entries(part) as [string, Fields][])) {
    const known = merged[type];
    const twice = known && Object.keys(fields).find((field) => field in known);
    if (twice) throw new Error(`two features resolve ${type}.${twice}`);
    merged[type] = known ? { ...known, ...fields } : fields;
  }
  return merged;
}

function withoutReferences(resolvers: Record<string, Fields>): Record<string, Fields> {
  return Object.fromEntries(
    Object.entries(resolvers).map(([type, fields]) => {
      if (!("__resolveReference" in fields)) return [type, fields];
      const { __resolveReference: _, ...rest } = fields;
      return [type, rest];
    }),
  );
}
