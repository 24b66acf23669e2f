import { randomInt } from "node:crypto";

/** Without vowels, which would make words, and without 0, 1, and letters that look like them. */
const ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ";
const GROUP = 4;
const LENGTH = 2 * GROUP;

const stored = new RegExp(`^[${ALPHABET}]{${LENGTH}}$`);

/** A code as it is stored, without the hyphen: 28⁸ codes, so that no guess meets one of a million customers' codes. */
export const makeCode = (): string =>
  Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");

export const writtenCode = (code: string): string => `${code.slice(0, GROUP)}-${code.slice(GROUP)}`;

/** The code as it is stored; null if the text cannot be a code. */
export function readCode(text: string): string | null {
  const code = text.replace(/[\s-]/g, "").toUpperCase();
  return stored.test(code) ? code : null;
}
