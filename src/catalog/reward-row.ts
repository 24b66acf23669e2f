import { startOfDay } from "../platform/time-zone.ts";

/** Columns of an export that an import does not change. */
const READ_ONLY = ["source", "state"];
const TEXTS = ["name", "description", "brand", "category", "imageUrl", "terms", "howToUse"];
const NUMBERS = ["points", "limitPerCustomer", "stock"];
const MOMENTS = ["validFrom", "validUntil"];
export const COLUMNS = ["sku", "kind", ...TEXTS, ...NUMBERS, ...MOMENTS, "active", ...READ_ONLY];

/** Optional fields. */
const CLEARABLE = new Set(["terms", "howToUse", "validFrom", "validUntil", "limitPerCustomer", "stock"]);
const CLEAR = "-";

export interface RewardRowFields {
  kind?: string;
  stock?: number | null;
  [field: string]: unknown;
}

/**
 * The fields of a CSV row: an empty cell leaves its field out, and `-` sets it to null.
 *
 * @param timeZone the programme's: days without a time begin there
 * @returns the reason if a cell is invalid
 */
export function readRewardRow(values: Record<string, string>, timeZone: string): RewardRowFields | string {
  const fields: RewardRowFields = {};
  const problems: string[] = [];
  for (const [column, cell] of Object.entries(values)) {
    if (cell === "" || column === "sku" || READ_ONLY.includes(column)) continue;
    if (cell === CLEAR && CLEARABLE.has(column)) {
      fields[column] = null;
      continue;
    }
    const read = readCell(column, cell, timeZone);
    if (read === null) problems.push(`${column}: ${expected(column)}`);
    else fields[column] = read;
  }
  return problems.length > 0 ? problems.join("; ") : fields;
}

/** The value of a cell; null if it is invalid. */
function readCell(column: string, cell: string, timeZone: string): unknown {
  if (NUMBERS.includes(column)) return /^\d{1,15}$/.test(cell) ? Number(cell) : null;
  if (MOMENTS.includes(column)) return readMoment(cell, timeZone);
  if (column === "active") return /^(yes|true|1)$/i.test(cell) ? true : /^(no|false|0)$/i.test(cell) ? false : null;
  return unquoted(cell);
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

function readMoment(cell: string, timeZone: string): Date | null {
  const isDay = DAY.test(cell);
  const given = new Date(isDay ? `${cell}T00:00:00Z` : MOMENT.test(cell) ? cell : Number.NaN);
  if (Number.isNaN(given.getTime())) return null;
  return isDay ? startOfDay(cell, timeZone) : given;
}

/** An export has an apostrophe before a text that a spreadsheet would read as a formula. */
const unquoted = (cell: string) => (/^'[=+\-@]/.test(cell) ? cell.slice(1) : cell);

function expected(column: string): string {
  if (NUMBERS.includes(column)) return "must be a whole number";
  if (MOMENTS.includes(column)) return "must be a day such as 2026-12-04 or a moment such as 2026-12-04T09:00:00Z";
  return "must be yes or no";
}
