import { storable } from "../platform/storable-text.ts";
import { fold } from "./fold.ts";
import { isList, isNothing, type Json, JsonNumber, JsonObject, readJson, textOf, writeJson } from "./json-tree.ts";
import { isNikKey, looksLikeNik, NIK_MARK } from "./nik.ts";

/**
 * Keeping national ids out of whatever we keep. A NIK is known by its place (`ResourceId`, `nik` …), and then removed wherever
 * else in the message it stands, or by its looks alone.
 */

/** Fewer digits than this are removed only where a NIK is expected: they would be found in every other number. */
const SHORTEST_FOUND_ANYWHERE = 6;
/** Of more than this many we do not look for each; then no long number is left. */
const MOST_LOOKED_FOR = 20;
const DIGITS = /\d(?:[ .-]?\d)*/g;
const LONG_NUMBER = /\d(?:[ .-]?\d){5,}/g;

/** U+FFFC, which stands for something that is not text. */
const PLACEHOLDER = "\uFFFC";

export type Mask = (text: string) => string;

/** A function that removes from a text the national ids of this message, and whatever looks like one. */
export function maskFor(tree: Json): Mask {
  const found = new Set<string>();
  collect(tree, found, false, 0);
  if (found.size > MOST_LOOKED_FOR) return (text) => maskLooks(text.replace(LONG_NUMBER, NIK_MARK));
  const words = [...found].filter(
    (word) => word.length >= SHORTEST_FOUND_ANYWHERE && !NIK_MARK.includes(word) && !word.includes(PLACEHOLDER),
  );
  // Written with separators in one place it may be written without in another.
  const numbers = words
    .map((word) => word.replace(/\D/g, ""))
    .filter((digits) => digits.length >= SHORTEST_FOUND_ANYWHERE);
  const isKnown = (digits: string) => numbers.some((number) => digits.includes(number));
  return (text) => {
    // First one character, shorter than any word: a mark could hold the next word, and so on, and grow.
    const marked = words.reduce((masked, word) => masked.replaceAll(word, PLACEHOLDER), text);
    return maskRuns(marked, isKnown).replaceAll(PLACEHOLDER, NIK_MARK);
  };
}

/** Removes numbers, with whatever separators are in them, that hold a national id. */
const maskRuns = (text: string, isKnown: (digits: string) => boolean) =>
  text.replace(DIGITS, (run) => {
    const groups = run.split(/[ .-]/);
    return isKnown(groups.join("")) || holdsLookalike(groups) ? NIK_MARK : run;
  });

const maskLooks: Mask = (text) => maskRuns(text, () => false);

function holdsLookalike(groups: readonly string[]): boolean {
  return groups.some((_, start) => {
    let digits = "";
    for (let next = start; digits.length < 16 && next < groups.length; next++) digits += groups[next];
    return looksLikeNik(digits);
  });
}

/** A number where its name belongs: `Resource` and `ResourceId` the wrong way round. */
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

/** JSON within a text, which may be within a text again. */
function embeddedIn(tree: Json, depth: number): Json | null {
  if (typeof tree !== "string" || depth >= 3 || !/^\s*["{[]/.test(tree)) return null;
  const read = readJson(tree);
  return "tree" in read ? read.tree : null;
}

/** The tree without national ids: nothing of the value where one belongs, and none within any other text, key or number. */
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
 * What a text that cannot be read as JSON says without its long numbers, and without what stands beside the name of a
 * national id. It loses more than need be: nobody can tell where a value in it begins.
 */
export function maskUnreadable(text: string): string {
  const unescaped = text.replace(/\\+u00(3\d)/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return storable(maskLooks(unescaped.replace(NAMED_IN_TEXT, `$1${NIK_MARK}`).replace(/\d{9,}/g, NIK_MARK)));
}
