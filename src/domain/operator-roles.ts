import { z } from "zod";

/**
 * What operators may be there for. `catalogue`: rewards, stock and codes. `orders`: reads customers' things, reverses, ships.
 * `support`: reads everything, resolves what is in doubt. `rewards`: rules, draws and messages. `admin`: everything, and keys.
 */
export const operatorRoles = ["catalogue", "orders", "support", "rewards", "admin"] as const;
export type OperatorRole = (typeof operatorRoles)[number];

/** The roles that see what belongs to customers: their orders, carts, wallets, groups and awards. */
export const seesCustomers = ["orders", "support"] as const satisfies readonly OperatorRole[];

/** Whether one of the roles is among those that are asked for; `admin` always is. */
export const hasRole = (roles: readonly OperatorRole[], wanted: readonly OperatorRole[]): boolean =>
  roles.some((role) => role === "admin" || wanted.includes(role));

const claimValue = z.union([z.string().transform((text) => text.split(/[\s,]+/)), z.array(z.unknown())]).catch([]);

/**
 * Reads the roles of a token: the claim is a list of names, or a text with blanks or commas between them. Other names have no
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
