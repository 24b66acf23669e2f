import type { OperatorRole } from "./operator-roles.ts";

/** Who is asking. Owners are taken from here and never from an argument. */
export type Viewer =
  | { readonly kind: "anonymous" }
  | { readonly kind: "customer"; readonly customerId: string; readonly sessionId: string }
  | {
      readonly kind: "operator";
      readonly operatorId: string;
      readonly roles: readonly OperatorRole[];
      /** When the token ends; undefined if it does not. */
      readonly expiresAt?: Date | undefined;
    }
  /** Another program, such as a producer of rewards: it may bring messages in and sees nobody's belongings. */
  | { readonly kind: "service"; readonly serviceId: string };

export const anonymous: Viewer = { kind: "anonymous" };

/** Whether the viewer may see what belongs to this customer. */
export function maySee(viewer: Viewer, customerId: string): boolean {
  return viewer.kind === "operator" || (viewer.kind === "customer" && viewer.customerId === customerId);
}

/** What the resolvers of `Customer` work on. */
export interface CustomerModel {
  customerId: string;
}

/** The customer, if the viewer may see them: an unknown id and somebody else's look alike. */
export function customerFor(customerId: string | null, viewer: Viewer): CustomerModel | null {
  return customerId !== null && maySee(viewer, customerId) ? { customerId } : null;
}
