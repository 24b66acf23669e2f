import DataLoader from "dataloader";
import type { ExpiringPoints } from "../domain/expiring-points.ts";
import { seesEverybody, type Viewer } from "../domain/viewer.ts";
import type { GroupSelector } from "../upstream/capillary/identities.ts";
import { type GroupWallet, type Member, membersSeen, pick } from "./group.ts";
import type { ReadGroups, WholeGroup } from "./read-groups.ts";

export interface GroupLoaders {
  /** By customer: who they are at Capillary, or null. */
  capillaryUserId: DataLoader<string, string | null>;
  /** By customer: every group they are in, deleted ones too. */
  groupsOf: DataLoader<string, GroupWallet[]>;
  /** A group that the viewer may see, or null. */
  group: DataLoader<GroupSelector, GroupWallet | null, string>;
  /** By group, which the viewer may see: what it can spend. For groups of a list that did not tell. */
  groupBalance: DataLoader<string, number | null>;
  /** By group, which the viewer may see: its points that expire; null where that is not told. */
  groupExpiring: DataLoader<string, ExpiringPoints[] | null>;
  /** By group, which the viewer may see: who is in it. Null if the viewer has just left it. */
  groupMembers: DataLoader<string, Member[] | null>;
}

/**
 * Groups as one viewer sees them. A customer's questions are answered from the list of their own groups and from nothing
 * else: whatever they guess, the same calls are made, and none of them asks about a group of others.
 */
export function groupLoaders(
  groups: ReadGroups,
  viewer: Viewer,
  requestId: string,
  options: { cache: boolean },
): GroupLoaders {
  const seesAll = seesEverybody(viewer);
  const call = { requestId, onBehalfOf: viewer.kind === "customer" ? viewer.customerId : undefined };

  const capillaryUserId = eachBy((customerId: string) => groups.userIdOf(customerId), options);
  const whole = eachBy<GroupSelector, WholeGroup | null>((by) => groups.group(by, call), options);

  const groupsOf = eachBy(async (customerId: string) => {
    const userId = await capillaryUserId.load(customerId);
    if (userId === null) return [];
    const theirs = await groups.groupsOf(userId, call);
    // One thing looks the same however it is reached, and an operator has a role in none.
    return seesAll ? theirs.map((group) => ({ ...group, role: null })) : theirs;
  }, options);

  const group = eachBy<GroupSelector, GroupWallet | null>(async (by) => {
    if (seesAll) return whole.load(by);
    if (viewer.kind !== "customer") return null;
    const own = await groupsOf.load(viewer.customerId);
    if ("groupId" in by) return pick(own, by);
    // An external id names one group; somebody may lead several.
    const found = "externalId" in by ? pick(own, by) : null;
    return found ?? pick(await Promise.all(own.map((each) => withIdentifier(each, by))), by);
  }, options);

  /** A customer's own group with the identifier that is asked for. Where the list did not tell it, the group does. */
  async function withIdentifier(own: GroupWallet, by: GroupSelector): Promise<GroupWallet> {
    const identifier = "externalId" in by ? "externalId" : "primaryUserId";
    if (own[identifier] !== null) return own;
    const told = await whole.load({ groupId: own.groupId });
    return { ...own, [identifier]: told?.[identifier] ?? null };
  }

  const groupBalance = eachBy(async (groupId: string) => (await whole.load({ groupId }))?.balance ?? null, options);

  const groupExpiring = eachBy(async (groupId: string) => (await whole.load({ groupId }))?.expiring ?? null, options);

  const groupMembers = eachBy(async (groupId: string) => {
    const [found, names, userId] = await Promise.all([
      whole.load({ groupId }),
      groups.names(groupId, call),
      viewer.kind === "customer" ? capillaryUserId.load(viewer.customerId) : null,
    ]);
    const isIn = found?.memberships.some((membership) => membership.userId === userId);
    if (!found || (!seesAll && !isIn)) return null;
    return membersSeen(found.memberships, (member) => names.get(member) ?? null, userId);
  }, options);

  return { capillaryUserId, groupsOf, group, groupBalance, groupExpiring, groupMembers };
}

/** What can be asked for one at a time only: each once, and one that fails fails nobody else. */
function eachBy<Key, Value>(read: (key: Key) => Promise<Value>, { cache }: { cache: boolean }) {
  return new DataLoader<Key, Value, string>((keys) => Promise.all(keys.map((key) => read(key).catch(asError))), {
    cache,
    cacheKeyFn: (key) => JSON.stringify(key),
  });
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
