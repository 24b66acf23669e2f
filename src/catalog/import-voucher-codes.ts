import { parse as parseCsv } from "csv-parse/sync";
import { z } from "zod";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction } from "../platform/db.ts";
import { type Refused, refusal, refused } from "../refusal.ts";
import { rewardNotFound } from "./manage-rewards.ts";
import { isFromPool, type Reward, toReward } from "./reward.ts";
import type { VoucherVault } from "./voucher-vault.ts";

const MAX_ROWS = 20_000;

const emptyIsAbsent = (value: unknown) =>
  typeof value === "string" && value.trim() === "" ? undefined : (value ?? undefined);
const codeRow = z.object({
  code: z.string("is missing").trim().min(1, "is empty").max(200, "is longer than 200 characters"),
  pin: z.preprocess(emptyIsAbsent, z.string().trim().max(50, "is longer than 50 characters").optional()),
  validUntil: z.preprocess(emptyIsAbsent, z.iso.date("must be a date such as 2027-03-31").optional()),
});

export interface RejectedRow {
  /** 1 is the first row after the header. */
  row: number;
  reason: string;
}
export interface ImportReport {
  imported: number;
  rejected: RejectedRow[];
  reward: Reward;
}
export interface ImportInput {
  rewardId: string;
  csv?: string | null | undefined;
  rows?: readonly unknown[] | null | undefined;
}
export type ImportVoucherCodes = (input: ImportInput, operatorId: string) => Promise<ImportReport | Refused>;

/** Adds codes to a reward's pool: all of them, or none with a reason for each row that is wrong. */
export function makeImportVoucherCodes(deps: { db: Db; vault: VoucherVault; clock: Clock }): ImportVoucherCodes {
  const { db, vault, clock } = deps;
  return async ({ rewardId, csv, rows }, operatorId) => {
    const given = readRows(csv, rows);
    if ("refusals" in given) return given;
    const today = clock.now().toISOString().slice(0, 10);

    return inTransaction(db, async (tx) => {
      const [locked] = await tx.$queryRaw<
        { id: string }[]
      >`select id from rewards where id = ${rewardId}::uuid for update`;
      if (!locked) return rewardNotFound();
      const reward = await tx.reward.findUniqueOrThrow({ where: { id: rewardId } });
      if (!isFromPool(reward)) {
        return refused(
          refusal("VOUCHER_CODES_INVALID", "Only e-gift vouchers have a pool of codes.", ["input", "rewardId"]),
        );
      }
      const rejected: RejectedRow[] = [];
      const firstSeen = new Map<string, number>();
      const sealed = given.flatMap((input, index) => {
        const row = index + 1;
        const parsed = codeRow.safeParse(input);
        if (!parsed.success) {
          rejected.push({
            row,
            reason: parsed.error.issues.map((issue) => `${String(issue.path[0] ?? "row")} ${issue.message}`).join("; "),
          });
          return [];
        }
        const { code, pin, validUntil } = parsed.data;
        if (validUntil && validUntil < today) {
          rejected.push({ row, reason: `validUntil ${validUntil} is in the past` });
          return [];
        }
        const earlier = firstSeen.get(code);
        if (earlier) {
          rejected.push({ row, reason: `the same code as in row ${earlier}` });
          return [];
        }
        firstSeen.set(code, row);
        return [{ row, data: vault.seal({ rewardId, code, pin, validUntil }) }];
      });

      const hashes = sealed.map(({ data }) => data.codeHash);
      const known = await tx.voucherCode.findMany({
        where: { rewardId, codeHash: { in: hashes } },
        select: { codeHash: true },
      });
      const knownHashes = new Set(known.map(({ codeHash }) => Buffer.from(codeHash).toString("hex")));
      for (const { row, data } of sealed) {
        if (knownHashes.has(Buffer.from(data.codeHash).toString("hex")))
          rejected.push({ row, reason: "already in the pool" });
      }
      if (rejected.length > 0) {
        return { imported: 0, rejected: rejected.sort((a, b) => a.row - b.row), reward: toReward(reward) };
      }
      await tx.voucherCode.createMany({ data: sealed.map(({ data }) => data) });
      const filled = await tx.reward.update({ where: { id: rewardId }, data: { stock: { increment: sealed.length } } });
      const details = { imported: sealed.length };
      await audit(tx, { at: clock.now(), actor: operatorId, action: "vouchers.import", subject: reward.sku, details });
      return { imported: sealed.length, rejected: [], reward: toReward(filled) };
    });
  };
}

function readRows(
  csv: string | null | undefined,
  rows: readonly unknown[] | null | undefined,
): readonly unknown[] | Refused {
  const wrong = (message: string, field: string) =>
    refused(refusal("VOUCHER_CODES_INVALID", message, ["input", field]));
  if ((csv == null) === (rows == null)) return wrong("Give either csv or rows.", "csv");
  const found = rows ?? fromCsv(csv ?? "");
  if (typeof found === "string") return wrong(found, "csv");
  if (found.length === 0) return wrong("There are no codes in it.", csv == null ? "rows" : "csv");
  if (found.length > MAX_ROWS)
    return wrong(`At most ${MAX_ROWS} codes at a time; found ${found.length}.`, csv == null ? "rows" : "csv");
  return found;
}

/** The rows, or what is wrong with the text as a whole. */
function fromCsv(text: string): readonly unknown[] | string {
  try {
    const records = parseCsv(text, { columns: true, bom: true, trim: true, skip_empty_lines: true }) as Record<
      string,
      string
    >[];
    const columns = Object.keys(records[0] ?? { code: "" });
    const unknown = columns.filter((column) => !["code", "pin", "validUntil"].includes(column));
    if (!columns.includes("code")) return `The header line has no column "code"; found ${columns.join(", ")}.`;
    if (unknown.length > 0) return `Unknown column ${unknown.join(", ")}; there are code, pin and validUntil.`;
    return records;
  } catch (error) {
    return `This is not CSV: ${(error as Error).message}`;
  }
}
