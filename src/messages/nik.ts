import { fold } from "./fold.ts";

/** The text that replaces a national id. */
export const NIK_MARK = "[nik removed]";

/** The names of a national id, folded. */
export const NIK_NAMES = [
  "nik",
  "nonik",
  "nomornik",
  "niknumber",
  "ktp",
  "noktp",
  "nomorktp",
  "nationalid",
  "nationalidnumber",
  "identitynumber",
] as const;
const NIK_KEYS = new Set<string>([...NIK_NAMES, "resourceid"]);

/** Keys whose value is a national id, or must be treated as one. */
export const isNikKey = (key: string): boolean => NIK_KEYS.has(fold(key));
/** Whether a word, as in `Resource`, declares a national id. */
export const isNikName = (word: string): boolean => NIK_NAMES.some((name) => name === fold(word));

// The first two digits of every NIK are a province of Indonesia. No current year starts with such digits.
const PROVINCE = /^(1[1-9]|21|3[1-6]|5[1-3]|6[1-5]|7[1-6]|8[12]|9[1-7])/;

/** Sixteen digits: place (6), day of birth plus 40 for women, month and year (6), sequence number (4). */
export function looksLikeNik(digits: string): boolean {
  if (!/^\d{16}$/.test(digits) || !PROVINCE.test(digits)) return false;
  const day = Number(digits.slice(6, 8)) % 40;
  const month = Number(digits.slice(8, 10));
  return day >= 1 && day <= 31 && month >= 1 && month <= 12;
}
