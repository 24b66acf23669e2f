/**
 * The reason why a text cannot be stored, or null if it can: PostgreSQL has no U+0000, and an unpaired surrogate (half
 * of a character, such as a cut emoji) is neither UTF-8 nor valid in `jsonb`.
 */
export function textProblem(text: string): string | null {
  if (MISREAD_UTF_16.test(text)) return "looks like UTF-16 that was read as another encoding; send it as UTF-8";
  if (text.includes("\0")) return "must not hold the character U+0000";
  return text.isWellFormed() ? null : "must not hold half a character (an unpaired surrogate)";
}

/** In UTF-16, each character of a Western text is a byte and a zero, in either order. */
const MISREAD_UTF_16 = /(?:[^\0]\0){4}|(?:\0[^\0]){4}/;

export interface TextFault {
  /** A path such as `input.shippingAddress.line1`. */
  path: string;
  problem: string;
}

/** The first text within a JSON-like value, keys of objects included, that cannot be stored; null if all can. */
export function findTextFault(value: unknown, path = ""): TextFault | null {
  if (typeof value === "string") {
    const problem = textProblem(value);
    return problem === null ? null : { path, problem };
  }
  if (typeof value !== "object" || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const problem = textProblem(key);
    if (problem !== null) return { path, problem };
    const fault = findTextFault(inner, path === "" ? key : `${path}.${key}`);
    if (fault) return fault;
  }
  return null;
}

/** Removes the characters that PostgreSQL refuses in JSON: NUL and unpaired surrogates. */
export const storable = (text: string): string => text.replaceAll("\0", "\uFFFD").toWellFormed();
