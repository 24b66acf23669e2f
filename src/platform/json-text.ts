import { findTextFault, type TextFault } from "./storable-text.ts";

/**
 * Parses JSON from a text field, such as a rule written by an operator. A leading byte order mark is dropped.
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
