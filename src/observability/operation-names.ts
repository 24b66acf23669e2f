/** Maps the name of an operation to a label from a bounded set, because clients choose the names. */
export interface OperationNames {
  /**
   * @param name of a valid operation, as the client sent it
   * @returns the name if it is of a trusted document or among the first others; else `other`, or `unnamed` without a
   * name
   */
  labelOf(name: string | null | undefined): string;
}

const MAX_OTHERS = 100;
const MAX_LENGTH = 64;

/** @param trusted names that always have a label of their own */
export function makeOperationNames(trusted: Iterable<string>, maxOthers = MAX_OTHERS): OperationNames {
  const names = new Set(trusted);
  const most = names.size + maxOthers;
  return {
    labelOf(name) {
      if (!name) return "unnamed";
      if (names.has(name)) return name;
      if (names.size >= most || name.length > MAX_LENGTH) return "other";
      names.add(name);
      return name;
    },
  };
}

/** @returns the names of the operations in the text of a valid document */
export const operationNamesIn = (text: string): string[] =>
  [...text.matchAll(/\b(?:query|mutation|subscription)\s+([A-Za-z_]\w*)/g)].flatMap(([, name]) => name ?? []);
