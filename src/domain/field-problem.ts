/** A problem in a document written by a person, in words for its author; `field` is the path. */
export interface FieldProblem {
  field: (string | number)[];
  message: string;
}

export function firstRepeated<Value>(values: readonly Value[]): Value | undefined {
  const seen = new Set<Value>();
  return values.find((value) => seen.has(value) || !seen.add(value));
}
