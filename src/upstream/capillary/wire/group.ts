import { z } from "zod";
import type { ExpiringPoints } from "../../../domain/expiring-points.ts";
import { boolean, date, firstDate, id, isRecord, maybe, number, rawRows, rows, text, unknownValue } from "./loose.ts";

export interface GroupUser {
  userId: string;
  isPrimary: boolean;
  isDefault: boolean;
  /** Former members stay listed. Only a member marked as active is one. */
  isActive: boolean;
}

/** A group of customers that owns points together. */
export interface Group {
  id: string;
  externalId: string | null;
  name: string | null;
  /** `ACTIVE`, `INACTIVE`, `DELETED`, or an unknown value. */
  status: string | null;
  primaryUserId: string | null;
  users: GroupUser[];
  /** The spendable points in the paying programme, without promised points; null if not reported. */
  points: number | null;
  /** Expiries in that programme; null if not reported. */
  expiring: ExpiringPoints[] | null;
}

/** A group in a customer's list of groups, which has fewer fields. */
export interface CustomerGroup extends Omit<Group, "users"> {
  isPrimary: boolean | null;
  isDefault: boolean | null;
  isActive: boolean | null;
}

export interface GroupMember {
  userId: string;
  firstName: string | null;
  lastName: string | null;
  isPrimary: boolean;
  permissions: string[];
  joinedAt: Date | null;
  pointsContributed: number | null;
}

const user = z
  .object({ userId: id, primaryMember: maybe(boolean), defaultGroup: maybe(boolean), active: maybe(boolean) })
  .transform(
    (row): GroupUser => ({
      userId: row.userId,
      isPrimary: row.primaryMember ?? false,
      isDefault: row.defaultGroup ?? false,
      isActive: row.active ?? false,
    }),
  );

/**
 * Balances are per programme, and only `loyaltyPoints` can be spent. A sum over programmes would spend points of other
 * programmes.
 */
const balanceRow = z.object({ programId: id, loyaltyPoints: number });

const expiryRow = z.object({ programId: id, points: number, expiryDate: z.string().regex(/^\d{4}-\d{2}-\d{2}/) });

const identity = z.object({
  id: maybe(id),
  groupId: maybe(id),
  userGroup2Id: maybe(id),
  externalId: maybe(id),
  groupExternalId: maybe(id),
  userGroup2ExternalId: maybe(id),
  groupName: maybe(text),
  name: maybe(text),
  groupStatus: maybe(text),
  status: maybe(text),
  primaryUserId: maybe(id),
  primaryMemberId: maybe(id),
  fleetGroupUsers: rows(user),
  pointsSummaries: rows(balanceRow),
  loyaltyDetails: rows(balanceRow),
  userGroup2LoyaltyDetails: rows(balanceRow),
  expirySchedules: z.array(z.unknown()).nullable().catch(null),
  primaryMember: maybe(boolean),
  role: maybe(text),
  defaultGroup: maybe(boolean),
  active: maybe(boolean),
});

function readGroup(value: unknown, programId: string): (CustomerGroup & { users: GroupUser[] }) | null {
  const row = identity.safeParse(camelCased(value)).data;
  const groupId = row?.groupId ?? row?.userGroup2Id ?? row?.id;
  if (!row || !groupId) return null;
  const summaries = [...row.pointsSummaries, ...row.loyaltyDetails, ...row.userGroup2LoyaltyDetails];
  return {
    id: groupId,
    externalId: row.externalId ?? row.groupExternalId ?? row.userGroup2ExternalId,
    name: row.groupName ?? row.name,
    status: row.groupStatus ?? row.status,
    primaryUserId:
      row.primaryUserId ??
      row.primaryMemberId ??
      row.fleetGroupUsers.find(({ isPrimary }) => isPrimary)?.userId ??
      null,
    users: row.fleetGroupUsers,
    points: summaries.find((summary) => summary.programId === programId)?.loyaltyPoints ?? null,
    expiring:
      row.expirySchedules &&
      rows(expiryRow)
        .parse(row.expirySchedules)
        .filter((each) => each.programId === programId)
        .map(({ points, expiryDate }) => ({ points, date: expiryDate.slice(0, 10) })),
    isPrimary: row.primaryMember ?? (row.role === null ? null : row.role === "PRIMARY"),
    isDefault: row.defaultGroup,
    isActive: row.active,
  };
}

