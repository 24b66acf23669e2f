import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { type Refused, refusal, refused } from "../domain/refusal.ts";
import { audit } from "../platform/audit.ts";
import type { KeyedHashes } from "../platform/cipher.ts";
import type { Clock } from "../platform/clock.ts";
import { problemInWords, readTable } from "../platform/csv-table.ts";
import { type Db, inTransaction, type Tx } from "../platform/db.ts";
import { localDateOf } from "../platform/time-zone.ts";
import { lockReward, rewardIsMirrored, rewardNotFound } from "./manage-rewards.ts";
import { isFromPool, type Reward, toReward } from "./reward.ts";
import { areRounded, damageOf, isRounded } from "./spreadsheet-damage.ts";
import type { SealedVoucher, VoucherVault } from "./voucher-vault.ts";

const MAX_ROWS = 20_000;
const SEALED_AT_ONCE = 500;

const emptyIsAbsent = (value: unknown) =>
  typeof value === "string" && value.trim() === "" ? undefined : (value ?? undefined);
const undamaged = (value: string, context: z.core.$RefinementCtx) => {
  const message = damageOf(value);
  if (message !== null) context.addIssue({ code: "custom", message });
};
const codeRow = z.object({
  code: z
    .string("is missing")
    .trim()
    .min(1, "is empty")
    .max(200, "is longer than 200 characters")
    .superRefine(undamaged),
  pin: z.preprocess(
    emptyIsAbsent,
    z.string().trim().max(50, "is longer than 50 characters").superRefine(undamaged).optional(),
  ),
  validUntil: z.preprocess(emptyIsAbsent, z.iso.date("must be a date such as 2027-03-31").optional()),
});

export interface RejectedRow {
  /** 1 is the first row after the header. */
  row: number;
  /** The line of the CSV; null for `rows`. */
  line: number | null;
  reason: string;
}
export interface ImportReport {
  /** For a dry run: the number of codes that an import would add. */
  imported: number;
  rejected: RejectedRow[];
  reward: Reward;
}
export interface ImportInput {
  rewardId: string;
  csv?: string | null | undefined;
  rows?: readonly unknown[] | null | undefined;
  /** A dry run. */
  dryRun?: boolean | undefined;
  /** Imports the valid rows even if others are rejected. */
  skipRejected?: boolean | undefined;
}
export type ImportVoucherCodes = (input: ImportInput, operatorId: string) => Promise<ImportReport | Refused>;

/**
 * Adds codes to a reward's pool, as a batch: all of them, or none with a reason for each invalid row, or with
 * `skipRejected` the valid ones.
 * @param deps.timeZone the programme's: a code's last day ends there
 */
export function makeImportVoucherCodes(deps: {
  db: Db;
  vault: VoucherVault;
  clock: Clock;
  timeZone: string;
}): ImportVoucherCodes {
  const { db, vault, clock, timeZone } = deps;
  return async ({ rewardId, csv, rows, dryRun = false, skipRejected = false }, operatorId) => {
    const given = readRows(csv, rows);
    if ("refusals" in given) return given;
    const lineOf = (row: number) => given[row - 1]?.line ?? null;
    const { good: valid, wrong } = checkRows(
      given.map(({ values }) => values),
      localDateOf(clock.now(), timeZone),
    );
    const sealed: { row: number; voucher: SealedVoucher; hashes: KeyedHashes }[] = [];
    for (const { row, ...voucher } of valid) {
      if (row % SEALED_AT_ONCE === 0) await setImmediate(); // other transactions wait for the lock
      sealed.push({ row, voucher: vault.seal({ rewardId, ...voucher }), hashes: vault.codeHashes(voucher.code) });
    }

    return inTransaction(db, async (tx) => {
      const reward = await lockReward(tx, rewardId);
      if (!reward) return rewardNotFound();
      if (reward.source === "CAPILLARY") return rewardIsMirrored();
      if (!isFromPool(reward)) {
        return refused(
          refusal("VOUCHER_CODES_INVALID", "Only e-gift vouchers have a pool of codes.", ["input", "rewardId"]),
        );
      }
      const known = await knownHashes(
        tx,
        rewardId,
        sealed.flatMap(({ hashes }) => hashes),
      );
      const isKnown = ({ hashes }: (typeof sealed)[number]) => hashes.some((hash) => known.has(hex(hash)));
      const rejected = [...wrong, ...sealed.filter(isKnown).map(({ row }) => ({ row, reason: "already in the pool" }))]
        .sort((a, b) => a.row - b.row)
        .map((each) => ({ ...each, line: lineOf(each.row) }));
      const good = sealed.filter((each) => !isKnown(each)).map(({ voucher }) => voucher);
      const vouchers = rejected.length > 0 && !skipRejected ? [] : good;
      const imported = vouchers.length;
      if (dryRun || imported === 0) return { imported, rejected, reward: toReward(reward) };
      const at = clock.now();
      const batch = { id: randomUUID(), rewardId, codes: imported, importedBy: operatorId, importedAt: at };
      await tx.voucherBatch.create({ data: batch });
      await insertVouchers(tx, vouchers, batch.id);
      const filled = await tx.reward.update({ where: { id: rewardId }, data: { stock: { increment: imported } } });
      await audit(tx, {
        at,
        actor: operatorId,
        action: "vouchers.import",
        subject: reward.sku,
        details: { imported, batchId: batch.id },
      });
      return { imported, rejected, reward: toReward(filled) };
    });
  };
}

