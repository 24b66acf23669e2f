/** A problem in a document that a person wrote, in words for them; `field` leads to it. */
export interface FieldProblem {
  field: (string | number)[];
  message: string;
}

export function firstRepeated<Value>(values: readonly Value[]): Value | undefined {
  const seen = new Set<Value>();
  return values.find((value) => seen.has(value) || !seen.add(value));
}
