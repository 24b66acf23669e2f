import { randomUUID } from "node:crypto";
import { CUSTOMER_ID_RULE, readCustomerId } from "../domain/customer-id.ts";
import { isRefused, type Refused, refusal, refused } from "../domain/refusal.ts";
import { type AppendMemberEvents, awardEvent, type NewMemberEvent, notifyFeeds } from "../feed/index.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction, Prisma, type Tx } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import type { Explanation } from "../rules/index.ts";
import type { Identity } from "./identity.ts";
import { mergeMembers } from "./merge-members.ts";
import { lockMembers, lockName } from "./resolve-members.ts";

export interface MoveMemberInput {
  /** The current link, also if it is no valid id. */
  customerId: string;
  /** Null only unlinks. */
  toCustomerId: string | null;
  /** Empty for the whole member. */
  identities: readonly Identity[];
  note: string;
  operatorId: string;
}

export interface MovedMember {
  awardsMoved: number;
  /** The number of awards that were or may have been credited to the wrong customer. */
  awardsKept: number;
}

export interface MoveAwardInput {
  awardId: string;
  customerId: string;
  note: string;
  operatorId: string;
}

export type MoveMember = (input: MoveMemberInput) => Promise<MovedMember | Refused>;
export type MoveAward = (input: MoveAwardInput) => Promise<{ awardsMoved: 1 } | Refused>;

/** Corrects links to wrong customers, and moves awards that no ledger has credited to the right ones. */
export function makeMoveMember(deps: { db: Db; bus: Bus; clock: Clock; appendMemberEvents: AppendMemberEvents }): {
  moveMember: MoveMember;
  moveAward: MoveAward;
} {
  const { db, bus, clock, appendMemberEvents } = deps;

  return {
    async moveMember({ customerId, toCustomerId, identities, note, operatorId }) {
      const to = toCustomerId === null ? null : readCustomerId(toCustomerId);
      if (to === null && toCustomerId !== null) return notACustomer("toCustomerId");
      if (to === customerId) {
        return refused(
          refusal("INVALID_INPUT", "toCustomerId: is the customer it is linked to", ["input", "toCustomerId"]),
        );
      }
      const now = clock.now();
      const moved = await inTransaction(db, async (tx) => {
        const customers = [customerId, ...(to === null ? [] : [to])];
        const names = [...customers.map((id) => `customer:${id}`), ...identities.map(nameOf)];
        for (const name of [...new Set(names)].sort()) await lockName(tx, name);
        const found = await tx.rewardMember.findMany({ where: { customerId: { in: customers } } });
        const locked = await lockMembers(
          tx,
          found.map(({ id }) => id),
        );
        const members = [...locked.values()];
        const from = members.find((member) => member.customerId === customerId);
        const into = members.find((member) => to !== null && member.customerId === to);
        if (!from || !(await belongToMember(tx, from.id, identities))) return memberNotFound();

        const { newEvents, kept } =
          identities.length > 0
            ? await moveIdentities(tx, identities, { into: into?.id, to, now })
            : await moveWhole(tx, from.id, { customerId, into: into?.id, to, now });
        const notified = await appendMemberEvents(tx, newEvents);
        const awardsMoved = newEvents.filter(({ event }) => event.type === "AWARD_MADE").length;
        const details = {
          to,
          ids: identities.map((identity) => (identity.kind === "NIK" ? "NIK" : nameOf(identity))),
          awardsMoved,
          awardsKept: kept,
          note,
        };
        await audit(tx, { at: now, actor: operatorId, action: "member.move", subject: customerId, details });
        return { awardsMoved, awardsKept: kept, notified };
      });
      if (isRefused(moved)) return moved;
      const { notified, ...answer } = moved;
      notifyFeeds(bus, notified);
      return answer;
    },

    async moveAward({ awardId, customerId, note, operatorId }) {
      const to = readCustomerId(customerId);
      if (to === null) return notACustomer("customerId");
      const now = clock.now();
      const notified = await inTransaction(db, async (tx) => {
        const newEvents = await moveAwards(tx, Prisma.sql`a.id = ${awardId}::uuid`, to);
        if (newEvents.length === 0) {
          const message = "No such award can be moved: it must have been refused, or not be sent yet.";
          return refused(refusal("NOTHING_TO_RESOLVE", message, ["input", "awardId"]));
        }
        const details = { to, note };
        await audit(tx, { at: now, actor: operatorId, action: "award.move", subject: awardId, details });
        return { customers: await appendMemberEvents(tx, newEvents) };
      });
      if (isRefused(notified)) return notified;
      notifyFeeds(bus, notified.customers);
      return { awardsMoved: 1 };
    },
  };
}

