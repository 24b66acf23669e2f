import { hasRole, type OperatorRole, seesCustomers } from "./operator-roles.ts";

/** The authenticated caller. Ownership checks use the viewer, never an argument. */
export type Viewer =
  | { readonly kind: "anonymous" }
  | { readonly kind: "customer"; readonly customerId: string; readonly sessionId: string }
  | Operator
  /** Another program, such as a producer of rewards: it may send messages and has no access to customers' data. */
  | { readonly kind: "service"; readonly serviceId: string };

export interface Operator {
  readonly kind: "operator";
  /** The name for the audit log. */
  readonly operatorId: string;
  readonly roles: readonly OperatorRole[];
  /** The expiry of the token; undefined if it has none. */
  readonly expiresAt?: Date | undefined;
  /** The id of the API key, if the token is one. */
  readonly keyId?: string | undefined;
  /** The id of the account, if a person has signed in with one. */
  readonly accountId?: string | undefined;
  /**
   * The person who answers for the operator, `account:<id>` or `oidc:<subject>`: who has signed in, or who made the key. Undefined for the
   * OPERATOR_TOKEN and for keys that were made with it, which anybody may hold.
   */
  readonly personId?: string | undefined;
  /** The id of the console session, if the operator is signed in to the console. */
  readonly sessionId?: string | undefined;
}

export const anonymous: Viewer = { kind: "anonymous" };

/** Whether the viewer is an operator with access to customers' data. */
export const seesAllCustomers = (viewer: Viewer): boolean =>
  viewer.kind === "operator" && hasRole(viewer.roles, seesCustomers);

/** Whether the viewer has access to this customer's data. */
export function maySee(viewer: Viewer, customerId: string): boolean {
  return seesAllCustomers(viewer) || (viewer.kind === "customer" && viewer.customerId === customerId);
}

/** The source object of the resolvers of `Customer`. */
export interface CustomerModel {
  customerId: string;
}

/** The customer, if the viewer has access: an unknown id and another customer's id have the same result. */
export function customerFor(customerId: string | null, viewer: Viewer): CustomerModel | null {
  return customerId !== null && maySee(viewer, customerId) ? { customerId } : null;
}
