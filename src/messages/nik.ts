import { fold } from "./fold.ts";

/** What stands in the place of a national id that was removed. */
export const NIK_MARK = "[nik removed]";

/** What a national id is called, folded. */
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

/** The keys whose value is a national id, or must be taken for one. */
export const isNikKey = (key: string): boolean => NIK_KEYS.has(fold(key));
/** Whether a word, as in `Resource`, says that what goes with it is a national id. */
export const isNikName = (word: string): boolean => NIK_NAMES.some((name) => name === fold(word));

// The provinces of Indonesia, the first two digits of every NIK. No year of ours begins like one.
const PROVINCE = /^(1[1-9]|21|3[1-6]|5[1-3]|6[1-5]|7[1-6]|8[12]|9[1-7])/;

/** Sixteen digits: where (6), the day of birth, 40 more for a woman, month and year (6), a number (4). */
export function looksLikeNik(digits: string): boolean {
  if (!/^\d{16}$/.test(digits) || !PROVINCE.test(digits)) return false;
  const day = Number(digits.slice(6, 8)) % 40;
  const month = Number(digits.slice(8, 10));
  return day >= 1 && day <= 31 && month >= 1 && month <= 12;
}
