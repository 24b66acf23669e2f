import { z } from "zod";
import { refused } from "../../failure.ts";
import { type Operation, operation } from "../../operation.ts";
import { programIds, redemptionProgramId } from "../brand.ts";
import { pointsCode } from "../codes.ts";
import type { CapillaryChecks } from "../credentials.ts";
import { exact, type Memory } from "../memory.ts";
import type { Customer, Group, Member, Wallet } from "../records.ts";
import { defaultGroupOf, unknownGroup } from "../wallets.ts";
import { flag, looseNumber } from "../wire.ts";
import { noWarnings } from "./envelope.ts";
import { customerRow, membershipRow } from "./rows.ts";

const groupWishes = {
  source: z.string().min(1),
  includedAllUserGroup2: flag,
  includedUserGroup2LoyaltyDetails: flag,
  userGroup2Id: looseNumber,
  ug2PaginationDetails: flag,
  ug2Limit: looseNumber,
  ug2Offset: looseNumber,
};

const byName = { identifierName: z.string().min(1), identifierValue: z.string().min(1) };

const balanceWishes = {
  programId: looseNumber,
  fetchDataForAllPrograms: flag,
  entityType: z.string().default("CUSTOMER"),
};

const customerQuery = z.object({ id: z.string(), ...groupWishes });
const lookupQuery = z.object({ ...byName, ...groupWishes });
const balanceQuery = z.object({ id: z.string(), ...balanceWishes });
const lookupBalanceQuery = z.object({ ...byName, ...balanceWishes });

/** v2: one customer with their groups, and points of a customer or of their default group. */
export function customerOperations({ memory, checks }: { memory: Memory; checks: CapillaryChecks }): Operation[] {
  const authenticate = checks.basicOrOAuth;

  function customerNamed({ identifierName, identifierValue }: { identifierName: string; identifierValue: string }) {
    const customer = memory.customer({ [identifierName === "id" ? "userId" : identifierName]: identifierValue });
    if (!customer) throw refused("Customer not found for the given identifier", { code: pointsCode.customerUnknownV2 });
    return customer;
  }
  const byId = (id: string) => customerNamed({ identifierName: "id", identifierValue: id });

  function membershipsOf(customer: Customer, wishes: z.output<typeof customerQuery> | z.output<typeof lookupQuery>) {
    const { includedAllUserGroup2, userGroup2Id } = wishes;
    if (!includedAllUserGroup2 && userGroup2Id === null) return {};
    const all = [...memory.groups.values()].flatMap((group): [Group, Member][] => {
      const member = group.members.find(({ userId }) => userId === customer.userId);
      return member && (userGroup2Id === null || group.id === userGroup2Id) ? [[group, member]] : [];
    });
    const offset = wishes.ug2Offset ?? 0;
    const limit = wishes.ug2Limit ?? 10;
    const shown = all.slice(offset, offset + limit);
    return {
      [memory.flags().groupListKey]: shown.map(([group, member]) =>
        membershipRow(memory, group, member, wishes.includedUserGroup2LoyaltyDetails),
      ),
      ...(wishes.ug2PaginationDetails && { ug2Pagination: { limit, offset, total: all.length } }),
    };
  }

  function balanceOf(customer: Customer, wishes: z.output<typeof balanceQuery> | z.output<typeof lookupBalanceQuery>) {
    const { programId, fetchDataForAllPrograms, entityType } = wishes;
    const owner = ownerOf(customer, entityType);
    const programs = fetchDataForAllPrograms ? programIds : [programId ?? redemptionProgramId];
    if (programs.some((each) => !programIds.includes(each))) {
      throw refused(`program id ${programId} is not valid`, { code: pointsCode.programUnknown });
    }
    const all = programs.map((each) => memory.balance({ ...owner, programId: each }));
    const mainPoints = all.reduce((sum, { spendable }) => exact(sum + spendable), 0);
    const promisedPoints = all.reduce((sum, { delayed }) => exact(sum + delayed), 0);
    return {
      entityId: owner.id,
      entityType,
      totalPoints: exact(mainPoints + promisedPoints),
      mainPoints,
      promisedPoints,
      promisedPointsBreakup: { delayedPoints: promisedPoints },
      warnings: noWarnings,
    };
  }

  /** `FLEET` is the group level. The group is not documented: the customer's default one, else the first. */
  function ownerOf(customer: Customer, entityType: string): Pick<Wallet, "kind" | "id"> {
    if (entityType === "CUSTOMER") return { kind: "customer", id: customer.userId };
    if (entityType !== "FLEET") throw refused("entity type is not valid", { code: pointsCode.entityTypeUnknown });
    const group = defaultGroupOf(memory, customer);
    if (!group) throw unknownGroup(String(customer.userId));
    return { kind: "group", id: group.id };
  }

  return [
    operation({
      name: "customers",
      method: "GET",
      path: "/v2/customers/:id",
      authenticate,
      input: customerQuery,
      effect: (query) => {
        const customer = byId(query.id);
        return { ...customerRow(customer), ...membershipsOf(customer, query) };
      },
    }),

    operation({
      name: "customerDetails",
      method: "GET",
      path: "/v2/customers/lookup/customerDetails",
      authenticate,
      input: lookupQuery,
      effect: (query) => {
        const customer = customerNamed(query);
        return { ...customerRow(customer), ...membershipsOf(customer, query) };
      },
    }),

    operation({
      name: "balance",
      method: "GET",
      path: "/v2/customers/:id/points/balance",
      authenticate,
      input: balanceQuery,
      effect: (query) => balanceOf(byId(query.id), query),
    }),

    operation({
      name: "lookup-balance",
      method: "GET",
      path: "/v2/customers/lookup/points/balance",
      authenticate,
      input: lookupBalanceQuery,
      effect: (query) => balanceOf(customerNamed(query), query),
    }),
  ];
}
