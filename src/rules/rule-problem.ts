import type { Window } from "./rule.ts";

/** What is wrong with a rule, in words for who wrote it; `field` leads there. */
export interface RuleProblem {
  field: (string | number)[];
  message: string;
}

/** @param field where the window is */
export function checkWindow({ from, until }: Window, field: RuleProblem["field"]): RuleProblem[] {
  if (until === null || Date.parse(from) < Date.parse(until)) return [];
  return [{ field: [...field, "until"], message: `the window ends (${until}) before it starts (${from})` }];
}

export function firstRepeated<Value>(values: readonly Value[]): Value | undefined {
  const seen = new Set<Value>();
  return values.find((value) => seen.has(value) || !seen.add(value));
}
