import { exactNumber } from "../../platform/exact-json.ts";

/** A customer's identity in a call. `id` is Capillary's own; `externalId` is the brand's. */
export type CustomerKey = { id: string } | { externalId: string } | { mobile: string } | { email: string };

/** The paying group, by exactly one identity: the meaning of several is not documented. */
export type GroupSelector = { groupId: string } | { externalId: string } | { primaryUserId: string };

/** A key as text, for comparing customers. */
export const customerKeyText = (customer: CustomerKey): string => Object.entries(customer).flat().join(" ");

/** An id for a body: a number with every digit if it consists of digits. */
export const asNumber = (id: string): object | string => (/^[1-9]\d*$/.test(id) ? exactNumber(id) : id);

/** The customer of an issue. The endpoint does not accept Capillary's own id; a mobile is sent as a number. */
export function customerInIssue(customer: Exclude<CustomerKey, { id: string }>): Record<string, unknown> {
  if ("mobile" in customer) return { mobile: asNumber(customer.mobile) };
  return { ...customer };
}

/** The group of an issue: camelCase, in the body. */
export function groupInIssue(group: GroupSelector): Record<string, unknown> {
  if ("groupId" in group) return { userGroup2Id: asNumber(group.groupId) };
  if ("externalId" in group) return { userGroup2ExternalId: group.externalId };
  return { userGroup2PrimaryUserId: group.primaryUserId };
}

/** The customer of a points call: snake_case. */
export function customerInPoints(customer: CustomerKey): Record<string, string> {
  return "externalId" in customer ? { external_id: customer.externalId } : { ...customer };
}

/** The group of a points call: snake_case, in the query. */
export function groupInPoints(group: GroupSelector): Record<string, string> {
  if ("groupId" in group) return { user_group2_id: group.groupId };
  if ("externalId" in group) return { user_group2_external_id: group.externalId };
  return { user_group2_primary_user_id: group.primaryUserId };
}

/** The group of a group read, by any of its identities. */
export function groupInQuery(group: GroupSelector): Record<string, string> {
  return "groupId" in group ? { id: group.groupId } : { ...group };
}
