const ERRORS = /^#(N\/A|REF!|VALUE!|NAME\?|DIV\/0!|NUM!|NULL!|SPILL!|CALC!|FIELD!|ERROR!|BLOCKED!|GETTING_DATA|#*)$/i;
const OFFICE_ERROR = /^Err:\d{3}$/i;
/** The spreadsheet format of large numbers: one digit, decimals, and an exponent with its sign. */
const SCIENTIFIC = /^[+-]?\d([.,]\d+)?E[+-]\d+$/i;
const DECIMAL_ZERO = /^\d+[.,]0+$/;
const MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)";
const DATE = new RegExp(`^(\\d{1,2}-${MONTH}(-\\d{2,4})?|${MONTH}-\\d{2,4}|\\d{1,2}/\\d{1,2}/\\d{2,4})$`, "i");
const PLACEHOLDER = /^(null|nil|nan|undefined|n\/a|true|false)$/i;
/** The digits that a spreadsheet preserves in a number. */
const KEPT_DIGITS = 15;

/** The sign of damage in a value, without quoting the value; null if there is none. */
export function damageOf(value: string): string | null {
  if (/[\r\n\u0085\u2028\u2029]/u.test(value)) return "holds a line break";
  if (value.includes("\t")) return "holds a tab";
  const invisible = /[\p{C}\p{Default_Ignorable_Code_Point}\u2800]/u.exec(value)?.[0];
  if (invisible !== undefined) return `holds an invisible character (${codePoint(invisible)})`;
  const blank = /(?! )\p{Z}/u.exec(value)?.[0];
  if (blank !== undefined) return `holds a blank that is not a plain space (${codePoint(blank)})`;
  if (value.includes("\uFFFD")) return "holds a character that could not be read (U+FFFD): save the file as UTF-8";
  if (/^['‘’`´]/.test(value)) return "begins with an apostrophe, by which spreadsheets mark text";
  if (value.startsWith("=")) return "is a formula of a spreadsheet";
  if (ERRORS.test(value) || OFFICE_ERROR.test(value)) return "is an error of a spreadsheet, such as #N/A";
  if (SCIENTIFIC.test(value)) return "looks like a number that a spreadsheet has rounded";
  if (DECIMAL_ZERO.test(value)) return "looks like a number that a spreadsheet has given decimals";
  if (DATE.test(value)) return "looks like a date that a spreadsheet has made of it";
  if (PLACEHOLDER.test(value)) return "is a word for a missing or logical value";
  return null;
}

/**
 * Whether these values of one column are long numbers rounded by a spreadsheet, which preserves 15 digits and writes
 * zeros for the rest. A single number may end in zeros; with three or more it is no coincidence.
 */
export function areRounded(values: readonly string[]): boolean {
  const long = values.filter(isLongNumber);
  return long.length >= 3 && long.every(isRounded);
}

const isLongNumber = (value: string): boolean => /^\d+$/.test(value) && value.length > KEPT_DIGITS;
export const isRounded = (value: string): boolean => isLongNumber(value) && /^0+$/.test(value.slice(KEPT_DIGITS));

const codePoint = (character: string) =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
