import { z } from "zod";
import { type Envelope, v2Envelope } from "../envelope.ts";
import {
  boolean,
  freeFields,
  id,
  isRecord,
  maybe,
  number,
  rawRows,
  readBoolean,
  readCode,
  readText,
  text,
  unknownValue,
} from "./loose.ts";

export const redeemable = z
  .object({
    is_redeemable: boolean,
    points_redeem_value: maybe(number),
    item_status: z.object({ code: maybe(text), message: maybe(text) }).catch({ code: null, message: null }),
  })
  .transform((row) => ({
    isRedeemable: row.is_redeemable,
    value: row.points_redeem_value,
    code: row.item_status.code,
    message: row.item_status.message ?? "",
  }));

/** The outcome of one allocation. `unknown` if the answer does not say. */
export interface AllocationOutcome {
  outcome: "done" | "refused" | "unknown";
  codes: string[];
  message: string;
  details: Record<string, string>;
}

export interface AllocationRow {
  /** The key or the customer of the row, if reported. */
  uniqueId: string | null;
  identifier: string | null;
  outcome: AllocationOutcome;
}

const LISTS = ["data", "response", "responses", "results", "entities"];

const allocationList = (payload: unknown): unknown[] =>
  isRecord(payload) ? (LISTS.map((name) => payload[name]).find(Array.isArray) ?? []) : rawRows(payload);

/** If the answer has rows, they decide: an error for the whole would hide successful rows. */
export const allocationEnvelope: Envelope = (body, httpStatus) =>
  allocationList(body).length > 0
    ? { isSuccess: true, code: null, partnerCodes: [], message: "", payload: body }
    : v2Envelope(body, httpStatus);

/** The rows have no documented shape, so the parser accepts every status convention of this API. */
export const allocationRows = unknownValue.transform((payload, context): AllocationRow[] => {
  const read = allocationList(payload).filter(isRecord).map(readAllocation);
  if (read.length > 0) return read;
  context.addIssue("expected outcomes");
  return z.NEVER;
});

function readAllocation(row: Record<string, unknown>): AllocationRow {
  const entity = isRecord(row["entity"]) ? row["entity"] : row;
  const lookup = isRecord(entity["lookupParams"]) ? entity["lookupParams"] : entity;
  const errors = rawRows(row["errors"]).filter(isRecord);
  const success = readBoolean(row["success"]) ?? readBoolean(row["status"]) ?? readWord(readText(row["status"]));
  const isRefused = errors.length > 0 || success === false;
  return {
    uniqueId: maybe(id).parse(entity["uniqueId"]),
    identifier: maybe(id).parse(lookup["identifierValue"]),
    outcome: {
      outcome: isRefused ? "refused" : success === true || isRecord(row["entity"]) ? "done" : "unknown",
      codes: errors.flatMap((error) => readCode(error["code"]) ?? []),
      message: errors.map((error) => readText(error["message"])).join("; "),
      details: freeFields.parse(entity),
    },
  };
}

const readWord = (word: string): boolean | null => (/^success/i.test(word) ? true : /^fail/i.test(word) ? false : null);
