import { z } from "zod";

/**
 * The habits of this API's JSON, undone: numbers, booleans and whole objects as text, five ways to say nothing, six to write
 * a date. What cannot be read is an error where it matters, and null where it only describes.
 */

/** Any value, or none. */
export const anything = z.unknown().optional();

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `null`, absent, `""`, `[]` and `{}` are used for one another. */
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
/** A number that names an outcome, as text: `200` and `"200"` are the same one. */
export const readCode = (value: unknown): string | null => readText(value) || null;

/** A number, also as text, also in scientific notation. */
export const number = z
  .union([z.number(), z.string().trim().regex(NUMBER).transform(Number)])
  .pipe(z.number().refine(Number.isFinite));

/** An id, always as text: it comes as either, and may have more digits than a number of ours can hold. */
export const id = z
  .union([z.string(), z.number().refine(Number.isSafeInteger).transform(String)])
  .transform((value) => value.trim())
  .pipe(z.string().min(1));

export const boolean = anything.transform((value, context) => {
  const read = readBoolean(value);
  if (read !== null) return read;
  context.addIssue("expected true or false");
  return z.NEVER;
});

export const text = z.union([z.string(), z.number().transform(String)]).transform((value) => value.trim());

/**
 * ISO 8601 in any zone, `YYYY-MM-DD HH:mm:ss` and a plain day, both meaning UTC as their `…DateTime` twins show, and
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

/** What may be missing, in any of the ways; null too when it cannot be read. For what describes, not for what decides. */
export const maybe = <Shape extends z.ZodType>(shape: Shape) =>
  anything.transform((value): z.output<Shape> | null =>
    isNothing(value) ? null : (shape.safeParse(value).data ?? null),
  );

/** A list that may be missing, or be the only row itself. Rows that cannot be read are left out. */
export const rows = <Shape extends z.ZodType>(shape: Shape) =>
  anything.transform((value): z.output<Shape>[] => rawRows(value).flatMap((row) => shape.safeParse(row).data ?? []));

/** A list as it came, not yet read. */
export const rawRows = (value: unknown): unknown[] =>
  isNothing(value) ? [] : Array.isArray(value) ? value : isRecord(value) ? [value] : [];

/** An object, which may be JSON inside a text; empty when there is none. */
export const embedded = anything.transform((value): Record<string, unknown> => {
  if (typeof value !== "string") return isRecord(value) ? value : {};
  try {
    const parsed: unknown = JSON.parse(value);
    return isRecord(parsed) ? parsed : {};
  } catch {
    return {};
  }
});

/** Fields of a brand's own making, as text. */
export const freeFields = embedded.transform((fields) =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (readText(value) ? [[name, readText(value)]] : [])),
  ),
);

/** The first of these dates there is: `…DateTime` is given before its twin without a zone. */
export const firstDate = (...dates: (Date | null)[]): Date | null => dates.find((date) => date !== null) ?? null;
