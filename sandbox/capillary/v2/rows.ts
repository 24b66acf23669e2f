import { brand, pointsExpireOn, redemptionProgramId } from "../brand.ts";
import { pointsCode } from "../codes.ts";
import { day, indian, zulu } from "../dates.ts";
import { exact, type Memory } from "../memory.ts";
import type { Customer, Group, Member, Wallet } from "../records.ts";
import { primaryOf } from "../wallets.ts";

/** A harmless warning that accompanies every group that is not a fleet. */
const noHierarchy = { status: false, code: pointsCode.noHierarchy, message: "User group hierarchy is not available" };

/** A row for each programme: only the redemption programme's `loyaltyPoints` can be spent on rewards. */
export function pointsSummaries(memory: Memory, group: Group) {
  return programsOf(memory, group).map((wallet) => {
    const { spendable, delayed, redeemed, expired, lifetime } = memory.balance(wallet);
    return {
      programId: wallet.programId,
      userGroup2Id: group.id,
      loyaltyPoints: spendable,
      totalAvailablePoints: exact(spendable + delayed),
      delayedPoints: delayed,
      redeemed,
      expired,
      lifetimePoints: lifetime,
      currentSlab: "Gold",
      programPointsToCurrencyRatio: 1,
    };
  });
}

// The redemption programme is last, so that taking the first row is a visible mistake.
const programsOf = (memory: Memory, { id }: Group): Wallet[] =>
  memory
    .programsOf("group", id)
    .toSorted((a, b) => Number(a === redemptionProgramId) - Number(b === redemptionProgramId) || a - b)
    .map((programId) => ({ kind: "group", id, programId }));

const expirySchedules = (memory: Memory, group: Group) =>
  programsOf(memory, group).map((wallet) => ({
    points: memory.balance(wallet).spendable,
    expiryDate: pointsExpireOn,
    programId: wallet.programId,
  }));

export function groupRow(memory: Memory, group: Group, include: { programs: boolean; expiries: boolean }) {
  const active = group.members.filter((each) => each.active).length;
  return {
    id: group.id,
    externalId: group.externalId,
    groupName: group.name,
    groupStatus: group.status,
    maxGroupSize: group.maxSize,
    lifeTimePurchases: 0,
    fleetGroupUsers: group.members.map((each) => ({
      userId: each.userId,
      groupId: group.id,
      primaryMember: each.role === "PRIMARY",
      defaultGroup: each.isDefaultGroup,
      active: each.active,
    })),
    totalActiveMembers: active,
    totalExitedMembers: group.members.length - active,
    ...(include.programs && { pointsSummaries: pointsSummaries(memory, group) }),
    ...(include.expiries && { expirySchedules: expirySchedules(memory, group) }),
    extendedFields: {},
    warnings: [noHierarchy],
  };
}

/** A group from a member's point of view; a former member still sees it, as inactive. */
export function membershipRow(memory: Memory, group: Group, member: Member, includePoints: boolean) {
  return {
    id: group.id,
    externalId: group.externalId,
    groupName: group.name,
    groupStatus: group.status,
    primaryUserId: primaryOf(group),
    primaryMember: member.role === "PRIMARY",
    role: member.role,
    defaultGroup: member.isDefaultGroup,
    active: member.active,
    joinedDate: indian(member.joinedAt),
    ...(includePoints && { pointsSummaries: pointsSummaries(memory, group) }),
  };
}

export function memberRow({ customers }: Memory, member: Member) {
  const person = customers.get(member.userId);
  return {
    fleetUserId: member.userId,
    firstName: person?.firstName ?? "",
    lastName: person?.lastName ?? "",
    joinedOn: day(member.joinedAt),
    role: member.role,
    roleCode: member.role === "PRIMARY" ? "P" : "S",
    primaryMember: member.role === "PRIMARY",
    permissions: member.mayRedeem
      ? "allow_points_accrual,allow_points_redemption"
      : "allow_points_accrual,block_points_redemption",
    pointsContributed: 0,
    email: person?.email ?? null,
    mobile: person?.mobile ?? null,
    identifiers: person ? identifiersOf(person) : [],
    // Inverted as in the current documentation: true means active.
    inActive: member.active,
  };
}

export function identifiersOf({ mobile, email, externalId }: Customer) {
  return [
    { type: "mobile", value: mobile },
    ...(email === null ? [] : [{ type: "email", value: email }]),
    ...(externalId === null ? [] : [{ type: "externalId", value: externalId }]),
  ];
}

export function customerRow(customer: Customer) {
  return {
    id: customer.userId,
    orgId: brand.orgId,
    profiles: [
      {
        firstName: customer.firstName,
        lastName: customer.lastName,
        source: "INSTORE",
        userId: customer.userId,
        accountId: "",
        identifiers: identifiersOf(customer),
        fields: {},
      },
    ],
    loyaltyInfo: { loyaltyType: "loyalty" },
    createDate: zulu(customer.joinedAt),
    extendedFields: {},
    warnings: [],
  };
}
