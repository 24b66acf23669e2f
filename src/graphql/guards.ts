import type { Context } from "./context.ts";
import { forbidden, unauthenticated } from "./errors.ts";

/** The signed-in customer. @throws UNAUTHENTICATED, or FORBIDDEN for others, who have no cart and no wallet */
export function requireCustomer({ viewer }: Context): { customerId: string; sessionId: string } {
  if (viewer.kind === "anonymous") throw unauthenticated();
  if (viewer.kind !== "customer") throw forbidden("This is for customers.");
  return viewer;
}

/** The operator's name for the audit log. @throws UNAUTHENTICATED when signed out, FORBIDDEN for others */
export function requireOperator({ viewer }: Context): string {
  if (viewer.kind === "anonymous") throw unauthenticated();
  if (viewer.kind !== "operator") throw forbidden("This is for operators.");
  return viewer.operatorId;
}

/** A service, or an operator in its place, by name. @throws UNAUTHENTICATED when signed out, FORBIDDEN for a customer */
export function requireService({ viewer }: Context): string {
  if (viewer.kind === "anonymous") throw unauthenticated();
  if (viewer.kind === "customer") throw forbidden("This is for operators and services.");
  return viewer.kind === "operator" ? viewer.operatorId : viewer.serviceId;
}
