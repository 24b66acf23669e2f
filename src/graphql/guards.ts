import { hasRole, type OperatorRole } from "../domain/operator-roles.ts";
import type { Operator } from "../domain/viewer.ts";
import type { Context } from "./context.ts";
import { forbidden, unauthenticated } from "./errors.ts";

/** The signed-in customer. @throws UNAUTHENTICATED, or FORBIDDEN for other viewers, who have no cart and no wallet */
export function requireCustomer({ viewer }: Context): { customerId: string; sessionId: string } {
  if (viewer.kind === "anonymous") throw unauthenticated();
  if (viewer.kind !== "customer") throw forbidden("This is for customers.");
  return viewer;
}

/** The roles that may use a field, beside `admin`, which may use all. */
type Roles = readonly [OperatorRole, ...OperatorRole[]];

function missing(roles: Roles) {
  const names = new Set([...roles, "admin"].map((role) => role.toUpperCase()));
  return forbidden(`This is for operators with the role ${[...names].join(" or ")}.`);
}

/**
 * The operator's name for the audit log, after a check of the roles.
 *
 * @throws UNAUTHENTICATED for anonymous viewers, FORBIDDEN for other kinds of viewers and without the role
 */
export function requireOperator({ viewer }: Context, ...roles: Roles): string {
  if (viewer.kind === "anonymous") throw unauthenticated();
  if (viewer.kind !== "operator") throw forbidden("This is for operators.");
  if (!hasRole(viewer.roles, roles)) throw missing(roles);
  return viewer.operatorId;
}

/**
 * An operator with one of the roles: its name for the audit log, and the person who answers for it.
 *
 * @throws as `requireOperator` does
 */
export function requireOperatorAndPerson(context: Context, ...roles: Roles): Pick<Operator, "operatorId" | "personId"> {
  const operatorId = requireOperator(context, ...roles);
  const personId = context.viewer.kind === "operator" ? context.viewer.personId : undefined;
  return { operatorId, personId };
}

/**
 * The name of a service, or of an operator with one of the roles.
 *
 * @throws UNAUTHENTICATED for anonymous viewers, FORBIDDEN for a customer and without the role
 */
export function requireService({ viewer }: Context, ...roles: Roles): string {
  if (viewer.kind === "anonymous") throw unauthenticated();
  if (viewer.kind === "customer") throw forbidden("This is for operators and services.");
  if (viewer.kind === "service") return viewer.serviceId;
  if (!hasRole(viewer.roles, roles)) throw missing(roles);
  return viewer.operatorId;
}
