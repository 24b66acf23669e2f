import type { Context } from "./context.ts";
import { forbidden, unauthenticated } from "./errors.ts";

/** The signed-in customer. @throws UNAUTHENTICATED, or FORBIDDEN for an operator, who has no cart and no wallet */
export function requireCustomer({ viewer }: Context): { customerId: string; sessionId: string } {
  if (viewer.kind === "anonymous") throw unauthenticated();
  if (viewer.kind === "operator") throw forbidden("This is for customers.");
  return viewer;
}

/** The operator's name for the audit log. @throws UNAUTHENTICATED when signed out, FORBIDDEN for a customer */
export function requireOperator({ viewer }: Context): string {
  if (viewer.kind === "anonymous") throw unauthenticated();
  if (viewer.kind === "customer") throw forbidden("This is for operators.");
  return viewer.operatorId;
}
