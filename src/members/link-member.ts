import { randomUUID } from "node:crypto";
import { CUSTOMER_ID_RULE, readCustomerId } from "../domain/customer-id.ts";
import { isRefused, type Refused, refusal, refused } from "../domain/refusal.ts";
import { type AppendMemberEvents, awardEvent, type NewMemberEvent, notifyFeeds } from "../feed/index.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction, type Tx } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import type { Explanation } from "../rules/index.ts";
import type { Identity } from "./identity.ts";
import { type DroppedAward, mergeMembers } from "./merge-members.ts";
import { lockMembers, lockName, type Member } from "./resolve-members.ts";

export interface LinkMemberInput {
  customerId: string;
  identities: readonly Identity[];
  actor: string;
  /** Rolls all changes back. */
  dryRun?: boolean;
}

export interface Linked {
  /** The customer's id, trimmed. */
  customerId: string;
  /** The number of awards that waited for the link. */
  awardsReleased: number;
}

export type LinkMember = (input: LinkMemberInput) => Promise<Linked | Refused>;

/**
 * Links identities to a customer, with all their awards, in one transaction. If an identity belongs to another
 * customer, the request is refused as a whole.
 */
export function makeLinkMember(deps: {
  db: Db;
  bus: Bus;
  clock: Clock;
  appendMemberEvents: AppendMemberEvents;
}): LinkMember {
  const { db, bus, clock, appendMemberEvents } = deps;
  return async ({ customerId: written, identities, actor, dryRun = false }) => {
    const customerId = readCustomerId(written);
    if (customerId === null) {
      return refused(refusal("INVALID_INPUT", `customerId: ${CUSTOMER_ID_RULE}`, ["input", "customerId"]));
    }
    if (identities.length === 0) {
      return refused(refusal("INVALID_INPUT", "Name the customer, and at least one id of the customer.", ["input"]));
    }
    const now = clock.now();
    const linked = await inTransaction(db, async (tx) => {
      const names = [`customer:${customerId}`, ...identities.map(({ kind, value }) => `${kind}:${value}`)];
      for (const name of [...new Set(names)].sort()) await lockName(tx, name);

      const members = await lockKnown(tx, customerId, identities);
      if (members.some((member) => member.customerId !== null && member.customerId !== customerId)) {
        return refused(refusal("MEMBER_CONFLICT", "Another customer already has one of these ids.", ["input"]));
      }
      if (dryRun) {
        const memberIds = members.map(({ id }) => id);
        const awardsReleased = await tx.rewardAward.count({ where: { memberId: { in: memberIds }, customerId: null } });
        return { awardsReleased, notified: [] };
      }
      const survivor = members.find((member) => member.customerId === customerId) ?? members[0];
      const memberId = survivor?.id ?? randomUUID();
      if (!survivor) await tx.rewardMember.create({ data: { id: memberId, customerId, createdAt: now } });
      else if (survivor.customerId === null) {
        await tx.rewardMember.update({ where: { id: memberId }, data: { customerId } });
      }
      const dropped: DroppedAward[] = [];
      for (const { id } of members) {
        if (id !== memberId) dropped.push(...(await mergeMembers(tx, id, memberId, now)));
      }
      await tx.memberIdentity.createMany({
        data: identities.map((identity) => ({ ...identity, memberId, createdAt: now })),
        skipDuplicates: true,
      });
      const released = await release(tx, { memberId, customerId });
      const awardsReleased = released.length;
      const notified = await appendMemberEvents(tx, [...released, ...dropped.map(droppedEvents)]);
      await audit(tx, {
        at: now,
        actor,
        action: "member.link",
        subject: customerId,
        details: {
          ids: identities.map(({ kind, value }) => (kind === "NIK" ? "NIK" : `${kind}:${value}`)),
          awardsReleased,
        },
      });
      return { awardsReleased, notified };
    });
    if (isRefused(linked)) return linked;
    notifyFeeds(bus, linked.notified);
    return { customerId, awardsReleased: linked.awardsReleased };
  };
}

/**
 * Finds and locks the members with these identities, the oldest first. The locks on the identities prevent concurrent
 * links.
 */
async function lockKnown(tx: Tx, customerId: string, identities: readonly Identity[]): Promise<Member[]> {
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    const known = await tx.rewardMember.findMany({
      where: {
        OR: [{ customerId }, ...identities.map(({ kind, value }) => ({ identities: { some: { kind, value } } }))],
      },
      select: { id: true },
      orderBy: { createdAt: "asc" },
    });
    const ids = known.map(({ id }) => id);
    const locked = await lockMembers(tx, ids);
    // A missing member was merged into another while this transaction waited.
    if (locked.size === ids.length) return ids.flatMap((id) => locked.get(id) ?? []);
  }
  throw new Error("the members to link were merged concurrently, too often");
}

const MAX_TRIES = 10;

const droppedEvents = ({ id: awardId, customerId, unit, quantity }: DroppedAward): NewMemberEvent => ({
  customerId,
  event: { type: "AWARD_REFUSED", awardId, unit, quantity: Number(quantity), reason: "CANCELLED" },
});

/** Moves awards of a member without a customer to the customer, and returns the events that publish them. */
async function release(
  tx: Tx,
  { memberId, customerId }: { memberId: string; customerId: string },
): Promise<NewMemberEvent[]> {
  const waiting = await tx.rewardAward.findMany({
    where: { memberId, customerId: null },
    include: { decision: { select: { explanation: true } } },
    orderBy: [{ createdAt: "asc" }, { effectKey: "asc" }],
  });
  await tx.rewardAward.updateMany({ where: { memberId, customerId: null }, data: { customerId } });
  return waiting
    .filter(({ state }) => state === "PENDING" || state === "CREDITED")
    .map(({ decision: { explanation }, ...award }) => ({
      customerId,
      event: awardEvent(award, explanation as unknown as Explanation),
    }));
}
