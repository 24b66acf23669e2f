import { buildSubgraphSchema } from "@apollo/subgraph";
import {
  type DocumentNode,
  type FieldDefinitionNode,
  graphqlSync,
  Kind,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  visit,
} from "graphql";

import { renameInSdl, type SupergraphNames } from "./router-names.ts";

const SCOPES = "requiresScopes";
const NODE = "Node";

export interface SubgraphOptions {
  scopes: boolean;
  names: SupergraphNames;
}

/**
 * The SDL for the composition of a supergraph. It differs from the schema in these points:
 *
 * - Without `node`, `nodes` and the interface `Node`: every subgraph may have its own, and none can resolve the ids of
 *   another.
 * - The fields of entities are nullable. A viewer without access to an entity gets null for the reference, and for a
 *   non-null field routers would report an error instead.
 * - Types have their supergraph names.
 *
 * @param options.scopes whether to include the scopes that a router enforces: `@apollo/gateway` refuses such a
 * supergraph
 */
export function subgraphSdl(typeDefs: readonly DocumentNode[], { scopes, names }: SubgraphOptions): string {
  const objects = typeDefs.flatMap(({ definitions }) =>
    definitions.filter((definition) => definition.kind === Kind.OBJECT_TYPE_DEFINITION),
  );
  const entities = new Set(objects.filter(isEntity).map(({ name }) => name.value));
  const modules = typeDefs.map((document) => ({
    typeDefs: renameInSdl(forSupergraph(document, entities, scopes), names),
  }));
  const schema = buildSubgraphSchema(modules.filter(({ typeDefs }) => typeDefs.definitions.length > 0));
  const { data, errors } = graphqlSync({ schema, source: "{ _service { sdl } }" });
  if (errors?.[0]) throw errors[0];
  return (data as unknown as { _service: { sdl: string } })._service.sdl;
}

function forSupergraph(document: DocumentNode, entities: ReadonlySet<string>, scopes: boolean): DocumentNode {
  const nullable = ({ type, ...field }: FieldDefinitionNode): FieldDefinitionNode => ({
    ...field,
    type: type.kind === Kind.NON_NULL_TYPE ? type.type : type,
  });
  const ofType = <Type extends ObjectTypeDefinitionNode | ObjectTypeExtensionNode>(type: Type): Type | null => {
    const fields = (type.fields ?? []).filter((field) => typeOf(field) !== NODE);
    if (fields.length === 0) return null;
    return {
      ...type,
      fields: entities.has(type.name.value) ? fields.map(nullable) : fields,
      interfaces: type.interfaces?.filter(({ name }) => name.value !== NODE) ?? [],
    };
  };
  return visit(document, {
    InterfaceTypeDefinition: ({ name }) => (name.value === NODE ? null : undefined),
    ObjectTypeDefinition: { leave: ofType },
    ObjectTypeExtension: { leave: ofType },
    Directive: ({ name }) => (name.value === SCOPES && !scopes ? null : undefined),
    StringValue: ({ value }) => (value === `@${SCOPES}` && !scopes ? null : undefined), // in the list of imports
  });
}

function typeOf({ type }: FieldDefinitionNode): string {
  let named = type;
  while (named.kind !== Kind.NAMED_TYPE) named = named.type;
  return named.name.value;
}

const isEntity = ({ directives }: ObjectTypeDefinitionNode) => directives?.some(({ name }) => name.value === "key");
