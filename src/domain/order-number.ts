/** A part of an order number: the day, if present, and the beginning of the ten characters after it. */
export interface OrderNumberPart {
  /** Such as `261122`; null if the text has only later characters. */
  day: string | null;
  /** At least two characters, unless the day is present. */
  tail: string;
}

/**
 * Reads an order number, or its beginning, or its end, in a dictated form: lower case, spaces, missing hyphens, and the
 * letters O, I and L, which no number contains, for the digits that they resemble.
 *
 * @returns null for a text that cannot be part of an order number
 */
export function foldOrderNumber(text: string): OrderNumberPart | null {
  const plain = text.toUpperCase().replace(/[\s–—-]/g, "");
  const whole = plain.match(/^[O0]RD([\dOIL]{6})([0-9A-Z]{0,10})/);
  if (whole) {
    const [, day = "", tail = ""] = whole;
    return tail === "" ? null : { day: foldCharacters(day), tail: foldCharacters(tail) };
  }
  return /^[0-9A-Z]{4,10}$/.test(plain) ? { day: null, tail: foldCharacters(plain) } : null;
}

/** The whole number in canonical form; null if the text is not an order number. */
export function readOrderNumber(text: string): string | null {
  const part = foldOrderNumber(text);
  return part?.day && part.tail.length === 10 ? `ORD-${part.day}-${part.tail}` : null;
}

const foldCharacters = (text: string) => text.replaceAll("O", "0").replace(/[IL]/g, "1");
