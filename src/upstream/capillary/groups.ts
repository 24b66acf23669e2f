import { z } from "zod";
import type { Caller, CallOptions } from "./caller.ts";
import { v2Envelope } from "./envelope.ts";
import { type GroupSelector, groupInQuery } from "./identities.ts";
import { type CustomerGroup, type Group, type GroupMember, groupOf, groupsWithin, memberPage } from "./wire/group.ts";
import { id, maybe } from "./wire/loose.ts";

const PAGE_SIZE = 100;
const MAX_PAGES = 50;

export interface Groups {
  /**
   * A group with its balance. Refused with `unknown-group` if it does not exist. Concurrent reads of one group share a
   * call, and results are not cached; `unshared` requests a call that begins after this one.
   */
  group(by: GroupSelector, options?: CallOptions): Promise<Group>;
  /**
   * Current and former members of a group, with names. Only `group` shows reliably whether a customer still is a
   * member. With `atMost`, reading stops once so many are found.
   */
  members(groupId: string, options?: { atMost?: number } & CallOptions): Promise<GroupMember[]>;
  /** The groups of a customer by Capillary's id. Refused with `unknown-customer` if the customer does not exist. */
  customerGroups(customerId: string, options?: CallOptions): Promise<CustomerGroup[]>;
}

export function makeGroups(caller: Caller, { programId }: { programId: string }): Groups {
  const isRequested = (by: GroupSelector) => (group: Group) => {
    if ("groupId" in by) return group.id === by.groupId;
    if ("externalId" in by) return (group.externalId ?? by.externalId) === by.externalId;
    return (group.primaryUserId ?? by.primaryUserId) === by.primaryUserId;
  };

  return {
    group(by, options = {}) {
      return caller.ask({
        operation: "group",
        api: "v2",
        method: "GET",
        path: "/userGroup2",
        query: { ...groupInQuery(by), programDetails: "true", primaryMemberDetails: "true", expirySchedules: "true" },
        envelope: v2Envelope,
        shape: groupOf(programId).refine(isRequested(by), "answered for another group"),
        ...options,
      });
    },

    async members(groupId, { atMost = Number.POSITIVE_INFINITY, ...options } = {}) {
      const found = new Map<string, GroupMember>();
      for (let page = 0, isLast = false; !isLast; page += 1) {
        if (page === MAX_PAGES) throw caller.failed("group-members", `more than ${MAX_PAGES * PAGE_SIZE}`);
        const before = found.size;
        const { members, length } = await caller.ask({
          operation: "group-members",
          api: "v2",
          method: "GET",
          path: "/userGroup2/members",
          query: {
            source: "INSTORE",
            identifierName: "id",
            identifierValue: groupId,
            limit: String(PAGE_SIZE),
            offset: String(page * PAGE_SIZE),
          },
          envelope: v2Envelope,
          shape: memberPage,
          ...options,
        });
        for (const member of members) found.set(member.userId, member);
        // the page repeats an earlier one: the API ignored the paging parameters
        isLast = length !== PAGE_SIZE || found.size >= atMost || found.size === before;
      }
      return [...found.values()];
    },

    customerGroups(customerId, options = {}) {
      const belongsToCustomer = (payload: unknown) => customerIdIn.parse(payload) === customerId;
      return caller.ask({
        operation: "customer-groups",
        api: "v2",
        method: "GET",
        path: `/customers/${encodeURIComponent(customerId)}`,
        query: {
          source: "INSTORE",
          includedAllUserGroup2: "true",
          includedUserGroup2LoyaltyDetails: "true",
          ug2Limit: String(PAGE_SIZE),
        },
        envelope: v2Envelope,
        shape: z.unknown().refine(belongsToCustomer, "answered for another customer").pipe(groupsWithin(programId)),
        isKept: true,
        ...options,
      });
    },
  };
}

/** The customer to whom the answer belongs. */
const customerIdIn = z
  .object({
    id: maybe(id),
    userId: maybe(id),
    entity: z.object({ id: maybe(id), userId: maybe(id) }).catch({ id: null, userId: null }),
  })
  .transform(({ entity, ...bare }) => bare.id ?? bare.userId ?? entity.id ?? entity.userId)
  .catch(null);
