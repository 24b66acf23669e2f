import { partnerProgramId, redemptionProgramId } from "./brand.ts";
import type { Balance, Customer, Flags, Group, Member, NewRecord, Wallet } from "./records.ts";
import { sampleRewards } from "./sample-rewards.ts";

/** A fixed moment: the sample is not in the journal and must be the same at every start. */
export const sampleAt = "2026-01-01T00:00:00.000Z";

export const sampleFlags: Flags = {
  REVOKE_ENABLE: false,
  Allow_points_redemption_reversal: true,
  customerMonthlyPoints: 100_000,
  failureStatus: 400,
  issueAnswer: "full",
  pageZero: "everything",
  groupListKey: "userGroups2",
};

const person = (userId: number, mobile: string, name: string, more: Partial<Customer> = {}): Customer => {
  const [firstName = "", lastName = ""] = name.split(" ");
  const email = `${firstName.toLowerCase()}@example.com`;
  const nothing = { externalId: null, segments: [], cardSeries: [], isFraud: false };
  return { userId, mobile, email, firstName, lastName, joinedAt: sampleAt, ...nothing, ...more };
};

/** Ids, mobile numbers and memberships match the published samples of redeeming from a group wallet. */
export const sampleCapillaryCustomers: readonly Customer[] = [
  person(381798579, "919812345645", "Asha Rao", { externalId: "CUST12345", segments: ["gold"] }),
  person(381798602, "919723456710", "Vikram Mehta", { externalId: "CUST67890", cardSeries: ["metal"] }),
  person(381798603, "919034567801", "Noor Khan", { externalId: "CUST00001" }),
  person(381798601, "919712709262", "Ravi Rao"),
  person(381798604, "919712709263", "Mini Rao", { email: null }),
  person(381798605, "919712709264", "Dev Rao"),
  person(381798977, "917122001239", "Sam Stranger"),
  person(381798978, "917122001240", "Fay Forger", { isFraud: true }),
];

const member = (userId: number, more: Partial<Member> = {}): Member => ({
  userId,
  role: "SECONDARY",
  mayRedeem: true,
  joinedAt: sampleAt,
  active: true,
  isDefaultGroup: false,
  ...more,
});

const group = (id: number, externalId: string, name: string, members: Member[], more: Partial<Group> = {}): Group => ({
  id,
  externalId,
  name,
  status: "ACTIVE",
  maxSize: 6,
  members,
  redemptionConfigured: true,
  ...more,
});

const primary = { role: "PRIMARY", isDefaultGroup: true } as const;

export const sampleGroups: readonly Group[] = [
  group(31059, "famgroup11", "Rao family", [
    member(381798579, primary),
    member(381798601),
    member(381798604, { mayRedeem: false }),
    member(381798605, { active: false }),
    member(381798978),
  ]),
  group(31072, "team7", "Team seven", [member(381798602, primary), member(381798579)]),
  group(31100, "famgroup12", "Mehta family", [member(381798602, { ...primary, isDefaultGroup: false })], {
    redemptionConfigured: false,
  }),
  group(31050, "famgroup10", "Left behind", [member(381798601, primary)], { status: "DELETED" }),
];

const holding = (kind: Wallet["kind"], id: number, programId: number, spendable: number, delayed = 0): NewRecord => {
  const balance: Balance = { spendable, delayed, redeemed: 0, expired: 0, lifetime: spendable + delayed };
  return { type: "balance", wallet: { kind, id, programId }, balance };
};

/** Capillary's own balances differ from the points provider's on purpose, so that a mix-up becomes visible. */
const sampleBalances: readonly NewRecord[] = [
  holding("customer", 381798579, redemptionProgramId, 1200, 50),
  holding("customer", 381798602, redemptionProgramId, 640),
  holding("customer", 381798602, partnerProgramId, 75),
  holding("customer", 381798603, redemptionProgramId, 0),
  holding("customer", 381798601, redemptionProgramId, 10),
  holding("customer", 381798978, redemptionProgramId, 500),
  holding("group", 31059, redemptionProgramId, 5000, 400),
  holding("group", 31059, partnerProgramId, 90_000),
  holding("group", 31072, redemptionProgramId, 120),
  holding("group", 31072, partnerProgramId, 700),
  holding("group", 31100, redemptionProgramId, 3000),
  holding("group", 31050, redemptionProgramId, 999),
];

/** The initial records of a fresh or reset sandbox on the Capillary side, in order. */
export const sampleWorld: readonly NewRecord[] = [
  { type: "flags", flags: sampleFlags },
  ...sampleCapillaryCustomers.map((customer): NewRecord => ({ type: "customer", customer })),
  ...sampleGroups.map((each): NewRecord => ({ type: "group", group: each })),
  ...sampleRewards.map((reward): NewRecord => ({ type: "reward", reward })),
  ...sampleBalances,
];