/** A group, with the balance of the paying programme. The answer may wrap it into `entity` or `data`. */
export const groupOf = (programId: string) =>
  unknownValue.transform((value, context): Group => {
    const [only] = isRecord(value) ? rawRows(value["entity"] ?? value["data"] ?? value) : [];
    const group = readGroup(only, programId);
    if (group) {
      const { isPrimary, isDefault, isActive, ...rest } = group;
      return rest;
    }
    context.addIssue("expected a group with an id");
    return z.NEVER;
  });

const member = z
  .object({
    fleetUserId: maybe(id),
    userId: maybe(id),
    firstName: maybe(text),
    lastName: maybe(text),
    role: maybe(text),
    primaryMember: maybe(boolean),
    permissions: z.union([z.array(text), text.transform((list) => list.split(","))]).catch([]),
    joinedOn: maybe(date),
    joinedOnDateTime: maybe(date),
    pointsContributed: maybe(number),
  })
  .transform((row, context): GroupMember => {
    const userId = row.fleetUserId ?? row.userId;
    if (userId === null) {
      context.addIssue("expected a member with an id");
      return z.NEVER;
    }
    return {
      userId,
      firstName: row.firstName,
      lastName: row.lastName,
      isPrimary: row.primaryMember ?? row.role === "PRIMARY",
      permissions: row.permissions.map((permission) => permission.trim()).filter(Boolean),
      joinedAt: firstDate(row.joinedOnDateTime, row.joinedOn),
      pointsContributed: row.pointsContributed,
    };
  });

export const memberPage = z.object({ data: unknownValue }).transform(({ data }) => {
  const all = rawRows(data);
  return { members: rows(member).parse(all), length: all.length };
});

/** Possible names of the list of a customer's groups. Its real name and shape are not documented. */
const LIST_NAMES = /^(all)?_?(user_?|fleet_?)?groups?_?2?s?(_?(list|details|data))?$/i;

/** Fields that only a row about a group has, beside an id. */
const SIGNS = [
  "groupName",
  "groupStatus",
  "groupExternalId",
  "userGroup2Id",
  "userGroup2ExternalId",
  "primaryUserId",
  "primaryMemberId",
  "fleetGroupUsers",
  "defaultGroup",
  "maxGroupSize",
];

/**
 * A customer's groups, anywhere in the answer: every object with a group's fields, and every row of a list with a known
 * name. If such a list holds anything else, the answer is an error, not a customer without groups.
 */
export const groupsWithin = (programId: string) =>
  unknownValue.transform((answer, context): CustomerGroup[] => {
    const found = new Map<string, CustomerGroup>();
    const visit = (at: unknown, isListed: boolean, depth: number): void => {
      if (depth > MAX_DEPTH) return;
      if (Array.isArray(at)) {
        for (const row of at) visit(row, isListed, depth + 1);
        return;
      }
      if (!isRecord(at) || isShelf(at)) return;
      const group = isListed || looksLikeGroup(at) ? readGroup(at, programId) : null;
      if (group) {
        const { users, ...rest } = group;
        found.set(group.id, rest);
      } else if (isListed) {
        context.addIssue("expected groups with ids");
      } else {
        for (const [name, child] of Object.entries(at))
          visit(child, Array.isArray(child) && LIST_NAMES.test(name), depth + 1);
      }
    };
    visit(answer, false, 0);
    return [...found.values()];
  });

const MAX_DEPTH = 6;

function looksLikeGroup(value: Record<string, unknown>): boolean {
  const names = Object.keys(value).map(camelCase);
  return (
    ["id", "groupId", "userGroup2Id"].some((name) => names.includes(name)) && SIGNS.some((sign) => names.includes(sign))
  );
}

/** The catalogue also calls a shelf of rewards a group. */
const isShelf = (value: Record<string, unknown>) => "groupRank" in value;

/** v1.1 writes `group_id` where v2 writes `groupId`. */
const camelCase = (name: string) => name.replace(/_([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase());
const camelCased = (value: unknown): unknown =>
  isRecord(value) ? Object.fromEntries(Object.entries(value).map(([name, field]) => [camelCase(name), field])) : value;
