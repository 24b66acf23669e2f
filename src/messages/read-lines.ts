import type { dataNames } from "./field-names.ts";
import { lineNames } from "./field-names.ts";
import { type Fields, type Found, isSame, readFields } from "./fields.ts";
import { JsonObject } from "./json-tree.ts";
import type { RewardAction, RewardLine } from "./message.ts";
import type { Notes } from "./notes.ts";
import { type DateRules, readDate } from "./read-date.ts";
import type { ParticipantFields } from "./read-participants.ts";
import { readAmount, readProductId, readText } from "./read-values.ts";
import { listOf } from "./unwrap.ts";

/** No real transaction has more lines. */
export const MAX_LINES = 100;

type DataFields = Fields<keyof typeof dataNames>;
type Fact = "date" | "amount" | "product" | "trxId" | "reference";

/** The fields of a line before their values are read. */
interface RawLine {
  readonly path: string;
  readonly get: (fact: Fact) => Found | undefined;
}

export interface RawLines {
  readonly lines: readonly RawLine[];
  readonly participants: ParticipantFields;
  readonly unknown: readonly Found[];
}

/**
 * Finds the lines in `Data`, completed from the fields beside them. Without lines, `Data` itself is the only line.
 * Participants that a producer repeats in each line are merged, because a message has one of each.
 */
export function findLines(data: DataFields, path: string, notes: Notes): RawLines {
  const items = listOf(data.get("transaction"), notes) ?? [];
  if (items.length > MAX_LINES) notes.problem(path, "TOO_MANY_LINES", `has more than ${MAX_LINES} lines`);
  const read = items.slice(0, MAX_LINES).flatMap((item) => {
    if (item.value instanceof JsonObject) {
      return [{ path: item.path, fields: readFields(item.value, lineNames, item.path, notes) }];
    }
    notes.problem(item.path, "LINES_INVALID", "is not a line");
    return [];
  });
  const participants = mergeParticipants(
    data,
    read.map(({ fields }) => fields),
    notes,
  );
  const unknown = read.flatMap(({ fields }) => fields.unknown);
  if (items.length === 0 && !notes.problems.some(({ code }) => code === "LINES_INVALID")) {
    if (data.get("date")) notes.normalised(path, "no lines", "one line", "line-from-data");
    return { lines: [{ path, get: data.get }], participants, unknown };
  }
  const lines = read.map(({ path, fields }) => ({
    path,
    get: (fact: Fact) => fields.get(fact) ?? fromData(fact, read.length, data, path, notes),
  }));
  // An amount or product beside several lines belongs to no particular line; unused values are reported as ignored.
  for (const fact of ["date", "amount", "product", "trxId", "reference"] as const) {
    const ofMessage = data.get(fact);
    const isTaken = read.some(({ fields }) => !fields.get(fact)) && (read.length === 1 || isShared(fact));
    if (ofMessage && !isTaken) notes.normalised(ofMessage.path, ofMessage.value, "", "not-used");
  }
  return { lines, participants, unknown };
}

/** A date or transaction id may belong to all lines. */
const isShared = (fact: Fact) => fact === "date" || fact === "trxId" || fact === "reference";

function fromData(fact: Fact, lines: number, data: DataFields, path: string, notes: Notes): Found | undefined {
  const found = lines === 1 || isShared(fact) ? data.get(fact) : undefined;
  if (found) notes.normalised(path, "", found.path, "line-filled-from-data");
  return found;
}

function mergeParticipants(
  data: DataFields,
  lines: readonly Fields<keyof typeof lineNames>[],
  notes: Notes,
): ParticipantFields {
  const one = (field: keyof ParticipantFields): Found | undefined => {
    const own = data.get(field);
    const [first, ...others] = [own, ...lines.map((line) => line.get(field))].filter((found) => found !== undefined);
    if (!first) return undefined;
    const other = others.find((found) => !isSame(found.value, first.value));
    if (other) notes.problem(other.path, "LINES_DISAGREE", "names another person than the rest of the message");
    if (first !== own) notes.normalised(first.path, "line", "message", "moved-from-line");
    return first;
  };
  return {
    userId: one("userId"),
    memberId: one("memberId"),
    clientId: one("clientId"),
    nik: one("nik"),
    sharer: one("sharer"),
    receiver: one("receiver"),
  };
}

/** Reads the values of a line; null if it has a problem, which is noted. */
export function readLine(
  line: RawLine,
  action: RewardAction | null,
  nik: string | null,
  rules: Omit<DateRules, "dayIsEnough" | "nik">,
  notes: Notes,
): RewardLine | null {
  const dateFound = line.get("date");
  const date = dateFound
    ? readDate(dateFound, { ...rules, nik, dayIsEnough: action === "dailycheckin" }, notes)
    : notes.problem(`${line.path}.date`, "DATE_MISSING", "says nothing");

  const amountFound = line.get("amount");
  const amount = readAmount(amountFound, nik, notes);
  if (!amountFound && (action === "transactionpromo" || action === "luckydraw")) {
    notes.problem(`${line.path}.amount`, "AMOUNT_MISSING", "says nothing");
  }
  const productFound = line.get("product");
  const productId = readProductId(productFound, nik, notes);
  if (!productFound && action === "transactionreferral") {
    notes.problem(`${line.path}.product_id`, "PRODUCT_MISSING", "says nothing");
  }
  const trxId = line.get("trxId");
  const ref = line.get("reference");
  if (trxId && ref && !isSame(trxId.value, ref.value)) notes.normalised(ref.path, ref.value, "", "not-used");
  const reference = readText(trxId ?? ref, 128, nik, notes);
  return date && { ...date, amount, productId, reference };
}
