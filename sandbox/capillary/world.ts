import type { z } from "zod";
import { refused } from "../failure.ts";
import { readValue } from "../read-json.ts";
import { redemptionProgramId } from "./brand.ts";
import type { Memory } from "./memory.ts";
import {
  type Customer,
  type Flags,
  type Group,
  groupSchema,
  type Issual,
  type Member,
  type Redemption,
  type Reversal,
  type Reward,
  rewardSchema,
  type Wallet,
} from "./records.ts";
import {
  balanceChange,
  flagsChange,
  groupChange,
  memberChange,
  newCustomer,
  newGroup,
  newReward,
  rewardChange,
} from "./setup.ts";

/** A customer by user id, external id or mobile number; a group by id or external id. */
export type Name = string | number;

/** The simulated Capillary's data, for tests to read and change. Unknown customers, groups and rewards throw. */
export interface CapillaryWorld {
  has(customer: Name): boolean;
  customer(customer: Name): Customer;
  customers(): Customer[];
  group(group: Name): Group;
  groups(): Group[];
  reward(id: number): Reward;
  rewards(): Reward[];
  /** Spendable points of the customer's own wallet, in the redemption programme by default. */
  balance(customer: Name, programId?: number): number;
  groupBalance(group: Name, programId?: number): number;
  /** Every attempt to issue, failed ones too, oldest first; of one customer or of all. */
  issuals(customer?: Name): Issual[];
  /** Deducted points, including those of issues, oldest first. */
  redemptions(customer?: Name): Redemption[];
  reversals(): Reversal[];
  flags(): Flags;
  setFlags(change: z.input<typeof flagsChange>): Flags;
  /** Absent fields get defaults; balances start at 0. */
  addCustomer(customer: z.input<typeof newCustomer>): Customer;
  addGroup(group: z.input<typeof newGroup>): Group;
  addReward(reward: z.input<typeof newReward>): Reward;
  changeReward(change: z.input<typeof rewardChange>): Reward;
  changeGroup(group: Name, change: z.input<typeof groupChange>): Group;
  /** Changes a member, or adds the customer as one. */
  changeMember(group: Name, customer: Name, change: z.input<typeof memberChange>): Group;
  setBalance(change: z.input<typeof balanceChange>): void;
  /** Marks the coupon as used at a till, after which it cannot be revoked. */
  useCoupon(transactionId: number): void;
}

