import { type Db, Prisma } from "../platform/db.ts";

/** A search as `tsquery`s of PostgreSQL. */
export interface RewardSearch {
  /** The words as written, or as a prefix. */
  readonly strict: string;
  /**
   * Also possible meanings of the words: a compound that ends with the word, a similar spelling, two words written as
   * one.
   */
  readonly wide: string;
}

/** The number of words with a lookup; further ones are used as written. */
const MAX_LOOKED_UP = 16;
const MAX_ALTERNATIVES = 6;
/** After every character that continues a word. */
const MAX_CODE_POINT = 0x10_ff_ff;
/** Shorter words are too similar to each other. */
const MIN_FORGIVEN = 4;

interface Known {
  asked: string;
  /** The same in lower case without accents. */
  plain: string;
  begins: boolean;
  /** Words that contain it. */
  around: string[];
  similar: string[];
}

/**
 * Parses a search: every word must match, at least as a prefix, because results are shown during typing.
 *
 * @returns null for a text without a word
 */
export async function readSearch(db: Db, text: string): Promise<RewardSearch | null> {
  const written = text.split(/\s+/).flatMap((word) => {
    const parts = word.match(/[\p{L}\p{N}\p{M}]+/gu);
    return parts ? [{ word, parts }] : [];
  });
  if (written.length === 0) return null;
  const parts = written.flatMap(({ parts }) => parts).slice(0, MAX_LOOKED_UP);
  const pairs = parts.slice(1).map((part, place) => `${parts[place]}${part}`);
  const known = await lookUp(db, [...new Set([...parts.flatMap((part) => [part, ...singularsOf(part)]), ...pairs])]);

  const plainOf = (word: string) => known.get(word)?.plain ?? word;
  /** Each pair of adjacent words, written as one. */
  const joined = (place: number) =>
    [pairs[place - 1], pairs[place]].flatMap((pair) =>
      pair !== undefined && known.get(pair)?.begins ? [begins(plainOf(pair))] : [],
    );
  const strictPart = (part: string) =>
    `(${[part, ...singularsOf(part)].map((word) => begins(plainOf(word))).join(" | ")})`;
  let place = -1;
  const widePart = (part: string) => {
    place += 1;
    return `(${[strictPart(part), ...meanings(part, known).map(exactly), ...(place < parts.length ? joined(place) : [])].join(" | ")})`;
  };
  // PostgreSQL stores `Amazon.in` as one word, so the search accepts the whole word or its parts.
  const query = (ofPart: (part: string) => string) =>
    written.map(({ word, parts }) => `(${begins(word)} | ${parts.map(ofPart).join(" & ")})`).join(" & ");
  return { strict: query(strictPart), wide: query(widePart) };
}

/** Quotes disable operators. */
const exactly = (word: string) => `'${word.replace(/['\\]/g, "$&$&")}'`;
const begins = (word: string) => `${exactly(word)}:*`;

/** English plurals: `plants`, `watches`, `berries`. */
function singularsOf(word: string): string[] {
  if (word.length < MIN_FORGIVEN) return [];
  if (/ies$/i.test(word)) return [`${word.slice(0, -3)}y`];
  if (/(ch|sh|x|ss|z)es$/i.test(word)) return [word.slice(0, -2)];
  return /[^s]s$/i.test(word) ? [word.slice(0, -1)] : [];
}

/** Other words for a term. A term that occurs in the catalogue is no misspelling. */
function meanings(part: string, known: ReadonlyMap<string, Known>): string[] {
  const variants = [part, ...singularsOf(part)].flatMap((word) => known.get(word) ?? []);
  const isKnown = variants.some(({ begins }) => begins);
  const around = variants.flatMap(({ around, plain }) =>
    isKnown ? around.filter((word) => word.endsWith(plain)) : around,
  );
  if (isKnown || around.length > 0) return [...new Set(around)].slice(0, MAX_ALTERNATIVES);
  return variants
    .flatMap(({ plain, similar }) => similar.map((word) => ({ word, edits: editsBetween(plain, word) })))
    .filter(({ word, edits }) => edits <= (word.length < 6 ? 1 : 2))
    .toSorted((a, b) => a.edits - b.edits)
    .slice(0, MAX_ALTERNATIVES)
    .map(({ word }) => word);
}

async function lookUp(db: Db, words: readonly string[]): Promise<ReadonlyMap<string, Known>> {
  const rows = await db.$queryRaw<Known[]>(Prisma.sql`
    select asked.word as asked, plain,
      exists (select from reward_words w where w.word ~>=~ plain and w.word ~<~ (plain || chr(${MAX_CODE_POINT}))) as begins,
      case when length(plain) < ${MIN_FORGIVEN} then '{}' else array(
        select w.word from reward_words w where w.word like '%' || plain || '%' and w.word not like plain || '%'
        order by length(w.word), w.word limit 30) end as around,
      case when length(plain) < ${MIN_FORGIVEN} then '{}' else array(
        select w.word from reward_words w where w.word % plain order by similarity(w.word, plain) desc, w.word limit 30) end as similar
    from unnest(${[...words]}::text[]) as asked (word), plain_text(asked.word) as plain`);
  return new Map(rows.map((row) => [row.asked, row]));
}

/** The edit distance: letters to insert, remove, replace or swap. */
export function editsBetween(one: string, other: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: other.length + 1 }, (_, n) => n)];
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const isSame = one[i - 1] === other[j - 1];
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      const edits = [(last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (isSame ? 0 : 1)];
      row.push(Math.min(...edits, ...(isSwapped ? [(before[j - 2] ?? 0) + 1] : [])));
    }
    [before, last] = [last, row];
  }
  return last[other.length] ?? 0;
}
