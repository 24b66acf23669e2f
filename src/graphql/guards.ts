import { hasRole, type OperatorRole } from "../domain/operator-roles.ts";
import type { Context } from "./context.ts";
import { forbidden, unauthenticated } from "./errors.ts";

/** The signed-in customer. @throws UNAUTHENTICATED, or FORBIDDEN for others, who have no cart and no wallet */
export function requireCustomer({ viewer }: Context): { customerId: string; sessionId: string } {
  if (viewer.kind === "anonymous") throw unauthenticated();
  if (viewer.kind !== "customer") throw forbidden("This is for customers.");
  return viewer;
}

/** The roles that a field is for, beside `admin`, which all fields are for. */
type Roles = readonly [OperatorRole, ...OperatorRole[]];

function missing(roles: Roles) {
  const names = new Set([...roles, "admin"].map((role) => role.toUpperCase()));
  return forbidden(`This is for operators with the role ${[...names].join(" or ")}.`);
}

/**
 * The name, for the audit log, of an operator with one of the roles.
 *
 * @throws UNAUTHENTICATED when signed out, FORBIDDEN for others and without the role
 */
export function requireOperator({ viewer }: Context, ...roles: Roles): string {
  if (viewer.kind === "anonymous") throw unauthenticated();
  if (viewer.kind !== "operator") throw forbidden("This is for operators.");
  if (!hasRole(viewer.roles, roles)) throw missing(roles);
  return viewer.operatorId;
}

/**
 * A service, or an operator with one of the roles in its place, by name.
 *
 * @throws UNAUTHENTICATED when signed out, FORBIDDEN for a customer and without the role
 */
export function requireService({ viewer }: Context, ...roles: Roles): string {
  if (viewer.kind === "anonymous") throw unauthenticated();
  if (viewer.kind === "customer") throw forbidden("This is for operators and services.");
  if (viewer.kind === "service") return viewer.serviceId;
  if (!hasRole(viewer.roles, roles)) throw missing(roles);
  return viewer.operatorId;
}
