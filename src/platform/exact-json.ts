/** JSON whose whole numbers keep every digit: a 64-bit id does not fit into a JavaScript number. */

declare global {
  // Node 24 has both functions; its library types lack them.
  interface JSON {
    parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
    rawJSON(text: string): object;
  }
}

const LONG_NUMBER = /\d{16}/;

/** Like JSON.parse, except that a whole number beyond the safe range becomes a string. */
export function parseExactly(text: string): unknown {
  // A reviver is several times slower, and most texts do not need it.
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
