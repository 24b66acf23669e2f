import { createHash } from "node:crypto";

/** Keeps a key within the size of an index entry, however long a producer's transaction ids are. */
const MAX_PART = 100;

/** Joins parts without collisions: different parts never make the same key. */
export function keyOf(...parts: readonly (string | number)[]): string {
  return parts.map((part) => escapePart(String(part))).join("/");
}

function escapePart(part: string): string {
  if (part.length > MAX_PART) return `~${createHash("sha256").update(part).digest("hex")}`;
  return part.replaceAll("%", "%25").replaceAll("/", "%2F").replaceAll("~", "%7E");
}
