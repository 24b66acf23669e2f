const DIGIT = /^\p{Nd}$/u;

/** Decimal digits of every script, full-width ones included, as 0 to 9; all else stays. */
export const foldDigits = (text: string): string =>
  text.normalize("NFKC").replace(/\p{Nd}/gu, (digit) => String(digitValue(digit)));

/** Unicode has the ten digits of a script side by side, from zero on. */
function digitValue(digit: string): number {
  const codePoint = digit.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && DIGIT.test(String.fromCodePoint(codePoint - value - 1))) value += 1;
  return value;
}

/** The six digits of a one-time password as people type and paste it, with blanks, hyphens or invisible marks; null if it has not six. */
export function readOtp(typed: string): string | null {
  const digits = foldDigits(typed).replace(/[\p{Z}\p{Pd}\p{C}]/gu, "");
  return /^\d{6}$/.test(digits) ? digits : null;
}
