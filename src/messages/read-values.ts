import type { Found } from "./fields.ts";
import { JsonNumber, textOf } from "./json-tree.ts";
import { looksLikeNik, NIK_MARK } from "./nik.ts";
import type { Notes } from "./notes.ts";

/** The maximum number of digits of a 64-bit integer. */
const LONGEST_ID = 20;

/** A person's id as digits; null without one, or with a problem noted if it is ambiguous. */
export function readId(found: Found | undefined, nik: string | null, notes: Notes): string | null {
  const digits = readDigits(found, notes);
  if (!found || digits === null) return null;
  if (digits === "0") {
    notes.normalised(found.path, digits, "", "zero-as-absent");
    return null;
  }
  if (isNik(digits, nik) || looksLikeNik(digits)) return misplaced(found, notes);
  return digits;
}

function readDigits(found: Found | undefined, notes: Notes): string | null {
  if (!found) return null;
  const written = textOf(found.value)?.trim();
  if (written === NIK_MARK) return removed(found, notes);
  const whole = found.value instanceof JsonNumber ? written?.replace(/\.0+$/, "") : written;
  const digits = whole?.replace(/^0+(?=\d)/, "") ?? "";
  if (!/^\d+$/.test(digits) || digits.length > LONGEST_ID) {
    return notes.problem(found.path, "ID_INVALID", "is not an id of up to 20 digits");
  }
  if (whole !== written) notes.normalised(found.path, written ?? "", digits, "decimal-as-integer");
  else if (digits !== whole) notes.normalised(found.path, whole ?? "", digits, "leading-zeros");
  return digits;
}

/** A product's id: a whole number, or any short name from newer producers. */
export function readProductId(found: Found | undefined, nik: string | null, notes: Notes): string | null {
  const text = readText(found, 64, nik, notes);
  if (!found || text === null) return null;
  return /^\d+(\.0+)?$/.test(text) ? readId(found, nik, notes) : text;
}

/** A text of the producer's choice, within the maximum length and without control characters. */
export function readText(found: Found | undefined, longest: number, nik: string | null, notes: Notes): string | null {
  if (!found) return null;
  const written = textOf(found.value);
  const text = written?.trim() ?? "";
  if (text.includes(NIK_MARK)) return removed(found, notes);
  if (text === "" || text.length > longest || /\p{C}/u.test(text)) {
    return notes.problem(found.path, "TEXT_INVALID", `is not a text of up to ${longest} characters`);
  }
  if (nik !== null && text.replace(/\D/g, "").includes(nik)) return misplaced(found, notes);
  if (text !== written) notes.normalised(found.path, written ?? "", text, "trimmed");
  return text;
}

/**
 * A whole amount. A text may end in `.0` or `.00`, which is unambiguous. `6.000` and `6,000` mean six or six thousand,
 * depending on the country, so they are refused.
 */
export function readAmount(found: Found | undefined, nik: string | null, notes: Notes): number | null {
  if (!found) return null;
  const written = textOf(found.value)?.trim() ?? "";
  const isNumber = found.value instanceof JsonNumber;
  const [, digits] = (isNumber ? /^(\d+)(?:\.0+)?$/ : /^(\d+)(?:\.0{1,2})?$/).exec(written) ?? [];
  if (digits === undefined) return notes.problem(found.path, "AMOUNT_INVALID", "is not a whole amount");
  if (isNik(digits, nik)) return misplaced(found, notes);
  const amount = Number(digits);
  if (!Number.isSafeInteger(amount)) {
    return notes.problem(found.path, "AMOUNT_TOO_LARGE", "is too large for an exact calculation");
  }
  if (digits !== written) notes.normalised(found.path, written, String(amount), "decimal-as-integer");
  else if (!isNumber) notes.normalised(found.path, written, String(amount), "text-as-integer");
  return amount;
}

export const isNik = (digits: string, nik: string | null) => nik !== null && digits === nik.replace(/^0+/, "");
export const misplaced = (found: Found, notes: Notes) =>
  notes.problem(found.path, "NIK_MISPLACED", "is a national id, which must not be stored, in the place of another id");
const removed = (found: Found, notes: Notes) =>
  notes.problem(found.path, "NIK_REMOVED", "was removed as a national id: enter the intended value");
