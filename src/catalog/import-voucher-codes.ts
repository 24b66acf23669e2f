import { setImmediate } from "node:timers/promises";
import { CsvError, parse as parseCsv } from "csv-parse/sync";
import { z } from "zod";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction, type Tx } from "../platform/db.ts";
import { type Refused, refusal, refused } from "../refusal.ts";
import { lockReward, rewardIsMirrored, rewardNotFound } from "./manage-rewards.ts";
import { isFromPool, type Reward, toReward } from "./reward.ts";
import type { SealedVoucher, VoucherVault } from "./voucher-vault.ts";

const MAX_ROWS = 20_000;
const SEALED_AT_ONCE = 500;

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
    const { good, wrong } = checkRows(given, today);
    const sealed: { row: number; voucher: SealedVoucher }[] = [];
    for (const { row, ...voucher } of good) {
      if (row % SEALED_AT_ONCE === 0) await setImmediate(); // others are waiting
      sealed.push({ row, voucher: vault.seal({ rewardId, ...voucher }) });
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
      const vouchers = sealed.map(({ voucher }) => voucher);
      const known = await knownHashes(tx, rewardId, vouchers);
      const rejected = [
        ...wrong,
        ...sealed
          .filter(({ voucher }) => known.has(hex(voucher.codeHash)))
          .map(({ row }) => ({ row, reason: "already in the pool" })),
      ];
      if (rejected.length > 0) {
        return { imported: 0, rejected: rejected.sort((a, b) => a.row - b.row), reward: toReward(reward) };
      }
      await insertVouchers(tx, vouchers);
      const imported = vouchers.length;
      const filled = await tx.reward.update({ where: { id: rewardId }, data: { stock: { increment: imported } } });
      await audit(tx, {
        at: clock.now(),
        actor: operatorId,
        action: "vouchers.import",
        subject: reward.sku,
        details: { imported },
      });
      return { imported, rejected: [], reward: toReward(filled) };
    });
  };
}

/** Tells rows that make a voucher from those that do not, and why. */
function checkRows(given: readonly unknown[], today: string) {
  const good: (z.infer<typeof codeRow> & { row: number })[] = [];
  const wrong: RejectedRow[] = [];
  const firstSeen = new Map<string, number>();
  for (const [index, input] of given.entries()) {
    const row = index + 1;
    const reject = (reason: string) => wrong.push({ row, reason });
    const parsed = codeRow.safeParse(input);
    if (!parsed.success) {
      reject(parsed.error.issues.map((issue) => `${String(issue.path[0] ?? "row")} ${issue.message}`).join("; "));
      continue;
    }
    const { code, validUntil } = parsed.data;
    const earlier = firstSeen.get(code);
    if (validUntil && validUntil < today) reject(`validUntil ${validUntil} is in the past`);
    else if (earlier) reject(`the same code as in row ${earlier}`);
    else {
      firstSeen.set(code, row);
      good.push({ row, ...parsed.data });
    }
  }
  return { good, wrong };
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

async function knownHashes(tx: Tx, rewardId: string, vouchers: readonly SealedVoucher[]): Promise<Set<string>> {
  const rows = await tx.$queryRaw<{ hash: Uint8Array }[]>`
    select code_hash as hash from voucher_codes
    where reward_id = ${rewardId}::uuid and code_hash = any(${vouchers.map((voucher) => voucher.codeHash)}::bytea[])`;
  return new Set(rows.map(({ hash }) => hex(hash)));
}

/** One statement with a list for each column: Prisma's own takes eight times as long for 20,000 rows. */
export async function insertVouchers(tx: Tx, vouchers: readonly SealedVoucher[]): Promise<void> {
  const all = <Column extends keyof SealedVoucher>(column: Column) => vouchers.map((voucher) => voucher[column]);
  await tx.$executeRaw`
    insert into voucher_codes (id, reward_id, code, pin, code_hash, masked_code, valid_until)
    select * from unnest(
      ${all("id")}::uuid[], ${all("rewardId")}::uuid[], ${all("code")}::bytea[], ${all("pin")}::bytea[],
      ${all("codeHash")}::bytea[], ${all("maskedCode")}::text[], ${all("validUntil")}::date[])`;
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

/** The rows, or what is wrong with the text as a whole, in words that repeat nothing of it: it may be a code. */
function fromCsv(text: string): readonly unknown[] | string {
  try {
    const records = parseCsv(text, { columns: true, bom: true, trim: true, skip_empty_lines: true }) as Record<
      string,
      string
    >[];
    const columns = Object.keys(records[0] ?? { code: "" });
    const unknown = columns.filter((column) => !["code", "pin", "validUntil"].includes(column));
    if (!columns.includes("code")) return 'The first line must name the columns, and one of them must be "code".';
    if (unknown.length > 0) return `Unknown column ${unknown.join(", ")}; there are code, pin and validUntil.`;
    return records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return `This is not CSV: line ${String(error["lines"])} cannot be read (${error.code}).`;
  }
}
