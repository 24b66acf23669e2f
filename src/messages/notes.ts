import { storable } from "../platform/storable-text.ts";
import { isNothing, type Json, writeJson } from "./json-tree.ts";
import type { Mask } from "./mask-nik.ts";

/** A value that was read differently than written. */
export interface Normalisation {
  readonly path: string;
  readonly from: string;
  readonly to: string;
  readonly rule: NormalisationRule;
}
export type NormalisationRule =
  | "key-spelling"
  | "repeated-key"
  | "absent-word"
  | "action-alias"
  | "json-in-text"
  | "list-for-object"
  | "object-for-list"
  | "line-from-data"
  | "line-filled-from-data"
  | "moved-from-line"
  | "data-over-envelope"
  | "not-used"
  | "leading-zeros"
  | "zero-as-absent"
  | "text-as-integer"
  | "decimal-as-integer"
  | "separators-removed"
  | "trimmed"
  | "date-spelling"
  | "day-only"
  | "epoch-seconds"
  | "epoch-milliseconds"
  | "zone-assumed"
  | "clock-skipped"
  | "clock-ambiguous"
  | "unreadable-date-dropped";

/** The reason of a refusal. The codes are stored with quarantined messages: add codes, but never rename one. */
export interface Problem {
  readonly path: string;
  readonly code: ProblemCode;
  readonly message: string;
}
export type ProblemCode =
  | "TOO_LARGE"
  | "TOO_MANY_MESSAGES"
  | "NOT_UTF8"
  | "NOT_JSON"
  | "NOT_AN_OBJECT"
  | "TOO_DEEP"
  | "INEXACT_NUMBER"
  | "FORBIDDEN_KEY"
  | "CONFLICTING_KEYS"
  | "DATA_MISSING"
  | "DATA_INVALID"
  | "ACTION_MISSING"
  | "ACTION_UNKNOWN"
  | "ACTION_CONFLICT"
  | "MEMBER_MISSING"
  | "SHARER_MISSING"
  | "RECEIVER_MISSING"
  | "ID_INVALID"
  | "TEXT_INVALID"
  | "NIK_INVALID"
  | "NIK_CONFLICT"
  | "NIK_MISPLACED"
  | "NIK_REMOVED"
  | "LINES_INVALID"
  | "TOO_MANY_LINES"
  | "LINES_DISAGREE"
  | "DATE_MISSING"
  | "DATE_INVALID"
  | "DATE_IMPOSSIBLE"
  | "DATE_IN_FUTURE"
  | "AMOUNT_MISSING"
  | "AMOUNT_INVALID"
  | "AMOUNT_TOO_LARGE"
  | "PRODUCT_MISSING"
  // Found when the members are resolved.
  | "MEMBER_CONFLICT"
  | "TICKET_REUSED";

/**
 * Collects the findings while a message is read. Findings contain no national id, and problems contain no value at all.
 */
export interface Notes {
  readonly normalisations: readonly Normalisation[];
  readonly problems: readonly Problem[];
  normalised(path: string, from: Json, to: Json, rule: NormalisationRule): void;
  problem(path: string, code: ProblemCode, message: string): null;
}

const LONGEST = 200;
/** Enough problems to identify the cause. */
const MAX_PROBLEMS = 50;

export function makeNotes(mask: Mask): Notes {
  const normalisations: Normalisation[] = [];
  const problems: Problem[] = [];
  const shown = (text: string) => {
    const masked = storable(mask(text));
    return masked.length > LONGEST ? `${masked.slice(0, LONGEST - 1).toWellFormed()}…` : masked;
  };
  return {
    normalisations,
    problems,
    normalised: (path, from, to, rule) =>
      void normalisations.push({ path: shown(path), from: shown(words(from)), to: shown(words(to)), rule }),
    problem: (path, code, message) => {
      const where = shown(path);
      const isNoted = problems.some((problem) => problem.path === where && problem.code === code);
      if (!isNoted && problems.length < MAX_PROBLEMS) problems.push({ path: where, code, message });
      return null;
    },
  };
}

const words = (value: Json) => (typeof value === "string" ? value : isNothing(value) ? "" : writeJson(value));
