import { refused } from "../failure.ts";
import { programIds } from "./brand.ts";
import { pointsCode } from "./codes.ts";
import type { Memory } from "./memory.ts";
import type { Customer, Group, Wallet } from "./records.ts";

/** The keys by which a request identifies a group. Any non-null key makes it a redemption from that group's wallet. */
export interface GroupKeys {
  id?: string | null | undefined;
  externalId?: string | null | undefined;
  primaryUserId?: string | null | undefined;
}

/**
 * Finds the active group that matches every key; undefined without keys. The precedence of contradictory keys is not
 * documented, so they are refused like unknown ones.
 */
export function findGroup(memory: Memory, ...named: readonly GroupKeys[]): Group | undefined {
  let found: Group[] | undefined;
  for (const { value, fits } of named.flatMap(checksFor)) {
    found = (found ?? [...memory.groups.values()]).filter((group) => group.status === "ACTIVE" && fits(group));
    if (found.length === 0) throw unknownGroup(value);
  }
  // A customer may head several groups: then the default one counts.
  return (
    found?.find(({ members }) => members.some((each) => each.role === "PRIMARY" && each.isDefaultGroup)) ?? found?.[0]
  );
}

export const unknownGroup = (value: string) =>
  refused(`group id/externalId/primary userId ${value} passed is not valid`, { code: pointsCode.groupUnknown });

function checksFor({ id, externalId, primaryUserId }: GroupKeys) {
  const checks: { value: string; fits: (group: Group) => boolean }[] = [];
  if (id) checks.push({ value: id, fits: (group) => String(group.id) === id });
  if (externalId) checks.push({ value: externalId, fits: (group) => group.externalId === externalId });
  if (primaryUserId) checks.push({ value: primaryUserId, fits: (group) => String(primaryOf(group)) === primaryUserId });
  return checks;
}

export const primaryOf = ({ members }: Group): number | undefined =>
  members.find(({ role }) => role === "PRIMARY")?.userId;

export const groupsOf = (memory: Memory, { userId }: Customer): Group[] =>
  [...memory.groups.values()].filter(
    ({ status, members }) => status === "ACTIVE" && members.some((each) => each.userId === userId && each.active),
  );

/** The customer's group if the request names none: the default one, else the first. */
export function defaultGroupOf(memory: Memory, customer: Customer): Group | undefined {
  const groups = groupsOf(memory, customer);
  const isDefault = ({ members }: Group) =>
    members.some((each) => each.userId === customer.userId && each.isDefaultGroup);
  return groups.find(isDefault) ?? groups[0];
}

/** The wallet of a request; throws if the programme is unknown or the customer is not in the group. */
export function walletFor(customer: Customer, group: Group | undefined, programId: number): Wallet {
  if (!programIds.includes(programId)) {
    throw refused(`program id ${programId} is not valid`, { code: pointsCode.programUnknown });
  }
  if (!group) return { kind: "customer", id: customer.userId, programId };
  if (!group.members.some(({ userId, active }) => active && userId === customer.userId)) {
    const message = `user ${customer.userId} does not belong to group ${group.id}`;
    throw refused(message, { code: pointsCode.notInGroup });
  }
  return { kind: "group", id: group.id, programId };
}

/** Throws unless this customer may take so many points from the wallet now. */
export function checkSpendable(
  memory: Memory,
  { customer, group, wallet, points }: { customer: Customer; group: Group | undefined; wallet: Wallet; points: number },
): void {
  if (customer.isFraud) throw refused("customer is marked as fraud", { code: pointsCode.fraud });
  const mayRedeem = !group || group.members.some((each) => each.userId === customer.userId && each.mayRedeem);
  if (!mayRedeem || group?.redemptionConfigured === false) {
    const message = "points redemption rules/configuration not allowing redemption";
    throw refused(message, { code: pointsCode.notConfigured });
  }
  if (memory.balance(wallet).spendable < points) {
    throw refused("insufficient current points", { code: pointsCode.balanceTooLow });
  }
}
