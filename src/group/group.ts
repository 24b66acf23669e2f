import type { ExpiringPoints } from "../domain/expiring-points.ts";
import type { GroupSelector } from "../upstream/capillary/identities.ts";

export type GroupStatus = "ACTIVE" | "INACTIVE" | "DELETED";
export type GroupRole = "PRIMARY" | "SECONDARY";

/** A group of customers and its points. */
export interface GroupWallet {
  groupId: string;
  externalId: string | null;
  name: string | null;
  status: GroupStatus | null;
  primaryUserId: string | null;
  /** What it can spend in the programme that pays; null where that was not told. */
  balance: number | null;
  /** Null where that was not told. */
  expiring: ExpiringPoints[] | null;
  /** That of the customer in whose list it is; null where it was read for nobody in particular. */
  role: GroupRole | null;
  /** When it was read. */
  asOf: Date;
}

/** Somebody in a group, by Capillary's number. */
export interface Membership {
  userId: string;
  role: GroupRole;
}

/** Somebody in a group, as one of the group sees them. */
export interface Member {
  name: string | null;
  role: GroupRole;
  isYou: boolean;
}

/** More than any family has. A group may be as large as the brand likes, and nobody reads a page of thousands. */
export const MOST_MEMBERS = 100;

const statuses: readonly GroupStatus[] = ["ACTIVE", "INACTIVE", "DELETED"];
export const statusOf = (told: string | null): GroupStatus | null =>
  statuses.find((status) => status === told?.toUpperCase()) ?? null;

export const roleOf = (isPrimary: boolean): GroupRole => (isPrimary ? "PRIMARY" : "SECONDARY");

/** Points as they can be spent: a part of one cannot, and a debt is nothing. */
export const spendable = (points: number | null): number | null =>
  points === null ? null : Math.max(0, Math.floor(points));

/** The group that is meant, among a customer's own. Somebody may lead several: one that is active goes before the others. */
export function pick(groups: readonly GroupWallet[], by: GroupSelector): GroupWallet | null {
  if ("groupId" in by) return groups.find(({ groupId }) => groupId === by.groupId) ?? null;
  if ("externalId" in by) return groups.find(({ externalId }) => externalId === by.externalId) ?? null;
  const led = groups.filter(({ primaryUserId }) => primaryUserId === by.primaryUserId);
  return led.find(({ status }) => status === "ACTIVE") ?? led[0] ?? null;
}

/** Who is in the group, as the viewer sees them: the primary member first, then oneself; of others no more than initials. */
export function membersSeen(
  memberships: readonly Membership[],
  nameOf: (userId: string) => string | null,
  viewerUserId: string | null,
): Member[] {
  const rank = ({ userId, role }: Membership) => (role === "PRIMARY" ? 0 : userId === viewerUserId ? 1 : 2);
  return memberships
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, MOST_MEMBERS)
    .map(({ userId, role }) => {
      const isYou = userId === viewerUserId;
      const name = nameOf(userId);
      return { name: isYou ? name : maskedName(name), role, isYou };
    });
}

const letters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The first letter of each word. How many there were after it would be a part of the name. */
export function maskedName(name: string | null): string | null {
  const words = name?.split(/\s+/).filter((word) => word !== "") ?? [];
  if (words.length === 0) return null;
  return words.map((word) => `${[...letters.segment(word)][0]?.segment ?? ""}•••`).join(" ");
}
