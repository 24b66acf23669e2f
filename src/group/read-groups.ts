import { LRUCache } from "lru-cache";
import { nextExpiries } from "../domain/expiring-points.ts";
import { atMost } from "../platform/at-most.ts";
import type { Clock } from "../platform/clock.ts";
import type { CallOptions } from "../upstream/capillary/caller.ts";
import type { Capillary } from "../upstream/capillary/capillary.ts";
import { hasReason } from "../upstream/capillary/capillary-error.ts";
import type { GroupSelector } from "../upstream/capillary/identities.ts";
import type { CustomerGroup, Group } from "../upstream/capillary/wire/group.ts";
import { type GroupWallet, MAX_MEMBERS, type Membership, roleOf, spendable, statusOf } from "./group.ts";

/** Former members are in the list, so it is longer than the list of displayed members. */
const MAX_NAMES = 2 * MAX_MEMBERS;

/** A group with its current members. */
export interface WholeGroup extends GroupWallet {
  memberships: Membership[];
}

export type Call = CallOptions;

/** Groups by Capillary. Without Capillary no groups exist. */
export interface ReadGroups {
  /**
   * The customer's id at Capillary; null if unknown. Pages share an answer for a few seconds, and concurrent callers
   * share a call.
   */
  userIdOf(customerId: string, call?: Call): Promise<string | null>;
  /** The customer's first and last name at Capillary; null if Capillary does not have one. Cached with the id. */
  nameOf(customerId: string): Promise<string | null>;
  /** All groups of this user, including deleted ones, with the user's role. */
  groupsOf(userId: string, call: Call): Promise<GroupWallet[]>;
  /** Any group. The caller must check the viewer's access. */
  group(by: GroupSelector, call: Call): Promise<WholeGroup | null>;
  /** The names of current and former members, by user. */
  names(groupId: string, call: Call): Promise<Map<string, string>>;
}

export interface ReadGroupsDeps {
  /** Undefined without Capillary. */
  capillary: Capillary | undefined;
  clock: Clock;
  /** How long customers' Capillary ids are cached; 0 or undefined disables the cache. */
  keptMs?: number | undefined;
}

/** A customer at Capillary. */
interface KnownCustomer {
  userId: string;
  name: string | null;
}

const MAX_REMEMBERED = 20_000;

export function makeReadGroups({ capillary, clock, keptMs }: ReadGroupsDeps): ReadGroups {
  const cache = keptMs ? new LRUCache<string, KnownCustomer>({ ...atMost(MAX_REMEMBERED), ttl: keptMs }) : undefined;
  if (!capillary) {
    return {
      userIdOf: async () => null,
      nameOf: async () => null,
      groupsOf: async () => [],
      group: async () => null,
      names: async () => new Map(),
    };
  }
  const { customers, groups } = capillary;

  async function findCustomer(customerId: string, { unshared = false }: Call = {}): Promise<KnownCustomer | null> {
    const cached = unshared ? undefined : cache?.get(customerId);
    if (cached !== undefined) return cached;
    const found = await customers.customer({ externalId: customerId });
    if (!found) return null;
    const known = { userId: found.id, name: fullName(found) };
    cache?.set(customerId, known);
    return known;
  }

  const walletOf = (found: Omit<Group, "users">, isPrimary: boolean | null): GroupWallet => ({
    groupId: found.id,
    externalId: found.externalId,
    name: found.name,
    status: statusOf(found.status),
    primaryUserId: found.primaryUserId,
    balance: spendable(found.points),
    expiring: found.expiring && nextExpiries(found.expiring, clock.now()),
    role: isPrimary === null ? null : roleOf(isPrimary),
    asOf: clock.now(),
  });

  const group: ReadGroups["group"] = async (by, call) => {
    if (Object.values(by).some((name) => name.trim() === "")) return null;
    const found = await nullIf(groups.group(by, call), "unknown-group", "bad-identifier");
    if (!found) return null;
    const memberships = found.users
      .filter(({ isActive }) => isActive)
      .map(({ userId, isPrimary }) => ({ userId, role: roleOf(isPrimary) }));
    const primaryUserId = found.primaryUserId ?? memberships.find(({ role }) => role === "PRIMARY")?.userId ?? null;
    return { ...walletOf({ ...found, primaryUserId }, null), memberships };
  };

  /**
   * A group of this user's list. The list's content is not documented: if it does not show whether the user still is a
   * member, the group itself is read.
   */
  async function listed(found: CustomerGroup, userId: string, call: Call): Promise<GroupWallet | null> {
    if (found.isActive === false) return null;
    const isPrimary = found.isPrimary ?? (found.primaryUserId === null ? null : found.primaryUserId === userId);
    const primaryUserId = found.primaryUserId ?? (isPrimary ? userId : null);
    if (found.isActive && isPrimary !== null) return walletOf({ ...found, primaryUserId }, isPrimary);
    const whole = await group({ groupId: found.id }, call);
    const own = whole?.memberships.find((membership) => membership.userId === userId);
    if (!whole || !own) return null;
    const { memberships, ...wallet } = whole;
    return { ...wallet, role: own.role };
  }

  return {
    userIdOf: async (customerId, call) => (await findCustomer(customerId, call))?.userId ?? null,

    nameOf: async (customerId) => (await findCustomer(customerId))?.name ?? null,

    async groupsOf(userId, call) {
      const found = await nullIf(groups.customerGroups(userId, call), "unknown-customer");
      const wallets = await Promise.all((found ?? []).map((each) => listed(each, userId, call)));
      return wallets.filter((wallet) => wallet !== null);
    },

    group,

    async names(groupId, call) {
      const found = await nullIf(groups.members(groupId, { ...call, atMost: MAX_NAMES }), "unknown-group");
      const names = new Map<string, string>();
      for (const member of found ?? []) {
        const name = fullName(member);
        if (name !== null) names.set(member.userId, name);
      }
      return names;
    },
  };
}

/** Null if Capillary reports that the object does not exist. */
async function nullIf<T>(work: Promise<T>, ...reasons: Parameters<typeof hasReason>[1][]): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (hasReason(error, ...reasons)) return null;
    throw error;
  }
}

const fullName = ({ firstName, lastName }: { firstName: string | null; lastName: string | null }): string | null =>
  [firstName, lastName]
    .map((part) => part?.trim())
    .filter(Boolean)
    .join(" ") || null;
