import { z } from "zod";
import { refused } from "../../failure.ts";
import { type Operation, operation } from "../../operation.ts";
import type { CapillaryChecks } from "../credentials.ts";
import { day } from "../dates.ts";
import type { Memory } from "../memory.ts";
import type { Group } from "../records.ts";
import { primaryOf, unknownGroup } from "../wallets.ts";
import { flag, looseNumber, looseText } from "../wire.ts";
import { noWarnings } from "./envelope.ts";
import { groupRow, memberRow } from "./rows.ts";

const groupQuery = z.object({
  id: looseText,
  externalId: looseText,
  primaryUserId: looseText,
  programDetails: flag,
  expirySchedules: flag,
});

const membersQuery = z.object({
  identifierName: z.literal("id", { error: "expected id: groups have no other name here" }),
  identifierValue: z.string().min(1),
  paginationDetails: flag,
  limit: looseNumber,
  offset: looseNumber,
  sortBy: z.string().optional(),
  sortOrder: z.enum(["ASC", "DESC"]).default("DESC"),
  fromDate: looseText,
  toDate: looseText,
});

const searchQuery = z.object({ q: looseText, offset: looseNumber, limit: looseNumber });

const badSearch = 91052;

/**
 * v2: a group with its balances, its members, and the search for a group. Ended groups are included, with their status.
 */
export function groupOperations({ memory, checks }: { memory: Memory; checks: CapillaryChecks }): Operation[] {
  const authenticate = checks.basicOrOAuth;

  /** Any group, whatever its status; by the first key present. */
  function groupBy(keys: { id?: string | null; externalId?: string | null; primaryUserId?: string | null }): Group {
    const { id, externalId, primaryUserId } = keys;
    const fits = (group: Group) => {
      if (id) return String(group.id) === id;
      if (externalId) return group.externalId === externalId;
      return String(primaryOf(group)) === primaryUserId;
    };
    const found = [...memory.groups.values()].find(fits);
    if (!found) throw unknownGroup(id ?? externalId ?? primaryUserId ?? "");
    return found;
  }

  return [
    operation({
      name: "userGroup2",
      method: "GET",
      path: "/v2/userGroup2",
      authenticate,
      input: groupQuery,
      effect: ({ programDetails, expirySchedules, ...keys }) =>
        groupRow(memory, groupBy(keys), { programs: programDetails, expiries: expirySchedules }),
    }),

    operation({
      name: "members",
      method: "GET",
      path: "/v2/userGroup2/members",
      authenticate,
      input: membersQuery,
      effect: (query) => {
        const { identifierValue, sortBy, sortOrder, paginationDetails, fromDate, toDate } = query;
        const direction = sortOrder === "ASC" ? 1 : -1;
        const found = groupBy({ id: identifierValue })
          .members.filter(({ joinedAt }) => day(joinedAt) >= (fromDate ?? "").slice(0, 10))
          .filter(({ joinedAt }) => toDate === null || day(joinedAt) <= toDate.slice(0, 10))
          .toSorted((a, b) =>
            sortBy === "IS_PRIMARY"
              ? direction * (Number(a.role === "PRIMARY") - Number(b.role === "PRIMARY"))
              : direction * a.joinedAt.localeCompare(b.joinedAt),
          );
        const limit = query.limit ?? 20;
        const offset = query.offset ?? 0;
        const pagination = { limit, offset, sortOrder, total: found.length };
        return {
          ...(paginationDetails && { pagination }),
          data: found.slice(offset, offset + limit).map((each) => memberRow(memory, each)),
          warnings: noWarnings,
          errors: [],
        };
      },
    }),

    operation({
      name: "search",
      method: "GET",
      path: "/v2/userGroup2/search",
      authenticate,
      input: searchQuery,
      effect: ({ q, offset, limit }) => {
        if (q === null) throw refused("search parameter is invalid", { code: badSearch });
        const found = [...memory.groups.values()].filter((group) => namesOf(group).includes(q.toLowerCase()));
        const from = offset ?? 0;
        return { data: found.slice(from, from + (limit ?? 20)).map(searchRow), warnings: noWarnings, errors: [] };
      },
    }),
  ];

  /** A secondary member's number finds nothing. */
  function namesOf(group: Group): string[] {
    const primary = memory.customers.get(primaryOf(group) ?? 0);
    return [String(group.id), group.name, group.externalId, primary?.mobile, primary?.email].flatMap(
      (each) => each?.toLowerCase() ?? [],
    );
  }
}

const searchRow = (group: Group) => ({
  groupId: group.id,
  groupName: group.name,
  groupStatus: group.status,
  groupExternalId: group.externalId,
  primaryMemberId: primaryOf(group),
  totalMembers: group.members.length,
  extendedFields: {},
});
