import { z } from "zod";

/**
 * The roles of operators. `catalogue`: rewards, stock and codes. `orders`: reads customers' data, reverses and ships
 * orders. `support`: reads everything, resolves unknown outcomes. `rewards`: rules, draws and messages. `admin`:
 * everything, and keys.
 */
export const operatorRoles = ["catalogue", "orders", "support", "rewards", "admin"] as const;
export type OperatorRole = (typeof operatorRoles)[number];

/** The roles that may read customers' orders, carts, wallets, groups and awards. */
export const seesCustomers = ["orders", "support"] as const satisfies readonly OperatorRole[];

/** Whether one of the roles is among the required ones; `admin` always qualifies. */
export const hasRole = (roles: readonly OperatorRole[], wanted: readonly OperatorRole[]): boolean =>
  roles.some((role) => role === "admin" || wanted.includes(role));

const claimValue = z.union([z.string().transform((text) => text.split(/[\s,]+/)), z.array(z.unknown())]).catch([]);

/**
 * Reads the roles of a token: the claim is a list of names, or a text separated by spaces or commas. Unknown names are
 * ignored. The claim's name may be a path, such as `realm_access.roles`.
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
