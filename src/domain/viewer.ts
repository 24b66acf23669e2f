import { hasRole, type OperatorRole, seesCustomers } from "./operator-roles.ts";

/** Who is asking. Owners are taken from here and never from an argument. */
export type Viewer =
  | { readonly kind: "anonymous" }
  | { readonly kind: "customer"; readonly customerId: string; readonly sessionId: string }
  | Operator
  /** Another program, such as a producer of rewards: it may bring messages in and sees nobody's belongings. */
  | { readonly kind: "service"; readonly serviceId: string };

export interface Operator {
  readonly kind: "operator";
  /** The name for the audit log. */
  readonly operatorId: string;
  readonly roles: readonly OperatorRole[];
  /** When the token ends; undefined if it does not. */
  readonly expiresAt?: Date | undefined;
  /** The id of the API key that the token is, if it is one. */
  readonly keyId?: string | undefined;
  /** The id of the account, if a person has signed in with one. */
  readonly accountId?: string | undefined;
  /** The id of the session at the console, if the operator is signed in there. */
  readonly sessionId?: string | undefined;
}

export const anonymous: Viewer = { kind: "anonymous" };

/** Whether the viewer is an operator who may see what belongs to customers. */
export const seesEverybody = (viewer: Viewer): boolean =>
  viewer.kind === "operator" && hasRole(viewer.roles, seesCustomers);

/** Whether the viewer may see what belongs to this customer. */
export function maySee(viewer: Viewer, customerId: string): boolean {
  return seesEverybody(viewer) || (viewer.kind === "customer" && viewer.customerId === customerId);
}

/** What the resolvers of `Customer` work on. */
export interface CustomerModel {
  customerId: string;
}

/** The customer, if the viewer may see them: an unknown id and somebody else's look alike. */
export function customerFor(customerId: string | null, viewer: Viewer): CustomerModel | null {
  return customerId !== null && maySee(viewer, customerId) ? { customerId } : null;
}
