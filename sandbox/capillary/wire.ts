import { z } from "zod";

// Scalars in the forms that Capillary's APIs accept. Numbers and text are interchangeable nearly everywhere.

/** An id, as text; null, empty and absent are equal. */
export const looseText = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => (value === null || value === undefined || value === "" ? null : String(value)));

/** A number in any form; null if absent. */
export const looseNumber = looseText.transform((text, context) => {
  if (text === null) return null;
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  context.issues.push({ code: "custom", message: "expected a number", input: text });
  return z.NEVER;
});

/** `true` or `false` in a query; false when absent. */
export const flag = z
  .enum(["true", "false"])
  .optional()
  .transform((value) => value === "true");

/** `true`, `false` or, when absent, undefined. */
export const maybeFlag = z
  .enum(["true", "false"])
  .optional()
  .transform((value) => value && value === "true");

/** `a,b,c`; null when absent. */
export const list = z
  .string()
  .optional()
  .transform((text) => (text === undefined || text === "" ? null : text.split(",").map((each) => each.trim())));

export const pathId = z.string().regex(/^\d+$/, "expected a whole number").transform(Number);
