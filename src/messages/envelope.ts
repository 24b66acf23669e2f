import type { envelopeNames } from "./field-names.ts";
import type { Fields } from "./fields.ts";
import { textOf } from "./json-tree.ts";
import { type Mask, maskTree } from "./mask-nik.ts";
import type { Envelope } from "./message.ts";

const LONGEST = 200;

/** The envelope as written, for the record, without national ids and with long texts shortened. */
export function envelopeOf(fields: Fields<keyof typeof envelopeNames>, mask: Mask): Envelope {
  const shown = (field: keyof Envelope) => {
    const found = fields.get(field);
    return (found && textOf(maskTree(found.value, mask)))?.slice(0, LONGEST).toWellFormed() ?? "";
  };
  return {
    subject: shown("subject"),
    subjectType: shown("subjectType"),
    subjectIdentifier: shown("subjectIdentifier"),
    action: shown("action"),
    resourceType: shown("resourceType"),
    scopeSource: shown("scopeSource"),
    date: shown("date"),
  };
}
