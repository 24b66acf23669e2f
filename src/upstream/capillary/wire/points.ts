import { z } from "zod";
import { type Envelope, v2Envelope } from "../envelope.ts";
import {
  anything,
  boolean,
  date,
  firstDate,
  freeFields,
  id,
  isRecord,
  maybe,
  number,
  rawRows,
  readBoolean,
  readCode,
  readText,
  rows,
  text,
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

export const redeemed = z
  .object({
    redemption_id: id,
    points_redeemed: number,
    balance: maybe(number),
    is_group_redemption: maybe(boolean),
  })
  .transform((row) => ({
    redemptionId: row.redemption_id,
    points: row.points_redeemed,
    balance: row.balance,
    isGroupRedemption: row.is_group_redemption ?? false,
  }));

export const reversed = z
  .object({
    redemptionId: maybe(id),
    reversalId: maybe(id),
    pointsReversed: number,
    pointsReversedDetails: z
      .object({ available: maybe(number), expired: maybe(number) })
      .catch({ available: null, expired: null }),
  })
  .transform((row) => ({
    reversalId: row.reversalId,
    points: row.pointsReversed,
    credited: row.pointsReversedDetails.available,
    expired: row.pointsReversedDetails.expired,
  }));

/** A redemption of points in a customer's history. */
export interface Redemption {
  redemptionId: string;
  points: number;
  programId: string | null;
  transactionNumber: string | null;
  /** The idempotency key it was made with. */
  externalReference: string | null;
  at: Date | null;
  /** What was given back of it. Its rows have no documented fields: points are read where they are. */
  reversals: { reversalId: string | null; points: number | null; at: Date | null }[];
}

const reversal = z
  .object({
    id: maybe(id),
    reversal_id: maybe(id),
    points_reversed: maybe(number),
    points: maybe(number),
    reversed_time: maybe(date),
    date: maybe(date),
  })
  .transform((row) => ({
    reversalId: row.reversal_id ?? row.id,
    points: row.points_reversed ?? row.points,
    at: firstDate(row.reversed_time, row.date),
  }));

const redemption = z
  .object({
    id: maybe(id),
    redemption_id: maybe(id),
    program_id: maybe(id),
    points_redeemed: number,
    transaction_number: maybe(id),
    external_reference_number: maybe(id),
    redeemed_time: maybe(date),
    reversals: rows(reversal),
  })
  .transform((row, context): Redemption => {
    const redemptionId = row.redemption_id ?? row.id;
    if (redemptionId === null) {
      context.addIssue("expected a redemption with an id");
      return z.NEVER;
    }
    return {
      redemptionId,
      points: row.points_redeemed,
      programId: row.program_id,
      transactionNumber: row.transaction_number,
      externalReference: row.external_reference_number,
      at: row.redeemed_time,
      reversals: row.reversals,
    };
  });

/** Read strictly, as evidence. The item is the customer, or the whole answer where the customer has no status of their own. */
export const redemptionHistory = anything
  .transform((item) => (isRecord(item) && isRecord(item["customer"]) ? item["customer"] : item))
  .pipe(z.object({ redemptions: anything }))
  .transform(({ redemptions }, context): Redemption[] => {
    const points = isRecord(redemptions) && isRecord(redemptions["points"]) ? redemptions["points"]["point"] : [];
    const parsed = z.array(redemption).safeParse(rawRows(points));
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) context.addIssue(issue.message);
    return z.NEVER;
  });

/** What became of one allocation. `unknown` where the answer does not say. */
export interface AllocationOutcome {
  outcome: "done" | "refused" | "unknown";
  codes: string[];
  message: string;
  details: Record<string, string>;
}

export interface AllocationRow {
  /** The key or the customer it speaks of, where it does. */
  uniqueId: string | null;
  identifier: string | null;
  outcome: AllocationOutcome;
}

const LISTS = ["data", "response", "responses", "results", "entities"];

const allocationList = (payload: unknown): unknown[] =>
  isRecord(payload) ? (LISTS.map((name) => payload[name]).find(Array.isArray) ?? []) : rawRows(payload);

/** Where there are rows, they decide: an error of the whole would hide that some were done. */
export const allocationEnvelope: Envelope = (body, httpStatus) =>
  allocationList(body).length > 0
    ? { isYes: true, code: null, partnerCodes: [], message: "", payload: body }
    : v2Envelope(body, httpStatus);

/** Its rows have no documented shape: what says yes or no in one of the ways of this API is taken for it. */
export const allocationRows = anything.transform((payload, context): AllocationRow[] => {
  const read = allocationList(payload).filter(isRecord).map(readAllocation);
  if (read.length > 0) return read;
  context.addIssue("expected outcomes");
  return z.NEVER;
});

function readAllocation(row: Record<string, unknown>): AllocationRow {
  const entity = isRecord(row["entity"]) ? row["entity"] : row;
  const lookup = isRecord(entity["lookupParams"]) ? entity["lookupParams"] : entity;
  const errors = rawRows(row["errors"]).filter(isRecord);
  const said = readBoolean(row["success"]) ?? readBoolean(row["status"]) ?? readWord(readText(row["status"]));
  const isRefused = errors.length > 0 || said === false;
  return {
    uniqueId: maybe(id).parse(entity["uniqueId"]),
    identifier: maybe(id).parse(lookup["identifierValue"]),
    outcome: {
      outcome: isRefused ? "refused" : said === true || isRecord(row["entity"]) ? "done" : "unknown",
      codes: errors.flatMap((error) => readCode(error["code"]) ?? []),
      message: errors.map((error) => readText(error["message"])).join("; "),
      details: freeFields.parse(entity),
    },
  };
}

const readWord = (word: string): boolean | null => (/^success/i.test(word) ? true : /^fail/i.test(word) ? false : null);
