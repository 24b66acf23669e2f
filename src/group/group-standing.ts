import type { GroupStatus, GroupWallet } from "./group.ts";

/** A group as one that a customer wants to pay from. One they are not in and one that does not exist are the same. */
export type GroupStanding =
  | { isMember: true; name: string; status: GroupStatus | null; balance: number }
  | { isMember: false };

/** @param balanceOf reads what the group can spend, where the list did not tell; null where it has no such points */
export async function standingIn(
  groups: readonly GroupWallet[],
  groupId: string,
  balanceOf: (groupId: string) => Promise<number | null>,
): Promise<GroupStanding> {
  const group = groups.find((each) => each.groupId === groupId);
  if (!group) return { isMember: false };
  const { name, externalId, status, balance } = group;
  return {
    isMember: true,
    name: name ?? externalId ?? "The group",
    status,
    balance: balance ?? (await balanceOf(groupId)) ?? 0,
  };
}

/** Whether points of it can be spent at all. */
export const isSpendable = (
  standing: GroupStanding | null | undefined,
): standing is Extract<GroupStanding, { isMember: true }> =>
  standing?.isMember === true && standing.status === "ACTIVE";

/** What can still be spent, when open orders take so much of it. */
export const availableOf = ({ balance }: { balance: number }, held: number): number => Math.max(0, balance - held);
