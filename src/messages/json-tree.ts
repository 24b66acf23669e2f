import { parseExactly } from "../platform/exact-json.ts";

/**
 * JSON as written: with every digit of a number and every key of an object, including duplicates. `JSON.parse` would
 * silently keep the last duplicate.
 */
export type Json = null | boolean | string | JsonNumber | JsonObject | readonly Json[];

export class JsonNumber {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

export class JsonObject {
  readonly entries: readonly (readonly [key: string, value: Json])[];
  constructor(entries: readonly (readonly [string, Json])[]) {
    this.entries = entries;
  }
}

export type UnreadableJson = "NOT_JSON" | "TOO_DEEP";

/** The maximum nesting of a message; the message itself is level 1. */
export const MAX_DEPTH = 8;

/** Parses a text, or returns the reason of a failure. Runs in linear time for all inputs. */
export function readJson(
  text: string,
  maxDepth: number = MAX_DEPTH,
): { readonly tree: Json } | { readonly unreadable: UnreadableJson } {
  // Checked before the recursive parser runs.
  if (isDeeperThan(maxDepth, text)) return { unreadable: "TOO_DEEP" };
  try {
    JSON.parse(text);
  } catch {
    return { unreadable: "NOT_JSON" };
  }
  return { tree: treeOf(text) };
}

function isDeeperThan(limit: number, text: string): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inText) {
      if (character === "\\") at++;
      else if (character === '"') inText = false;
    } else if (character === '"') inText = true;
    else if (character === "{" || character === "[") {
      if (++depth > limit) return true;
    } else if (character === "}" || character === "]") depth--;
  }
  return false;
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]|[^\s,:{}[\]"]+/g;

/** @param text valid JSON: then the tokens' order alone determines the tree, without commas and colons */
function treeOf(text: string): Json {
  const tokens = text.match(TOKEN) ?? [];
  let next = 0;
  const read = (): Json => {
    const token = tokens[next++] ?? "null";
    if (token === "{") {
      const entries: [string, Json][] = [];
      while (tokens[next] !== "}") entries.push([JSON.parse(tokens[next++] ?? '""') as string, read()]);
      next++;
      return new JsonObject(entries);
    }
    if (token === "[") {
      const items: Json[] = [];
      while (tokens[next] !== "]") items.push(read());
      next++;
      return items;
    }
    return /^[-\d]/.test(token) ? new JsonNumber(token) : (JSON.parse(token) as null | boolean | string);
  };
  return read();
}

/** Writes the tree as text, with each key and digit. */
export function writeJson(tree: Json): string {
  if (tree instanceof JsonNumber) return tree.source;
  if (tree instanceof JsonObject) {
    return `{${tree.entries.map(([key, value]) => `${JSON.stringify(key)}:${writeJson(value)}`).join(",")}}`;
  }
  return isList(tree) ? `[${tree.map(writeJson).join(",")}]` : JSON.stringify(tree);
}

/** Converts the tree to plain values, to be stored as JSON. A whole number beyond the safe range becomes text. */
export function plainValue(tree: Json): unknown {
  if (tree instanceof JsonNumber) {
    const value = parseExactly(tree.source);
    return typeof value === "number" && !Number.isFinite(value) ? tree.source : value;
  }
  if (tree instanceof JsonObject)
    return Object.fromEntries(tree.entries.map(([key, value]) => [key, plainValue(value)]));
  return isList(tree) ? tree.map(plainValue) : tree;
}

export const isList = (tree: Json): tree is readonly Json[] => Array.isArray(tree);

/** The text of a string or number, with the digits as written; null for other values. */
export function textOf(tree: Json): string | null {
  if (typeof tree === "string") return tree;
  return tree instanceof JsonNumber ? tree.source : null;
}

const NOTHING = new Set(["", "null", "none", "nil", "undefined"]);

/** Whether a value is empty: null, an empty text, list or object, or a producer's word for it. */
export function isNothing(tree: Json): boolean {
  if (tree === null) return true;
  if (typeof tree === "string") return NOTHING.has(tree.trim().toLowerCase());
  if (tree instanceof JsonObject) return tree.entries.length === 0;
  return isList(tree) && tree.length === 0;
}
