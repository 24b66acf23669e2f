import { storable } from "../platform/storable-text.ts";
import { fold } from "./fold.ts";
import { isList, isNothing, type Json, JsonNumber, JsonObject, readJson, textOf, writeJson } from "./json-tree.ts";
import { isNikKey, looksLikeNik, NIK_MARK } from "./nik.ts";

/**
 * Keeps national ids out of stored data. A NIK is recognised by its field (`ResourceId`, `nik` …), and then removed
 * from the whole message, or by its format.
 */

/** Shorter digit strings are removed only from fields for a NIK: elsewhere they would match parts of other numbers. */
const MIN_MASKED_ANYWHERE = 6;
/** Beyond this many national ids, all long numbers are removed instead of searching for each. */
const MAX_NUMBERS_MASKED_APART = 20;
const DIGITS = /\d(?:[ .-]?\d)*/g;
const LONG_NUMBER = /\d(?:[ .-]?\d){5,}/g;

/** U+FFFC, the Unicode placeholder for an object that is not text. */
const PLACEHOLDER = "\uFFFC";

export type Mask = (text: string) => string;

/**
 * @returns a function that removes from a text the national ids of this message, and any text with the format of one
 */
export function maskFor(tree: Json): Mask {
  const found = new Set<string>();
  collect(tree, found, false, 0);
  if (found.size > MAX_NUMBERS_MASKED_APART) return (text) => maskLongNumbers(text.replace(LONG_NUMBER, NIK_MARK));
  const words = [...found].filter(
    (word) => word.length >= MIN_MASKED_ANYWHERE && !NIK_MARK.includes(word) && !word.includes(PLACEHOLDER),
  );
  // A number written with separators in one place may be written without them in another.
  const numbers = words.map((word) => word.replace(/\D/g, "")).filter((digits) => digits.length >= MIN_MASKED_ANYWHERE);
  const isKnown = (digits: string) => numbers.some((number) => digits.includes(number));
  return (text) => {
    // The first replacement is a single character, shorter than any national id: the mark itself could contain the next
    // id, and repeated replacement would grow the text.
    const marked = words.reduce((masked, word) => masked.replaceAll(word, PLACEHOLDER), text);
    return maskRuns(marked, isKnown).replaceAll(PLACEHOLDER, NIK_MARK);
  };
}

/** Removes numbers that contain a national id, with all their separators. */
const maskRuns = (text: string, isKnown: (digits: string) => boolean) =>
  text.replace(DIGITS, (run) => {
    const groups = run.split(/[ .-]/);
    return isKnown(groups.join("")) || holdsLookalike(groups) ? NIK_MARK : run;
  });

const maskLongNumbers: Mask = (text) => maskRuns(text, () => false);

function holdsLookalike(groups: readonly string[]): boolean {
  return groups.some((_, start) => {
    let digits = "";
    for (let next = start; digits.length < 16 && next < groups.length; next++) digits += groups[next];
    return looksLikeNik(digits);
  });
}

/** A number in the field for its type: `Resource` and `ResourceId` are swapped. */
const isSwapped = (key: string, value: Json) => fold(key) === "resource" && /\d{6}/.test(textOf(value) ?? "");

function collect(tree: Json, found: Set<string>, isNik: boolean, embedded: number): void {
  if (tree instanceof JsonObject) {
    for (const [key, value] of tree.entries)
      collect(value, found, isNik || isNikKey(key) || isSwapped(key, value), embedded);
  } else if (isList(tree)) {
    for (const item of tree) collect(item, found, isNik, embedded);
  } else {
    const inside = embeddedIn(tree, embedded);
    if (inside) collect(inside, found, isNik, embedded + 1);
    const text = textOf(tree)?.trim();
    if (isNik && text && !isNothing(tree)) {
      found.add(text);
      if (tree instanceof JsonNumber) found.add(String(Number(text)));
    }
  }
}

/** Parses JSON within a text, which may be nested again. */
function embeddedIn(tree: Json, depth: number): Json | null {
  if (typeof tree !== "string" || depth >= 3 || !/^\s*["{[]/.test(tree)) return null;
  const read = readJson(tree);
  return "tree" in read ? read.tree : null;
}

/**
 * The tree without national ids: fields for one lose their whole value; other texts, keys and numbers lose the ids they
 * contain.
 */
export function maskTree(tree: Json, mask: Mask, isNik = false, embedded = 0): Json {
  if (tree instanceof JsonObject) {
    return new JsonObject(
      tree.entries.map(([key, value]) => [
        storable(mask(key)),
        maskTree(value, mask, isNik || isNikKey(key), embedded),
      ]),
    );
  }
  if (isList(tree)) return tree.map((item) => maskTree(item, mask, isNik, embedded));
  const text = textOf(tree);
  if (text === null) return tree;
  if (isNik && !isNothing(tree)) return NIK_MARK;
  const inside = embeddedIn(tree, embedded);
  if (inside) return writeJson(maskTree(inside, mask, false, embedded + 1));
  const masked = mask(text);
  return tree instanceof JsonNumber && masked === text ? tree : storable(masked);
}

const NAMED_IN_TEXT =
  /((?:resource[\s_-]*id|nik|ktp|national[\s_-]*id|identity[\s_-]*number)(?:[\s_-]*number)?[\\"'\s]*[:=][\\"'\s]*)(?!\[nik removed\])(\d(?:[ .-]?\d)*|[^\\"'\s,;}\]]+)/gi;

/**
 * Masks a text that is not JSON: removes long numbers, and the text beside the name of a national id. It removes more
 * than necessary, because the beginning of a value cannot be determined.
 */
export function maskUnreadable(text: string): string {
  const unescaped = text.replace(/\\+u00(3\d)/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return storable(maskLongNumbers(unescaped.replace(NAMED_IN_TEXT, `$1${NIK_MARK}`).replace(/\d{9,}/g, NIK_MARK)));
}
