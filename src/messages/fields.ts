import type { Vocabulary } from "./field-names.ts";
import { fold } from "./fold.ts";
import { isNothing, type Json, type JsonObject, textOf, writeJson } from "./json-tree.ts";
import type { Notes } from "./notes.ts";

/** A value and its path. */
export interface Found {
  readonly path: string;
  readonly value: Json;
}

export interface Fields<Field extends string> {
  /** The field, or undefined if the message does not have it. */
  readonly get: (field: Field) => Found | undefined;
  /** The entries without a known name. */
  readonly unknown: readonly Found[];
}

interface Entry extends Found {
  readonly key: string;
}

/**
 * The entries of an object by their known names, in any spelling. Two entries for one name must have the same value, or
 * one of them none; otherwise they are a problem, because the intended one is unknown.
 */
export function readFields<Field extends string>(
  object: JsonObject,
  names: Vocabulary<Field>,
  path: string,
  notes: Notes,
): Fields<Field> {
  const fieldOf = fieldsByName(names);
  const groups = new Map<string, Entry[]>();
  for (const [key, value] of object.entries) {
    const name = fieldOf.get(fold(key)) ?? `unknown ${fold(key)}`;
    const entry = { key, value, path: path === "" ? key : `${path}.${key}` };
    const group = groups.get(name);
    if (group) group.push(entry);
    else groups.set(name, [entry]);
  }
  const known = new Map<string, Found>();
  const unknown: Found[] = [];
  for (const [name, entries] of groups) {
    const field = name as Field;
    const isKnown = Object.hasOwn(names, name);
    const entry = oneOf(entries, notes);
    if (!entry) continue;
    if (!isKnown) unknown.push(entry);
    else if (isNothing(entry.value)) {
      const text = textOf(entry.value)?.trim();
      if (text) notes.normalised(entry.path, text, "", "absent-word");
    } else {
      const { documented } = names[field];
      if (!documented.includes(entry.key)) notes.normalised(entry.path, entry.key, documented[0], "key-spelling");
      known.set(field, entry);
    }
  }
  return { get: (field) => known.get(field), unknown };
}

const compiled = new WeakMap<object, ReadonlyMap<string, string>>();

/** Maps each folded name to its field; computed once for each vocabulary. */
function fieldsByName(names: Vocabulary<string>): ReadonlyMap<string, string> {
  const known = compiled.get(names);
  if (known) return known;
  const made = new Map<string, string>();
  for (const [field, { documented, also = [] }] of Object.entries(names)) {
    for (const name of [...documented, ...also]) made.set(fold(name), field);
  }
  compiled.set(names, made);
  return made;
}

function oneOf(entries: readonly Entry[], notes: Notes): Entry | undefined {
  const withValue = entries.filter(({ value }) => !isNothing(value));
  const [first, ...others] = withValue.length > 0 ? withValue : entries.slice(0, 1);
  if (!first) return undefined;
  for (const other of others) {
    if (!isSame(first.value, other.value)) {
      notes.problem(other.path, "CONFLICTING_KEYS", "differs from another key of the same meaning");
      return first;
    }
  }
  const repeated = entries.find((entry) => entry !== first);
  if (repeated) notes.normalised(repeated.path, repeated.key, first.key, "repeated-key");
  return first;
}

/** A number equals a text of the same characters. */
export function isSame(one: Json, other: Json): boolean {
  const [text, otherText] = [textOf(one)?.trim(), textOf(other)?.trim()];
  return text !== undefined && otherText !== undefined ? text === otherText : writeJson(one) === writeJson(other);
}