export function makeWorld(memory: Memory, clock: { now(): Date }): CapillaryWorld {
  const now = () => clock.now().toISOString();

  const found = (customer: Name): Customer | undefined => {
    const text = String(customer);
    return (
      memory.customer({ userId: text }) ?? memory.customer({ externalId: text }) ?? memory.customer({ mobile: text })
    );
  };
  const customerOf = (customer: Name): Customer => found(customer) ?? missing("customer", customer);
  const groupOf = (group: Name): Group =>
    [...memory.groups.values()].find(({ id, externalId }) => String(id) === String(group) || externalId === group) ??
    missing("group", group);
  const rewardOf = (id: number): Reward => memory.rewards.get(id) ?? missing("reward", id);
  const ofCustomer = (customer: Name | undefined) => {
    const userId = customer === undefined ? undefined : customerOf(customer).userId;
    return (each: { userId: number }) => userId === undefined || each.userId === userId;
  };

  const keepGroup = (group: Group): Group => {
    memory.post({ type: "group", group: readValue(groupSchema, group) });
    return structuredClone(group);
  };
  const keepReward = (reward: Reward): Reward => {
    memory.post({ type: "reward", reward: readValue(rewardSchema, reward) });
    return structuredClone(reward);
  };

  return {
    has: (customer) => found(customer) !== undefined,
    customer: (customer) => structuredClone(customerOf(customer)),
    customers: () => structuredClone([...memory.customers.values()]),
    group: (group) => structuredClone(groupOf(group)),
    groups: () => structuredClone([...memory.groups.values()]),
    reward: (id) => structuredClone(rewardOf(id)),
    rewards: () => structuredClone([...memory.rewards.values()]),
    balance: (customer, programId = redemptionProgramId) =>
      memory.balance({ kind: "customer", id: customerOf(customer).userId, programId }).spendable,
    groupBalance: (group, programId = redemptionProgramId) =>
      memory.balance({ kind: "group", id: groupOf(group).id, programId }).spendable,
    issuals: (customer) => structuredClone(memory.issuals.filter(ofCustomer(customer))),
    redemptions: (customer) => structuredClone([...memory.redemptions.values()].filter(ofCustomer(customer))),
    reversals: () => structuredClone([...memory.reversals]),
    flags: () => memory.flags(),
    setFlags: (change) => {
      const flags = { ...memory.flags(), ...given(readValue(flagsChange, change)) };
      memory.post({ type: "flags", flags });
      return flags;
    },

    addCustomer: (wanted) => {
      const userId = nextId(memory.customers);
      const customer: Customer = {
        userId,
        externalId: null,
        mobile: `91${String(userId).padStart(10, "0")}`,
        email: null,
        firstName: "New",
        lastName: "Customer",
        joinedAt: now(),
        segments: [],
        cardSeries: [],
        isFraud: false,
        ...given(readValue(newCustomer, wanted)),
      };
      for (const each of [customer.userId, customer.externalId, customer.mobile]) {
        if (each !== null && found(each)) throw refused(`Customer ${each} exists already`);
      }
      if (memory.customer({ email: customer.email })) throw refused(`Customer ${customer.email} exists already`);
      memory.post({ type: "customer", customer });
      return structuredClone(customer);
    },

    addGroup: (wanted) => {
      const { members, id = nextId(memory.groups), ...rest } = readValue(newGroup, wanted);
      if (memory.groups.has(id)) throw refused(`Group ${id} exists already`);
      const names = members.map(({ customer, ...change }, index) =>
        memberOf(customerOf(customer).userId, { role: index === 0 ? "PRIMARY" : "SECONDARY", ...given(change) }),
      );
      return keepGroup({ id, ...rest, members: names });
    },

    addReward: (wanted) => {
      const { id = nextId(memory.rewards), ...rest } = readValue(newReward, wanted);
      if (memory.rewards.has(id)) throw refused(`Reward ${id} exists already`);
      const expiresAt = "2036-05-12T00:00:00.000Z";
      return keepReward({
        id,
        externalId: null,
        description: rest.name,
        type: "VOUCHER",
        redemptionType: "INTOUCH_REWARD",
        intouchPoints: 0,
        paymentConfigs: [],
        createdAt: now(),
        startsAt: now(),
        endsAt: "2035-12-31T18:29:59.000Z",
        enabled: true,
        categories: [],
        shelves: [],
        label: null,
        tier: null,
        priority: 1,
        gives: { kind: "coupon", seriesId: id, codes: [], left: null, expiresAt },
        segment: null,
        cardSeries: null,
        limits: [],
        terms: null,
        hasImage: true,
        ...given(rest),
      });
    },

    changeReward: (change) => {
      const { id, ...rest } = readValue(rewardChange, change);
      return keepReward({ ...rewardOf(id), ...given(rest) });
    },
    changeGroup: (group, change) => keepGroup({ ...groupOf(group), ...given(readValue(groupChange, change)) }),
    changeMember: (group, customer, change) => {
      const { userId } = customerOf(customer);
      const before = groupOf(group);
      const isMember = before.members.some((each) => each.userId === userId);
      const members = isMember ? before.members : [...before.members, memberOf(userId)];
      const wanted = given(readValue(memberChange, change));
      return keepGroup({
        ...before,
        members: members.map((each) => (each.userId === userId ? { ...each, ...wanted } : each)),
      });
    },

    setBalance: (change) => {
      const { customer, group, points, delayed, programId } = readValue(balanceChange, change);
      const wallet: Wallet =
        group === undefined
          ? { kind: "customer", id: customerOf(customer ?? "").userId, programId }
          : { kind: "group", id: groupOf(group).id, programId };
      const before = memory.balance(wallet);
      const gained = Math.max(0, points - before.spendable);
      const after = {
        ...before,
        spendable: points,
        delayed: delayed ?? before.delayed,
        lifetime: before.lifetime + gained,
      };
      memory.post({ type: "balance", wallet, balance: after });
    },

    useCoupon: (transactionId) => {
      const issual = memory.issuals.find((each) => each.transactionId === transactionId);
      if (!issual) missing("transaction", transactionId);
      if (issual.state !== "ISSUED") throw refused(`Transaction ${transactionId} is ${issual.state}`);
      memory.post({ type: "used", transactionId });
    },
  };

  function memberOf(userId: number, change: Partial<Member> = {}): Member {
    const usual = { role: "SECONDARY", mayRedeem: true, joinedAt: now(), active: true, isDefaultGroup: false } as const;
    return { userId, ...usual, ...change };
  }
}

function missing(what: string, which: Name): never {
  throw refused(`There is no ${what} ${which}`, { code: 404 });
}

const nextId = (known: ReadonlyMap<number, unknown>): number => Math.max(0, ...known.keys()) + 1;

/** Removes keys whose value is undefined. */
function given<Change extends object>(change: Change): { [Key in keyof Change]: Exclude<Change[Key], undefined> } {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Change]: Exclude<Change[Key], undefined>;
  };
}
