import { checkKeys } from "./check-keys.ts";
import type { Found } from "./fields.ts";
import { isList, type Json, JsonObject, readJson } from "./json-tree.ts";
import type { Notes } from "./notes.ts";

/** Parses a text that contains an object or a list; returns other values unchanged. */
export function unwrapText(found: Found, notes: Notes): Found {
  const { path, value } = found;
  if (typeof value !== "string" || !/^\s*[{[]/.test(value)) return found;
  const read = readJson(value);
  if (!("tree" in read)) return found;
  notes.normalised(path, "text", isList(read.tree) ? "list" : "object", "json-in-text");
  checkKeys(read.tree, path, notes);
  return { path, value: read.tree };
}

/** `Data` as an object. A list with one item counts as that item; a longer list can only be the lines. */
export function dataObject(found: Found, notes: Notes): { readonly path: string; readonly object: JsonObject } | null {
  const { path, value } = unwrapText(found, notes);
  if (value instanceof JsonObject) return { path, object: value };
  if (!isList(value)) return notes.problem(path, "DATA_INVALID", "is not an object");
  const [only, ...others] = value;
  notes.normalised(path, "list", "object", "list-for-object");
  if (only instanceof JsonObject && others.length === 0) return { path: `${path}[0]`, object: only };
  return { path, object: new JsonObject([["transaction", value]]) };
}

/** A list; a single value counts as a list of one. */
export function listOf(found: Found | undefined, notes: Notes): readonly Found[] | null {
  if (!found) return [];
  const { path, value } = unwrapText(found, notes);
  if (isList(value)) return value.map((item: Json, place) => ({ path: `${path}[${place}]`, value: item }));
  if (!(value instanceof JsonObject)) return notes.problem(path, "LINES_INVALID", "is not a list of lines");
  notes.normalised(path, "object", "list", "object-for-list");
  return [{ path, value }];
}
