import { z } from "zod";
import { customerIdShape } from "../domain/customer-id.ts";
import { readTable } from "../platform/csv-table.ts";
import type { LedgerEntryType } from "../platform/generated/prisma/enums.ts";
import { textProblem } from "../platform/storable-text.ts";

/** The columns of a statement of the points provider's ledger; `docs/reconciliation.md` documents them. */
export const LEDGER_COLUMNS = ["entry_id", "at", "customer_id", "type", "order_id", "reference", "points"] as const;

/** An entry of the points provider's ledger. */
export interface StatementEntry {
  entryId: string;
  at: Date;
  customerId: string;
  type: LedgerEntryType;
  orderId: string | null;
  reference: string | null;
  /** Always positive: the type determines the direction. */
  points: number;
}

export interface StatementProblem {
  /** The line of the file, counted from 1; null if the file as a whole is invalid. */
  line: number | null;
  message: string;
}

const MAX_TEXT = 400;
const MAX_PROBLEMS = 50;
const text = z
  .string()
  .max(MAX_TEXT)
  .refine((value) => textProblem(value) === null, { error: "has a character that cannot be stored" });
const optional = text.optional().transform((value) => value || null);

const row = z
  .object({
    entry_id: text.min(1, "is empty; every entry needs an id that never changes"),
    at: z.iso.datetime({ offset: true, error: "expected a moment with its zone, such as 2026-11-28T10:00:00Z" }),
    customer_id: customerIdShape,
    type: z.string().transform((type, { addIssue }) => {
      const known = type.toLowerCase();
      if (known === "redeem" || known === "reverse" || known === "credit")
        return known.toUpperCase() as LedgerEntryType;
      addIssue("expected redeem, reverse or credit");
      return z.NEVER;
    }),
    order_id: optional,
    reference: optional,
    points: z
      .string()
      .regex(/^[-+]?\d+$/, "expected a whole number of points")
      .transform((value) => Math.abs(Number(value)))
      .pipe(z.int("expected at most 9007199254740991").positive("expected more than 0")),
  })
  .refine(({ type, order_id }) => type === "CREDIT" || order_id !== null, {
    path: ["order_id"],
    error: "is empty; a redeem and a reverse name the order",
  });

/**
 * Reads a statement: CSV with a header, as spreadsheets and programs write it. Points may be signed; the type decides.
 *
 * @returns the entries, or every problem with its line
 */
export function readLedgerFile(csv: string): { entries: StatementEntry[] } | { problems: StatementProblem[] } {
  const table = readTable(csv, LEDGER_COLUMNS);
  if ("problem" in table) {
    const { problem } = table;
    const expected = `Expected the columns ${LEDGER_COLUMNS.join(", ")}.`;
    if (problem.kind === "not-csv") return single(problem.line, `is not CSV (${problem.code})`);
    if (problem.kind === "unnamed-column")
      return single(1, `column ${problem.place} has values and no name. ${expected}`);
    return single(
      1,
      `the column ${problem.column} is ${problem.kind === "unknown-column" ? "unknown" : "there twice"}. ${expected}`,
    );
  }
  const missing = LEDGER_COLUMNS.filter((name) => name !== "reference" && !table.columns.includes(name));
  if (missing.length > 0) return single(1, `the columns ${missing.join(", ")} are missing`);

  const entries: StatementEntry[] = [];
  const problems: StatementProblem[] = [];
  for (const { line, values } of table.rows) {
    const parsed = row.safeParse(values);
    if (!parsed.success) {
      for (const { path, message } of parsed.error.issues)
        problems.push({ line, message: `${String(path[0])}: ${message}` });
      if (problems.length >= MAX_PROBLEMS) break;
      continue;
    }
    const { entry_id, at, customer_id, type, order_id, reference, points } = parsed.data;
    entries.push({
      entryId: entry_id,
      at: new Date(at),
      customerId: customer_id,
      type,
      orderId: order_id,
      reference,
      points,
    });
  }
  return problems.length > 0 ? { problems } : { entries };
}

const single = (line: number, message: string) => ({ problems: [{ line, message }] });
