import {
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";

/** Whether a value of an answer is null, or what graphql-js would write for it. */
type Check = (value: unknown) => boolean;
/** Selections of one response key, each with the type that it selects from. */
type Selected = { type: GraphQLNamedType; selectionSet: SelectionSetNode }[];

const MAX_INT = 2_147_483_647;
const isString: Check = (value) => value == null || typeof value === "string";
const scalars: Readonly<Record<string, Check>> = {
  String: isString,
  ID: isString,
  Boolean: (value) => value == null || typeof value === "boolean",
  Float: (value) => value == null || Number.isFinite(value),
  Int: (value) => value == null || (Number.isInteger(value) && Math.abs(value as number) <= MAX_INT),
};

/**
 * Makes the check of a compiled query's data, in which graphql-jit has not checked the values of built-in scalars and enums. graphql-js
 * converts or refuses every other value. A response key has the same leaf type in all types that can occur (GraphQL, 5.3.2), so the check
 * needs no concrete types.
 */
export function makeLeafCheck(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Check {
  const fragments = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    ),
  );

  function checkOf(type: GraphQLOutputType, selected: Selected): Check | null {
    if (isNonNullType(type)) return checkOf(type.ofType, selected);
    if (isListType(type)) {
      const item = checkOf(type.ofType, selected);
      return item && ((value) => value == null || (value as unknown[]).every(item));
    }
    if (isEnumType(type)) return (value) => value == null || type.getValue(String(value))?.value === value;
    if (isScalarType(type)) return scalars[type.name] ?? null; // graphql-jit has converted a scalar of ours
    const fields = new Map<string, { type: GraphQLOutputType; selected: Selected }>();
    for (const each of selected) collect(each.type, each.selectionSet, fields);
    const checks = [...fields].flatMap(([key, field]) => {
      const check = checkOf(field.type, field.selected);
      return check ? [[key, check] as const] : [];
    });
    if (checks.length === 0) return null;
    return (value) => value == null || checks.every(([key, check]) => check((value as Record<string, unknown>)[key]));
  }

  function collect(
    type: GraphQLNamedType,
    { selections }: SelectionSetNode,
    into: Map<string, { type: GraphQLOutputType; selected: Selected }>,
  ): void {
    for (const selection of selections) {
      if (selection.kind !== Kind.FIELD) {
        const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
        const condition = fragment?.typeCondition && schema.getType(fragment.typeCondition.name.value);
        if (fragment) collect(condition ?? type, fragment.selectionSet, into);
        continue;
      }
      const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[selection.name.value] : undefined;
      if (!field) continue; // __typename
      const key = (selection.alias ?? selection.name).value;
      const known = into.get(key) ?? { type: field.type, selected: [] };
      into.set(key, known);
      if (selection.selectionSet)
        known.selected.push({ type: getNamedType(field.type), selectionSet: selection.selectionSet });
    }
  }

  const root = schema.getRootType(operation.operation);
  if (!root) throw new Error(`The schema has no type for a ${operation.operation}.`);
  return checkOf(root, [{ type: root, selectionSet: operation.selectionSet }]) ?? (() => true);
}
