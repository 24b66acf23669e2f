import {
  concatAST,
  type DefinitionNode,
  type DocumentNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  print,
  visit,
} from "graphql";

const ofFederation = new Set(["key", "requiresScopes", "shareable", "tag"]);
const nameOf = (definition: DefinitionNode) => ("name" in definition ? (definition.name?.value ?? "") : "");
const isExtension = (node: DefinitionNode): node is ObjectTypeExtensionNode => node.kind === Kind.OBJECT_TYPE_EXTENSION;

/**
 * The API in one file for clients' tools: each type once and complete, without directives that the file does not
 * define.
 */
export function clientSdl(typeDefs: readonly DocumentNode[]): string {
  const { definitions } = concatAST(typeDefs);
  const extensions = Map.groupBy(definitions.filter(isExtension), nameOf);
  const whole = (type: ObjectTypeDefinitionNode): ObjectTypeDefinitionNode => ({
    ...type,
    fields: [type, ...(extensions.get(nameOf(type)) ?? [])].flatMap(({ fields }) => fields ?? []),
  });
  const rank = ({ kind }: DefinitionNode) => Number(kind !== Kind.DIRECTIVE_DEFINITION);
  const document: DocumentNode = {
    kind: Kind.DOCUMENT,
    definitions: definitions
      .filter((definition) => !isExtension(definition) && definition.kind !== Kind.SCHEMA_EXTENSION)
      .map((definition) => (definition.kind === Kind.OBJECT_TYPE_DEFINITION ? whole(definition) : definition))
      .toSorted((a, b) => rank(a) - rank(b) || (nameOf(a) < nameOf(b) ? -1 : 1)),
  };
  return `${print(visit(document, { Directive: ({ name }) => (ofFederation.has(name.value) ? null : undefined) }))}\n`;
}
