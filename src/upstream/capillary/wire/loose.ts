import { z } from "zod";

/**
 * Parsers for this API's irregular JSON: numbers, booleans and objects as text, five kinds of absent value, six date
 * formats. An unreadable value is an error in a field that decides something, and null in a descriptive field.
 */

/** Any value, or none. */
export const unknownValue = z.unknown().optional();

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The API uses `null`, absent, `""`, `[]` and `{}` interchangeably. */
const isNothing = (value: unknown) =>
  value === null ||
  value === undefined ||
  (typeof value === "string" && value.trim() === "") ||
  (typeof value === "object" && Object.keys(value).length === 0);

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

export function readBoolean(value: unknown): boolean | null {
  const word = typeof value === "string" ? value.trim().toLowerCase() : value;
  if (word === true || word === "true" || word === 1 || word === "1") return true;
  if (word === false || word === "false" || word === 0 || word === "0") return false;
  return null;
}
export const readText = (value: unknown): string =>
  typeof value === "string" ? value.trim() : typeof value === "number" ? String(value) : "";
/** An outcome's code as text: `200` and `"200"` are equal. */
export const readCode = (value: unknown): string | null => readText(value) || null;

/** A number, also as text, also in scientific notation. */
export const number = z
  .union([z.number(), z.string().trim().regex(NUMBER).transform(Number)])
  .pipe(z.number().refine(Number.isFinite));

/** An id, always as text: the API sends both, and an id may exceed JavaScript's safe integers. */
export const id = z
  .union([z.string(), z.number().refine(Number.isSafeInteger).transform(String)])
  .transform((value) => value.trim())
  .pipe(z.string().min(1));

export const boolean = unknownValue.transform((value, context) => {
  const read = readBoolean(value);
  if (read !== null) return read;
  context.addIssue("expected true or false");
  return z.NEVER;
});

export const text = z.union([z.string(), z.number().transform(String)]).transform((value) => value.trim());

/**
 * ISO 8601 in any zone; `YYYY-MM-DD HH:mm:ss` and a plain day, both in UTC, as their `…DateTime` twins show; and
 * milliseconds since 1970.
 */
export const date = z.union([z.string(), z.number()]).transform((value, context) => {
  const words = String(value).trim();
  const iso = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?\s*(Z|[-+]\d{2}:?\d{2})?$/i.exec(words);
  const [, day, time = "00:00:00", zone = "Z"] = iso ?? [];
  const read = new Date(day ? `${day}T${time}${zone.toUpperCase()}` : NUMBER.test(words) ? Number(words) : Number.NaN);
  if (!Number.isNaN(read.getTime())) return read;
  context.addIssue("expected a date");
  return z.NEVER;
});

/** An optional value in any of the API's spellings; null also if unreadable. Only for descriptive fields. */
export const maybe = <Shape extends z.ZodType>(shape: Shape) =>
  unknownValue.transform((value): z.output<Shape> | null =>
    isNothing(value) ? null : (shape.safeParse(value).data ?? null),
  );

/** An optional list, or its single row without a list. Unreadable rows are left out. */
export const rows = <Shape extends z.ZodType>(shape: Shape) =>
  unknownValue.transform((value): z.output<Shape>[] =>
    rawRows(value).flatMap((row) => shape.safeParse(row).data ?? []),
  );

/** An unparsed list. */
export const rawRows = (value: unknown): unknown[] =>
  isNothing(value) ? [] : Array.isArray(value) ? value : isRecord(value) ? [value] : [];

/** An object, which may be JSON inside a text; empty if absent. */
export const embedded = unknownValue.transform((value): Record<string, unknown> => {
  if (typeof value !== "string") return isRecord(value) ? value : {};
  try {
    const parsed: unknown = JSON.parse(value);
    return isRecord(parsed) ? parsed : {};
  } catch {
    return {};
  }
});

/** Custom fields of a brand, as text. */
export const freeFields = embedded.transform((fields) =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (readText(value) ? [[name, readText(value)]] : [])),
  ),
);

/** The first date present. Callers pass `…DateTime` before its twin, which has no zone. */
export const firstDate = (...dates: (Date | null)[]): Date | null => dates.find((date) => date !== null) ?? null;
