const DIGIT = /^\p{Nd}$/u;

/** Replaces decimal digits of every script, full-width ones included, by 0 to 9. */
export const foldDigits = (text: string): string =>
  text.normalize("NFKC").replace(/\p{Nd}/gu, (digit) => String(digitValue(digit)));

/** Unicode encodes the ten digits of a script consecutively, from zero on. */
function digitValue(digit: string): number {
  const codePoint = digit.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && DIGIT.test(String.fromCodePoint(codePoint - value - 1))) value += 1;
  return value;
}

/**
 * The six digits of a typed or pasted one-time password, with or without spaces, hyphens or invisible characters; null
 * if there are not exactly six.
 */
export function readOtp(typed: string): string | null {
  const digits = foldDigits(typed).replace(/[\p{Z}\p{Pd}\p{C}]/gu, "");
  return /^\d{6}$/.test(digits) ? digits : null;
}
