import { type DocumentNode, getOperationAST, Kind, type SelectionSetNode } from "graphql";

/** The kind of an operation and the names of its root fields, without aliases, for a human reader. */
export function rootFields(
  document: DocumentNode,
  operationName: string | null | undefined,
): { kind: string; subject: string } {
  const operation = getOperationAST(document, operationName);
  if (!operation) return { kind: "none", subject: "" };
  const names = new Set<string>();
  const visited = new Set<string>();
  const visit = ({ selections }: SelectionSetNode) => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) names.add(selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) visit(selection.selectionSet);
      else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value);
        const fragment = document.definitions.find(
          (definition) =>
            definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value,
        );
        if (fragment && "selectionSet" in fragment) visit(fragment.selectionSet);
      }
    }
  };
  visit(operation.selectionSet);
  return { kind: operation.operation, subject: [...names].join(", ") };
}
