import { z } from "zod";

/** What operators may be there for. `admin` may do all that the others may, and makes and withdraws keys. */
export const operatorRoles = ["catalogue", "orders", "support", "rewards", "admin"] as const;
export type OperatorRole = (typeof operatorRoles)[number];

const claimValue = z.union([z.string().transform((text) => text.split(/[\s,]+/)), z.array(z.unknown())]).catch([]);

/**
 * Reads the roles of a token: the claim is a list of names, or a text with blanks or commas between them. Other names are of no
 * meaning here. The claim's name may be a path, such as `realm_access.roles`.
 */
export function rolesOf(claims: Readonly<Record<string, unknown>>, claim: string): OperatorRole[] {
  const inside = (within: unknown, name: string): unknown =>
    typeof within === "object" && within !== null && Object.hasOwn(within, name)
      ? (within as Record<string, unknown>)[name]
      : undefined;
  const found = Object.hasOwn(claims, claim) ? claims[claim] : claim.split(".").reduce(inside, claims as unknown);
  const names = new Set(claimValue.parse(found));
  return operatorRoles.filter((role) => names.has(role));
}
