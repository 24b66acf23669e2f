import type { envelopeNames } from "./field-names.ts";
import { type Fields, type Found, isSame } from "./fields.ts";
import { textOf } from "./json-tree.ts";
import { isNikName, NIK_MARK } from "./nik.ts";
import type { Notes } from "./notes.ts";

export interface NationalId {
  /** The digits; null without a national id, or for a mark whose hash is stored. */
  readonly nik: string | null;
  /** Whether the message has a national id, readable or not. */
  readonly isGiven: boolean;
}

/**
 * Reads the national id: from `ResourceId` if `Resource` declares it as such, or from a field for a national id. All
 * must agree.
 * @param isOnRecord a mark counts as a national id, because its hash is stored
 */
export function readNationalId(
  inData: Found | undefined,
  envelope: Fields<keyof typeof envelopeNames>,
  isOnRecord: boolean,
  notes: Notes,
): NationalId {
  const resource = envelope.get("resource");
  const resourceId = envelope.get("resourceId");
  const isNik = resource !== undefined && isNikName(textOf(resource.value) ?? "");
  if (resourceId && !isNik) notes.normalised(resourceId.path, NIK_MARK, "", "not-used");
  const [first, ...others] = [isNik ? resourceId : undefined, inData, envelope.get("nik")].filter(
    (found) => found !== undefined,
  );
  if (!first) return { nik: null, isGiven: false };
  for (const other of others) {
    if (!isSame(first.value, other.value)) {
      notes.problem(other.path, "NIK_CONFLICT", "differs from the other national id in the message");
    }
  }
  return { nik: digitsOf(first, isOnRecord, notes), isGiven: true };
}

/**
 * The digits without separators. They are not validated further, because those of the documented samples are invalid.
 */
function digitsOf({ path, value }: Found, isOnRecord: boolean, notes: Notes): string | null {
  const written = textOf(value)?.trim() ?? "";
  if (written === NIK_MARK) {
    return isOnRecord ? null : notes.problem(path, "NIK_REMOVED", "was removed as a national id: enter it again");
  }
  const digits = written.replace(/[ .-]/g, "");
  if (!/^\d{6,32}$/.test(digits)) return notes.problem(path, "NIK_INVALID", "is not the number of a national id");
  if (digits !== written) notes.normalised(path, NIK_MARK, NIK_MARK, "separators-removed");
  return digits;
}
