import { type Refused, refusal, refused } from "../domain/refusal.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { problemInWords, readTable } from "../platform/csv-table.ts";
import { type Db, inTransaction, type Prisma, type Tx } from "../platform/db.ts";
import { creation, datesOutOfOrder, details, withoutUndefined } from "./manage-rewards.ts";
import { MIRRORED_SKU } from "./mirror/mirrored-reward.ts";
import { isFromPool } from "./reward.ts";
import { COLUMNS, readRewardRow } from "./reward-row.ts";

export interface RejectedRow {
  /** 1 is the first row after the header. */
  row: number;
  line: number;
  reason: string;
}

export interface ImportRewardsReport {
  created: number;
  updated: number;
  unchanged: number;
  rejected: RejectedRow[];
}

export interface ImportRewardsInput {
  csv: string;
  /** A dry run. */
  dryRun: boolean;
  /** Imports the valid rows even if others are rejected. */
  skipRejected: boolean;
}

export type ImportRewards = (input: ImportRewardsInput, operatorId: string) => Promise<ImportRewardsReport | Refused>;

/** Each row takes one or two statements of one transaction. */
const MAX_ROWS = 1_000;

type Change =
  | { kind: "create"; sku: string; data: Prisma.RewardCreateInput }
  | { kind: "update"; sku: string; id: string; data: Record<string, unknown> }
  | { kind: "unchanged" };

/**
 * Updates rewards by the rows of a CSV file, and inserts those with a new SKU; each problem is reported with its line.
 */
export function makeImportRewards(deps: { db: Db; clock: Clock; timeZone: string }): ImportRewards {
  const { db, clock, timeZone } = deps;
  return async ({ csv, dryRun, skipRejected }, operatorId) => {
    const table = readTable(csv, COLUMNS);
    if ("problem" in table) return invalid(problemInWords(table.problem, COLUMNS));
    const { columns, rows } = table;
    if (!columns.includes("sku"))
      return invalid('The first line must name the columns, and one of them must be "sku".');
    if (rows.length > MAX_ROWS) return invalid(`At most ${MAX_ROWS} rows at a time; found ${rows.length}.`);
    return inTransaction(db, async (tx) => {
      const known = await lockBySku(
        tx,
        rows.map(({ values }) => values["sku"] ?? ""),
      );
      const rejected: RejectedRow[] = [];
      const changes: Change[] = [];
      const seen = new Map<string, number>();
      for (const [index, { line, values }] of rows.entries()) {
        const sku = values["sku"] ?? "";
        const first = seen.get(sku);
        seen.set(sku, first ?? line);
        const change =
          first === undefined
            ? changeOf(values, known.get(sku) ?? null, timeZone)
            : `The SKU is in line ${first} already.`;
        if (typeof change === "string") rejected.push({ row: index + 1, line, reason: change });
        else changes.push(change);
      }
      const isWritten = rejected.length === 0 || skipRejected;
      const wanted = isWritten || dryRun ? changes : [];
      const count = (kind: Change["kind"]) => wanted.filter((change) => change.kind === kind).length;
      if (isWritten && !dryRun) for (const change of wanted) await write(tx, change, { now: clock.now(), operatorId });
      return { created: count("create"), updated: count("update"), unchanged: count("unchanged"), rejected };
    });
  };
}

type RewardRow = Prisma.RewardGetPayload<object>;

/**
 * Locks the rewards with these SKUs until the transaction ends, in a fixed order, so that two imports cannot deadlock.
 */
async function lockBySku(tx: Tx, skus: readonly string[]): Promise<Map<string, RewardRow>> {
  const wanted = [...skus];
  await tx.$executeRaw`select from rewards where sku = any(${wanted}) order by id for no key update`;
  const rows = await tx.reward.findMany({ where: { sku: { in: wanted } } });
  return new Map(rows.map((row) => [row.sku, row]));
}

/** The change by a row, or the reason for its rejection. */
function changeOf(values: Record<string, string>, before: RewardRow | null, timeZone: string): Change | string {
  const sku = values["sku"] ?? "";
  const read = readRewardRow(values, timeZone);
  if (typeof read === "string") return read;
  const { kind, stock, ...fields } = read;
  if (before) {
    const parsed = details.partial().safeParse(fields);
    if (!parsed.success) return describeIssues(parsed.error.issues);
    const given = withoutUndefined(parsed.data) as Record<string, unknown>;
    const data = Object.fromEntries(
      Object.entries(given).filter(([field, value]) => !isEqual(value, before[field as keyof RewardRow])),
    );
    if (Object.keys(data).length === 0) return { kind: "unchanged" };
    if (before.source === "CAPILLARY")
      return "Capillary keeps this reward: change it there, or lay an overlay over it.";
    if (before.archivedAt) return "The reward is archived.";
    const merged = { ...before, ...data };
    const dateProblem = datesOutOfOrder(merged.validFrom, merged.validUntil);
    if (dateProblem) return dateProblem.refusals[0].message;
    return { kind: "update", sku, id: before.id, data };
  }
  if (kind === undefined) return "No reward has this SKU. To make it, give its kind: E_GIFT_VOUCHER or MERCHANDISE.";
  if (sku.startsWith(MIRRORED_SKU)) return `SKUs that begin with ${MIRRORED_SKU} are Capillary's.`;
  const parsed = creation.safeParse({ active: false, ...fields, sku, kind, stock });
  if (!parsed.success) return describeIssues(parsed.error.issues);
  const { texts: _, ...data } = withoutUndefined(parsed.data); // the file has no column for it
  if (isFromPool({ kind: data.kind, source: "BIGCITY" }) && data.stock) {
    return "stock: a voucher's stock is its pool of codes: import codes instead";
  }
  const dateProblem = datesOutOfOrder(data.validFrom ?? null, data.validUntil ?? null);
  if (dateProblem) return dateProblem.refusals[0].message;
  const left = data.kind === "E_GIFT_VOUCHER" ? 0 : (data.stock ?? null);
  return { kind: "create", sku, data: { ...data, stock: left } };
}

async function write(tx: Tx, change: Change, { now, operatorId }: { now: Date; operatorId: string }): Promise<void> {
  if (change.kind === "unchanged") return;
  const { sku, data } = change;
  if (change.kind === "create") await tx.reward.create({ data: { ...change.data, createdAt: now } });
  else await tx.reward.update({ where: { id: change.id }, data });
  const details = { import: true, ...(change.kind === "update" && { changed: Object.keys(data) }) };
  await audit(tx, { at: now, actor: operatorId, action: `reward.${change.kind}`, subject: sku, details });
}

const isEqual = (a: unknown, b: unknown): boolean => comparable(a) === comparable(b);
const comparable = (value: unknown) =>
  value instanceof Date ? value.getTime() : typeof value === "bigint" ? Number(value) : (value ?? null);

const describeIssues = (issues: readonly { path: readonly PropertyKey[]; message: string }[]) =>
  issues.map(({ path, message }) => `${path.map(String).join(".")}: ${message}`).join("; ");

const invalid = (problem: string) => refused(refusal("INVALID_INPUT", problem, ["input", "csv"]));
