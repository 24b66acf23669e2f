import DataLoader from "dataloader";
import type { ExpiringPoints } from "../domain/expiring-points.ts";
import { seesAllCustomers, type Viewer } from "../domain/viewer.ts";
import type { GroupSelector } from "../upstream/capillary/identities.ts";
import { UpstreamError } from "../upstream/upstream-error.ts";
import { type GroupWallet, type Member, membersSeen, pick } from "./group.ts";
import type { ReadGroups, WholeGroup } from "./read-groups.ts";

export interface GroupLoaders {
  /** By customer: their id at Capillary, or null. */
  capillaryUserId: DataLoader<string, string | null>;
  /** By customer: the name at Capillary, or null. */
  customerName: DataLoader<string, string | null>;
  /** By customer: all their groups, including deleted ones. */
  groupsOf: DataLoader<string, GroupWallet[]>;
  /** A group that the viewer may see, or null. */
  group: DataLoader<GroupSelector, GroupWallet | null, string>;
  /** By a group that the viewer may see: its spendable points. For groups whose list did not report them. */
  groupBalance: DataLoader<string, number | null>;
  /** By a group that the viewer may see: its expiring points; null if not reported. */
  groupExpiring: DataLoader<string, ExpiringPoints[] | null>;
  /** By a group that the viewer may see: its members. Null if the viewer has just left it. */
  groupMembers: DataLoader<string, Member[] | null>;
}

/**
 * Groups as one viewer sees them. A customer's query is answered only from the list of their own groups: guessed ids
 * cause the same calls, and no call reads a foreign group.
 */
export function groupLoaders(
  groups: ReadGroups,
  viewer: Viewer,
  requestId: string,
  options: { cache: boolean },
): GroupLoaders {
  const seesAll = seesAllCustomers(viewer);
  const call = { requestId, onBehalfOf: viewer.kind === "customer" ? viewer.customerId : undefined };

  const capillaryUserId = loaderPerKey((customerId: string) => groups.userIdOf(customerId), options);
  const whole = loaderPerKey<GroupSelector, WholeGroup | null>((by) => groups.group(by, call), options);

  const groupsOf = loaderPerKey(async (customerId: string) => {
    const userId = await capillaryUserId.load(customerId);
    if (userId === null) return [];
    const theirs = await groups.groupsOf(userId, call);
    // A group has the same fields by every path; an operator has no role in it.
    return seesAll ? theirs.map((group) => ({ ...group, role: null })) : theirs;
  }, options);

  const group = loaderPerKey<GroupSelector, GroupWallet | null>(async (by) => {
    if (seesAll) return whole.load(by);
    if (viewer.kind !== "customer") return null;
    const own = await groupsOf.load(viewer.customerId);
    if ("groupId" in by) return pick(own, by);
    // An external id identifies one group; a customer may lead several.
    const found = "externalId" in by ? pick(own, by) : null;
    return found ?? pick(await Promise.all(own.map((each) => withIdentifier(each, by))), by);
  }, options);

  /**
   * A customer's own group with the requested identifier. If the list lacks the identifier, the group itself is read.
   */
  async function withIdentifier(own: GroupWallet, by: GroupSelector): Promise<GroupWallet> {
    const identifier = "externalId" in by ? "externalId" : "primaryUserId";
    if (own[identifier] !== null) return own;
    const group = await whole.load({ groupId: own.groupId });
    return { ...own, [identifier]: group?.[identifier] ?? null };
  }

  const groupBalance = loaderPerKey(
    async (groupId: string) => (await whole.load({ groupId }))?.balance ?? null,
    options,
  );

  const groupExpiring = loaderPerKey(
    async (groupId: string) => (await whole.load({ groupId }))?.expiring ?? null,
    options,
  );

  const groupMembers = loaderPerKey(async (groupId: string) => {
    const [found, names, userId] = await Promise.all([
      whole.load({ groupId }),
      groups.names(groupId, call),
      viewer.kind === "customer" ? capillaryUserId.load(viewer.customerId) : null,
    ]);
    const isIn = found?.memberships.some((membership) => membership.userId === userId);
    if (!found || (!seesAll && !isIn)) return null;
    return membersSeen(found.memberships, (member) => names.get(member) ?? null, userId);
  }, options);

  /** A name is an addition to a page, so a Capillary that does not answer leaves it out. */
  const customerName = loaderPerKey(async (customerId: string) => {
    try {
      return await groups.nameOf(customerId);
    } catch (error) {
      if (error instanceof UpstreamError) return null;
      throw error;
    }
  }, options);

  return { capillaryUserId, customerName, groupsOf, group, groupBalance, groupExpiring, groupMembers };
}

/** Reads without a batch call: each key once, with separate failures. */
function loaderPerKey<Key, Value>(read: (key: Key) => Promise<Value>, { cache }: { cache: boolean }) {
  return new DataLoader<Key, Value, string>((keys) => Promise.all(keys.map((key) => read(key).catch(asError))), {
    cache,
    cacheKeyFn: (key) => JSON.stringify(key),
  });
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
