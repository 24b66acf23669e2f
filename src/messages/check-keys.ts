import { isSame } from "./fields.ts";
import { isList, isNothing, type Json, JsonObject } from "./json-tree.ts";
import type { Notes } from "./notes.ts";

/** Keys with a special meaning in JavaScript, which no honest producer uses. */
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

/** Checks the keys of the whole message, including unknown parts, for forbidden ones. */
export function checkKeys(tree: Json, path: string, notes: Notes): void {
  if (isList(tree)) {
    for (const [place, item] of tree.entries()) checkKeys(item, `${path}[${place}]`, notes);
  }
  if (!(tree instanceof JsonObject)) return;
  const seen = new Map<string, Json>();
  for (const [key, value] of tree.entries) {
    const keyPath = path === "" ? key : `${path}.${key}`;
    if (FORBIDDEN.has(key.trim())) notes.problem(keyPath, "FORBIDDEN_KEY", "is not a permitted key");
    const before = seen.get(key);
    if (before !== undefined && !isNothing(before) && !isNothing(value) && !isSame(before, value)) {
      notes.problem(keyPath, "CONFLICTING_KEYS", "occurs twice with different values");
    }
    seen.set(key, value);
    checkKeys(value, keyPath, notes);
  }
}
