import type { GroupStatus, GroupWallet } from "./group.ts";

/** A group as a payer for a customer. A group without the customer as a member counts as not found. */
export type GroupStanding =
  | { isMember: true; name: string; status: GroupStatus | null; balance: number }
  | { isMember: false };

/** @param balanceOf reads the group's spendable points if the list did not report them; null without such points */
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

/** Whether the group's points can be spent at all. */
export const isSpendable = (
  standing: GroupStanding | null | undefined,
): standing is Extract<GroupStanding, { isMember: true }> =>
  standing?.isMember === true && standing.status === "ACTIVE";

/** The points left after the deductions of open orders. */
export const availableOf = ({ balance }: { balance: number }, held: number): number => Math.max(0, balance - held);
