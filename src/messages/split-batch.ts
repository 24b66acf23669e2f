import { isList, MAX_DEPTH, readJson, writeJson } from "./json-tree.ts";
import type { Problem } from "./notes.ts";
import { MAX_MESSAGE_BYTES, textOfRaw } from "./raw-text.ts";

/** The maximum number of messages in a call. */
export const MAX_BATCH = 100;

/**
 * Splits the body of a call into the texts of its messages: a list into its items, with every digit; any other body is
 * a single message. Only an invalid or too long list is refused as a whole.
 */
export function splitBatch(
  raw: unknown,
): { readonly isList: boolean; readonly items: readonly string[] } | { readonly problems: readonly [Problem] } {
  const text = textOfRaw(raw, MAX_BATCH * MAX_MESSAGE_BYTES);
  if ("unreadable" in text) return refuse(text.unreadable, "cannot be read");
  if (!/^\s*\[/.test(text.text)) return { isList: false, items: [text.text] };
  const json = readJson(text.text, MAX_DEPTH + 1);
  if ("unreadable" in json) return refuse(json.unreadable, "cannot be read");
  const items = isList(json.tree) ? json.tree : [];
  if (items.length > MAX_BATCH) return refuse("TOO_MANY_MESSAGES", `has more than ${MAX_BATCH} messages`);
  return { isList: true, items: items.map(writeJson) };
}

const refuse = (code: Problem["code"], message: string): { readonly problems: readonly [Problem] } => ({
  problems: [{ path: "", code, message }],
});
