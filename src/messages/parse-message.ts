import { storable } from "../platform/storable-text.ts";
import { checkKeys } from "./check-keys.ts";
import { envelopeOf } from "./envelope.ts";
import { dataNames, envelopeNames } from "./field-names.ts";
import { type Found, readFields } from "./fields.ts";
import { JsonObject, plainValue, readJson } from "./json-tree.ts";
import { type Mask, maskFor, maskTree } from "./mask-nik.ts";
import type { RewardMessage } from "./message.ts";
import { isNikKey } from "./nik.ts";
import { makeNotes, type Normalisation, type Notes, type Problem, type ProblemCode } from "./notes.ts";
import { textOfRaw, type UnreadableRaw } from "./raw-text.ts";
import { readAction } from "./read-action.ts";
import { type DateRules, readDate } from "./read-date.ts";
import { findLines, readLine } from "./read-lines.ts";
import { readNationalId } from "./read-nik.ts";
import { readParticipants } from "./read-participants.ts";
import { readText } from "./read-values.ts";
import { dataObject } from "./unwrap.ts";

export interface ParseOptions {
  readonly now: Date;
  /** The programme's time zone, for dates without one and for days. */
  readonly timeZone: string;
  /**
   * True for a stored message whose national id was replaced, and whose hash is stored: then the mark counts as the
   * number. Never set it for a message from outside.
   */
  readonly nikIsOnRecord?: boolean;
}

export interface ParsedMessage {
  readonly message: RewardMessage;
  readonly normalisations: readonly Normalisation[];
}

export interface RefusedMessage {
  readonly problems: readonly [Problem, ...Problem[]];
  /** The ticket and the national id, if readable, so that the quarantine can store the ticket and the id's hash. */
  readonly ticketId: string | null;
  readonly nik: string | null;
}

export const isRefusedMessage = (result: ParsedMessage | RefusedMessage): result is RefusedMessage =>
  "problems" in result;

/**
 * Parses a command of any producer: as tolerant as possible without guessing, with a normalisation for each deviation.
 * @param raw the message as text or bytes, or a JSON value that was parsed before
 * @returns the command and its normalisations, or all its problems. The content of a message never throws, only an
 * unknown time zone does.
 */
export function parseMessage(raw: unknown, options: ParseOptions): ParsedMessage | RefusedMessage {
  const text = textOfRaw(raw);
  if ("unreadable" in text) return unreadable(text.unreadable);
  const json = readJson(text.text);
  if ("unreadable" in json) return unreadable(json.unreadable);
  const inner = typeof json.tree === "string" ? readJson(json.tree) : json;
  if ("unreadable" in inner || !(inner.tree instanceof JsonObject)) {
    return refuse({ path: "", code: "NOT_AN_OBJECT", message: "is not an object" });
  }
  const mask = maskFor(inner.tree);
  const notes = makeNotes(mask);
  if (inner !== json) notes.normalised("", "text", "object", "json-in-text");
  checkKeys(inner.tree, "", notes);
  const { message, ...known } = readMessage(inner.tree, options, mask, notes);
  const [first, ...others] = notes.problems;
  if (first) return { problems: [first, ...others], ...known };
  if (!message) throw new Error("a message was refused without a problem");
  return { message, normalisations: notes.normalisations };
}

interface Reading {
  /** Null if there are problems. */
  readonly message: RewardMessage | null;
  readonly ticketId: string | null;
  readonly nik: string | null;
}

function readMessage(tree: JsonObject, options: ParseOptions, mask: Mask, notes: Notes): Reading {
  const envelope = readFields(tree, envelopeNames, "", notes);
  const dataFound = envelope.get("data");
  const object = dataFound
    ? dataObject(dataFound, notes)
    : notes.problem("Data", "DATA_MISSING", "does not describe an event");
  const data = object && readFields(object.object, dataNames, object.path, notes);
  const action = readAction(
    [data?.get("command"), envelope.get("command"), envelope.get("action"), envelope.get("subjectIdentifier")],
    notes,
  );
  const raw = data && findLines(data, object.path, notes);
  const nationalId = readNationalId(raw?.participants.nik, envelope, options.nikIsOnRecord ?? false, notes);
  const { nik } = nationalId;
  const ticketId = readText(envelope.get("ticketId"), 128, nik, notes);
  if (!data || !raw) return { message: null, ticketId, nik };

  const participants = readParticipants(action, raw.participants, envelope, nationalId, notes);
  const [first, ...others] = raw.lines
    .map((line) => readLine(line, action, nik, options, notes))
    .filter((line) => line !== null);
  if (!action || !first || notes.problems.length > 0) return { message: null, ticketId, nik };
  const message = {
    action,
    ticketId,
    envelope: envelopeOf(envelope, mask),
    ...participants,
    sentAt: readSentAt(envelope.get("date"), { ...options, nik, dayIsEnough: false }, notes),
    lines: [first, ...others],
    unknown: kept([...envelope.unknown, ...data.unknown, ...raw.unknown], mask),
  } as const;
  return { message, ticketId, nik };
}

/** The unknown fields by path, without national ids. */
const kept = (unknown: readonly Found[], mask: Mask): Record<string, unknown> =>
  Object.fromEntries(
    unknown.map(({ path, value }) => {
      const key = path.slice(path.lastIndexOf(".") + 1);
      return [storable(mask(path)), plainValue(maskTree(value, mask, isNikKey(key)))];
    }),
  );

/** The time of sending is descriptive, so an impossible date is dropped instead of refused. */
function readSentAt(found: Found | undefined, rules: DateRules, notes: Notes): Date | null {
  if (!found) return null;
  const read = readDate(found, rules, { ...notes, problem: () => null });
  if (!read) notes.normalised(found.path, found.value, "", "unreadable-date-dropped");
  return read?.at ?? null;
}

const WHY_UNREADABLE: Readonly<Record<UnreadableRaw, string>> = {
  TOO_LARGE: "is longer than 64 KiB",
  NOT_UTF8: "is not UTF-8",
  NOT_JSON: "is not JSON",
  TOO_DEEP: "has more than 8 levels",
  INEXACT_NUMBER: "has lost digits of a number: send ids of more than 15 digits as text",
};

const refuse = (problem: Problem): RefusedMessage => ({ problems: [problem], ticketId: null, nik: null });
const unreadable = (code: UnreadableRaw & ProblemCode) => refuse({ path: "", code, message: WHY_UNREADABLE[code] });
