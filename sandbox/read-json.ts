import type { z } from "zod";
import { invalid } from "./failure.ts";

/** Parses a request body from text; throws an `invalid` Failure with the problem. */
export function readJson<Value>(schema: z.ZodType<Value>, text: unknown): Value {
  let value: unknown;
  try {
    value = JSON.parse(typeof text === "string" ? text : "");
  } catch {
    throw invalid("The body is not JSON");
  }
  return readValue(schema, value);
}

/** Checks an already parsed value; throws an `invalid` Failure naming each invalid field. */
export function readValue<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  const result = schema.safeParse(value);
  if (!result.success) throw invalid(explain(result.error));
  return result.data;
}

/** A readable line: `points_consumed: Invalid input: expected int, received string; …`. */
export function explain(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length > 0 ? `${path.join(".")}: ${message}` : message))
    .join("; ");
}