const nameOf = ({ kind, value }: Identity) => `${kind}:${value}`;
const notACustomer = (field: string) =>
  refused(refusal("INVALID_INPUT", `${field}: ${CUSTOMER_ID_RULE}`, ["input", field]));
const memberNotFound = () =>
  refused(refusal("MEMBER_NOT_FOUND", "No member of this customer has these ids.", ["input", "customerId"]));

async function belongToMember(tx: Tx, memberId: string, identities: readonly Identity[]): Promise<boolean> {
  if (identities.length === 0) return true;
  const found = await tx.memberIdentity.count({
    where: { memberId, OR: identities.map(({ kind, value }) => ({ kind, value })) },
  });
  return found === new Set(identities.map(nameOf)).size;
}

interface Moving {
  into: string | undefined;
  to: string | null;
  now: Date;
}

/** Moves only the ids: awards earned with them cannot be distinguished from those of the member's other ids. */
async function moveIdentities(tx: Tx, identities: readonly Identity[], { into, to, now }: Moving) {
  const memberId = into ?? randomUUID();
  if (into === undefined) await tx.rewardMember.create({ data: { id: memberId, customerId: to, createdAt: now } });
  for (const { kind, value } of identities) {
    await tx.memberIdentity.update({ where: { kind_value: { kind, value } }, data: { memberId } });
  }
  return { newEvents: [], kept: 0 };
}

async function moveWhole(tx: Tx, memberId: string, { customerId, into, to, now }: Moving & { customerId: string }) {
  const newEvents = await moveAwards(
    tx,
    Prisma.sql`a.member_id = ${memberId}::uuid and a.customer_id = ${customerId}`,
    to,
  );
  const kept = await tx.rewardAward.count({
    where: { memberId, customerId, state: { in: ["CREDITED", "UNCERTAIN", "NEEDS_ATTENTION"] } },
  });
  await tx.rewardMember.update({ where: { id: memberId }, data: { customerId: into === undefined ? to : null } });
  if (into === undefined) return { newEvents, kept };
  const dropped = new Set((await mergeMembers(tx, memberId, into, now)).map(({ id }) => id));
  // The right customer has these awards already.
  return {
    newEvents: newEvents.filter(({ event }) => event.type !== "AWARD_MADE" || !dropped.has(event.awardId)),
    kept,
  };
}

interface MovedAward {
  id: string;
  wasRefused: boolean;
  from: string | null;
}

/**
 * Moves awards to another customer, if no ledger has credited them or may credit them. A refused award is sent again
 * with a new reference, because the old one belongs to the other customer.
 *
 * @returns the events for the customers' feeds
 */
async function moveAwards(tx: Tx, which: Prisma.Sql, to: string | null): Promise<NewMemberEvent[]> {
  const found = await tx.$queryRaw<MovedAward[]>`
    select a.id, a.state = 'REFUSED' as "wasRefused", a.customer_id as "from" from reward_awards a
    where ${which} and a.customer_id is distinct from ${to}::text and (
      (a.unit = 'POINTS' and (a.state = 'REFUSED' or (a.state = 'PENDING' and a.sent_at is null)))
      or a.unit = 'TICKETS'
      or (a.unit = 'REWARD' and a.state = 'PENDING' and not exists (select from orders o where o.award_id = a.id)))
    order by a.id for update`;
  const ids = found.map(({ id }) => id);
  await tx.rewardAward.updateMany({
    where: { id: { in: ids }, state: "REFUSED" },
    data: { state: "PENDING", sentAt: null, settledAt: null, dueAt: null, underWayUntil: null, lastError: null },
  });
  await tx.$executeRaw`
    update reward_awards set customer_id = ${to}, credit_reference = case when credit_reference is not null then
      'AWARD-' || id || '.' || coalesce(substring(credit_reference from '[.](\\d+)$')::int, 1) + 1 end
    where id = any(${ids}::uuid[])`;
  const rows = await tx.rewardAward.findMany({
    where: { id: { in: ids } },
    include: { decision: { select: { explanation: true } } },
    orderBy: [{ createdAt: "asc" }, { effectKey: "asc" }],
  });
  return rows.flatMap(({ decision: { explanation }, ...award }): NewMemberEvent[] => {
    const { id: awardId, unit } = award;
    const { wasRefused, from } = found.find(({ id }) => id === awardId) ?? { wasRefused: false, from: null };
    const refusal = {
      type: "AWARD_REFUSED",
      awardId,
      unit,
      quantity: Number(award.quantity),
      reason: "CANCELLED",
    } as const;
    return [
      // The refusal was published to the wrong customer at its time.
      ...(wasRefused || from === null ? [] : [{ customerId: from, event: refusal }]),
      { customerId: to, event: awardEvent(award, explanation as unknown as Explanation) },
    ];
  });
}