/** Splits the rows into vouchers and rejections with a reason. */
function checkRows(given: readonly unknown[], today: string) {
  const good: (z.infer<typeof codeRow> & { row: number })[] = [];
  const wrong: Omit<RejectedRow, "line">[] = [];
  const areCodesRounded = areRounded(column(given, "code"));
  const arePinsRounded = areRounded(column(given, "pin"));
  const firstSeen = new Map<string, number>();
  for (const [index, input] of given.entries()) {
    const row = index + 1;
    const reject = (reason: string) => wrong.push({ row, reason });
    const parsed = codeRow.safeParse(input);
    if (!parsed.success) {
      reject(parsed.error.issues.map((issue) => `${String(issue.path[0] ?? "row")} ${issue.message}`).join("; "));
      continue;
    }
    const { code, pin, validUntil } = parsed.data;
    const earlier = firstSeen.get(code);
    if (areCodesRounded && isRounded(code)) reject(`code ${ROUNDED}`);
    else if (arePinsRounded && pin !== undefined && isRounded(pin)) reject(`pin ${ROUNDED}`);
    else if (validUntil && validUntil < today) reject(`validUntil ${validUntil} is in the past`);
    else if (earlier) reject(`the same code as in row ${earlier}`);
    else {
      firstSeen.set(code, row);
      good.push({ row, ...parsed.data });
    }
  }
  return { good, wrong };
}

const ROUNDED = "looks like a number that a spreadsheet has rounded: all digits after the fifteenth are 0";
const column = (rows: readonly unknown[], name: "code" | "pin") =>
  rows.flatMap((row) => {
    const value = (row as Record<string, unknown> | null)?.[name];
    return typeof value === "string" ? [value.trim()] : [];
  });

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

async function knownHashes(tx: Tx, rewardId: string, hashes: readonly Uint8Array[]): Promise<Set<string>> {
  const rows = await tx.$queryRaw<{ hash: Uint8Array }[]>`
    select code_hash as hash from voucher_codes
    where reward_id = ${rewardId}::uuid and code_hash = any(${[...hashes]}::bytea[])`;
  return new Set(rows.map(({ hash }) => hex(hash)));
}

/** A single statement with a list for each column: Prisma's own takes eight times as long for 20,000 rows. */
export async function insertVouchers(
  tx: Tx,
  vouchers: readonly SealedVoucher[],
  batchId: string | null = null,
): Promise<void> {
  const all = <Column extends keyof SealedVoucher>(column: Column) => vouchers.map((voucher) => voucher[column]);
  await tx.$executeRaw`
    insert into voucher_codes (batch_id, id, reward_id, code, pin, code_hash, masked_code, valid_until)
    select ${batchId}::uuid, * from unnest(
      ${all("id")}::uuid[], ${all("rewardId")}::uuid[], ${all("code")}::bytea[], ${all("pin")}::bytea[],
      ${all("codeHash")}::bytea[], ${all("maskedCode")}::text[], ${all("validUntil")}::date[])`;
}

interface UploadedRow {
  values: unknown;
  line: number | null;
}

function readRows(
  csv: string | null | undefined,
  rows: readonly unknown[] | null | undefined,
): readonly UploadedRow[] | Refused {
  const wrong = (message: string, field: string) =>
    refused(refusal("VOUCHER_CODES_INVALID", message, ["input", field]));
  if ((csv == null) === (rows == null)) return wrong("Give either csv or rows.", "csv");
  const found = rows?.map((values) => ({ values, line: null })) ?? fromCsv(csv ?? "");
  if (typeof found === "string") return wrong(found, "csv");
  if (found.length === 0) return wrong("The input contains no codes.", csv == null ? "rows" : "csv");
  if (found.length > MAX_ROWS)
    return wrong(`At most ${MAX_ROWS} codes at a time; found ${found.length}.`, csv == null ? "rows" : "csv");
  return found;
}

const COLUMNS = ["code", "pin", "validUntil"];

/** The rows, or the problem of the whole text. The problem quotes no part of the text, which may be a code. */
function fromCsv(text: string): UploadedRow[] | string {
  const table = readTable(text, COLUMNS);
  const noCodes = 'The first line must name the columns, and one of them must be "code".';
  if ("problem" in table) {
    const { problem } = table;
    // Without a header the first line is a code.
    const isHeader = problem.kind !== "unknown-column" || problem.columns.includes("code");
    return isHeader ? problemInWords(problem, COLUMNS) : noCodes;
  }
  return table.rows.length === 0 || table.columns.includes("code") ? table.rows : noCodes;
}
