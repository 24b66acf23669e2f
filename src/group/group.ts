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
  /** The spendable points in the paying programme; null if not reported. */
  balance: number | null;
  /** Null if not reported. */
  expiring: ExpiringPoints[] | null;
  /** The role of the customer in whose list it is; null if it was not read from a customer's list. */
  role: GroupRole | null;
  /** The time of the read. */
  asOf: Date;
}

/** A member of a group, by Capillary's id. */
export interface Membership {
  userId: string;
  role: GroupRole;
}

/** A member of a group, as other members see them. */
export interface Member {
  name: string | null;
  role: GroupRole;
  isYou: boolean;
}

/** More than any family has. A group may have thousands of members, which would not fit a page. */
export const MAX_MEMBERS = 100;

const statuses: readonly GroupStatus[] = ["ACTIVE", "INACTIVE", "DELETED"];
export const statusOf = (value: string | null): GroupStatus | null =>
  statuses.find((status) => status === value?.toUpperCase()) ?? null;

export const roleOf = (isPrimary: boolean): GroupRole => (isPrimary ? "PRIMARY" : "SECONDARY");

/** Spendable points: whole points only, and zero for a negative balance. */
export const spendable = (points: number | null): number | null =>
  points === null ? null : Math.max(0, Math.floor(points));

/** The matching group among a customer's own. A customer may lead several: an active one takes precedence. */
export function pick(groups: readonly GroupWallet[], by: GroupSelector): GroupWallet | null {
  if ("groupId" in by) return groups.find(({ groupId }) => groupId === by.groupId) ?? null;
  if ("externalId" in by) return groups.find(({ externalId }) => externalId === by.externalId) ?? null;
  const led = groups.filter(({ primaryUserId }) => primaryUserId === by.primaryUserId);
  return led.find(({ status }) => status === "ACTIVE") ?? led[0] ?? null;
}

/**
 * The members of a group as the viewer sees them: the primary member first, then the viewer; other members are reduced
 * to initials.
 */
export function membersSeen(
  memberships: readonly Membership[],
  nameOf: (userId: string) => string | null,
  viewerUserId: string | null,
): Member[] {
  const rank = ({ userId, role }: Membership) => (role === "PRIMARY" ? 0 : userId === viewerUserId ? 1 : 2);
  return memberships
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, MAX_MEMBERS)
    .map(({ userId, role }) => {
      const isYou = userId === viewerUserId;
      const name = nameOf(userId);
      return { name: isYou ? name : maskedName(name), role, isYou };
    });
}

const letters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * The first letter of each word. The mask has a fixed length, because a word's length would reveal part of the name.
 */
export function maskedName(name: string | null): string | null {
  const words = name?.split(/\s+/).filter((word) => word !== "") ?? [];
  if (words.length === 0) return null;
  return words.map((word) => `${[...letters.segment(word)][0]?.segment ?? ""}•••`).join(" ");
}
