import { findTextFault, type TextFault } from "./storable-text.ts";

/**
 * Reads JSON that came as a text, such as a rule that an operator wrote. A byte order mark before it is dropped.
 * @returns the value, undefined if the text is not JSON; or the first text within it that cannot be stored
 */
export function readJsonText(text: string): { value: unknown } | { fault: TextFault } {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return { value: undefined };
  }
  const fault = findTextFault(value);
  return fault ? { fault } : { value };
}
