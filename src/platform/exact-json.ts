/** JSON whose whole numbers keep every digit: ids of 64 bits do not fit into a number of ours. */

declare global {
  // Node 24 has both; the library types do not know them yet.
  interface JSON {
    parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
    rawJSON(text: string): object;
  }
}

const LONG_NUMBER = /\d{16}/;

/** Like JSON.parse, except that a whole number too big to be exact arrives as text. */
export function parseExactly(text: string): unknown {
  // A reviver is several times slower, and most texts have no need of it.
  if (!LONG_NUMBER.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_, value, { source }) =>
    typeof value === "number" && source && /^-?\d+$/.test(source) && !Number.isSafeInteger(value) ? source : value,
  );
}

/** A whole number in digits, to be put into JSON as a number, however long it is. */
export function exactNumber(digits: string): object {
  if (!/^(0|[1-9]\d*)$/.test(digits)) throw new RangeError("not a whole number in digits");
  return JSON.rawJSON(digits);
}
