import { createHash } from "node:crypto";

/** So that a key fits an index whatever a producer calls its transactions. */
const MAX_PART = 100;

/** Joins parts so that different parts never make the same key, whatever is in them. */
export function keyOf(...parts: readonly (string | number)[]): string {
  return parts.map((part) => escapePart(String(part))).join("/");
}

function escapePart(part: string): string {
  if (part.length > MAX_PART) return `~${createHash("sha256").update(part).digest("hex")}`;
  return part.replaceAll("%", "%25").replaceAll("/", "%2F").replaceAll("~", "%7E");
}
