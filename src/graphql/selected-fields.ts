import type { GraphQLResolveInfo, SelectionSetNode } from "graphql";

/**
 * The names of the fields that an operation selects on the objects at some paths below a field, such as `["nodes"]`,
 * independent of aliases and conditions. Resolvers use it to read only selected fields.
 */
export function selectedFields(
  { fieldNodes, fragments }: Pick<GraphQLResolveInfo, "fieldNodes" | "fragments">,
  paths: readonly (readonly string[])[],
): Set<string> {
  const asked = new Set<string>();
  function visit(selectionSet: SelectionSetNode | undefined, paths: readonly (readonly string[])[]): void {
    for (const selection of selectionSet?.selections ?? []) {
      if (selection.kind === "InlineFragment") visit(selection.selectionSet, paths);
      else if (selection.kind === "FragmentSpread") visit(fragments[selection.name.value]?.selectionSet, paths);
      else {
        if (paths.some((path) => path.length === 0)) asked.add(selection.name.value);
        const below = paths.flatMap(([first, ...rest]) => (first === selection.name.value ? [rest] : []));
        if (below.length > 0) visit(selection.selectionSet, below);
      }
    }
  }
  for (const node of fieldNodes) visit(node.selectionSet, paths);
  return asked;
}
