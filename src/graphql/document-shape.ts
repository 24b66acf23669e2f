import { type DocumentNode, GraphQLError, Kind, type SelectionSetNode } from "graphql";

/** The largest document of the project's own clients needs about half of each. */
export const shapeLimits = { fields: 250, equalNames: 10, fragments: 30, spreads: 60, spreadFields: 1_000 };
export type ShapeLimits = typeof shapeLimits;

/**
 * Counts the expensive parts of a document, in one pass and before any rule runs: the rule about overlapping fields
 * compares all fields of one response name with each other.
 *
 * @returns the reason for not validating the document; null if it may be validated
 */
export function shapeError(document: DocumentNode, limits: ShapeLimits = shapeLimits): GraphQLError | null {
  const found = { fields: 0, equalNames: 0, fragments: 0, spreads: 0, spreadFields: 0 };
  const own = new Map<string, { fields: number; spreads: string[] }>();
  /** `names` counts the response names of a selection set, inline fragments included. */
  const open: { set: SelectionSetNode; names: Map<string, number>; within: { fields: number; spreads: string[] } }[] =
    [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) found.fragments += 1;
    if (!("selectionSet" in definition)) continue;
    const within = { fields: 0, spreads: [] };
    own.set(
      definition.kind === Kind.FRAGMENT_DEFINITION ? `fragment ${definition.name.value}` : `operation ${own.size}`,
      within,
    );
    open.push({ set: definition.selectionSet, names: new Map(), within });
  }
  for (let next = open.pop(); next; next = open.pop()) {
    const { set, names, within } = next;
    for (const selection of set.selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        found.spreads += 1;
        within.spreads.push(`fragment ${selection.name.value}`);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) open.push({ set: selection.selectionSet, names, within });
      else {
        const name = selection.alias?.value ?? selection.name.value;
        const equal = (names.get(name) ?? 0) + 1;
        names.set(name, equal);
        found.fields += 1;
        within.fields += 1;
        found.equalNames = Math.max(found.equalNames, equal);
        if (selection.selectionSet) open.push({ set: selection.selectionSet, names: new Map(), within });
      }
    }
  }
  // With so few fragments the sum is bounded, and only the depth needs a limit.
  if (found.fragments <= limits.fragments) found.spreadFields = fieldsWithSpreads(own);
  for (const [what, words] of Object.entries(wordsOf) as [keyof ShapeLimits, string][]) {
    const limit = limits[what];
    if (found[what] <= limit) continue;
    return new GraphQLError(`${words} limit of ${limit} exceeded, found ${found[what]}.`);
  }
  return null;
}

/**
 * The fields of all definitions, including those of spread fragments. Validation reports a fragment that spreads
 * itself.
 */
function fieldsWithSpreads(own: ReadonlyMap<string, { fields: number; spreads: string[] }>): number {
  const sums = new Map<string, number>();
  const sumOf = (name: string): number => {
    const known = sums.get(name);
    if (known !== undefined) return known;
    sums.set(name, 0);
    const { fields = 0, spreads = [] } = own.get(name) ?? {};
    const sum = spreads.reduce((total, spread) => total + sumOf(spread), fields);
    sums.set(name, sum);
    return sum;
  };
  return [...own.keys()].reduce((most, name) => Math.max(most, sumOf(name)), 0);
}

const wordsOf: Record<keyof ShapeLimits, string> = {
  fields: "Fields",
  equalNames: "Equal names in one selection set",
  fragments: "Fragments",
  spreads: "Fragment spreads",
  spreadFields: "Fields with those of spread fragments",
};
