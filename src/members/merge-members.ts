import type { Tx } from "../platform/db.ts";
import type { AwardUnit } from "../platform/generated/prisma/enums.ts";
import { type Count, counterKey, type Explanation, moveCounters } from "../rules/index.ts";

/**
 * Merges the first member, who has no customer, into the second; both must be locked. Awards without a customer have
 * never been sent, so duplicates can be cancelled.
 * @returns the cancelled awards
 */
export async function mergeMembers(tx: Tx, from: string, into: string, now: Date): Promise<DroppedAward[]> {
  const repeated = await dropRepeatedAwards(tx, from, into, now);
  await tx.$executeRaw`
    update reward_awards a set
      effect_key = case when strpos(a.effect_key, ${into}) > 0
                          or exists (select from reward_awards b where b.effect_key = replace(a.effect_key, ${from}, ${into}))
                        then a.effect_key else replace(a.effect_key, ${from}, ${into}) end,
      member_id = case when a.member_id = ${from}::uuid then ${into}::uuid else a.member_id end,
      receiver_id = case when a.receiver_id = ${from}::uuid then ${into}::uuid else a.receiver_id end
    where a.member_id = ${from}::uuid or a.receiver_id = ${from}::uuid`;
  const selfReferrals = await dropSelfReferrals(tx, into, now);
  await sumCounters(tx, from, into);

  await tx.$executeRaw`
    delete from check_ins c where member_id = ${from}::uuid
      and exists (select from check_ins d where d.member_id = ${into}::uuid and d.date = c.date)`;
  await tx.checkIn.updateMany({ where: { memberId: from }, data: { memberId: into } });
  await tx.drawTicket.updateMany({ where: { memberId: from }, data: { memberId: into } });
  await mergeReferrals(tx, from, into);
  await tx.memberIdentity.updateMany({ where: { memberId: from }, data: { memberId: into } });
  await tx.$executeRaw`
    update reward_members m set since = least(m.since, f.since) from reward_members f
    where m.id = ${into}::uuid and f.id = ${from}::uuid`;
  await tx.rewardMember.update({ where: { id: from }, data: { mergedInto: into } });
  return [...repeated, ...selfReferrals];
}

const AWARDED_EARLIER = "awarded before, to the same person under another id";
const SELF_REFERRAL = "self-referral";

export interface DroppedAward {
  id: string;
  /** The customer who already had the award. */
  customerId: string | null;
  unit: AwardUnit;
  role: "MEMBER" | "SHARER" | "RECEIVER";
  quantity: bigint;
  memberId: string;
  explanation: Explanation;
}

/** Cancels awards that both members have. */
async function dropRepeatedAwards(tx: Tx, from: string, into: string, now: Date): Promise<DroppedAward[]> {
  const dropped = await tx.$queryRaw<DroppedAward[]>`
    update reward_awards a set state = 'CANCELLED', settled_at = ${now}, last_error = ${AWARDED_EARLIER}
    from reward_decisions d
    where d.id = a.decision_id and (a.member_id = ${from}::uuid or a.receiver_id = ${from}::uuid)
      and a.state = 'PENDING' and a.sent_at is null
      and exists (select from reward_awards b where b.effect_key = replace(a.effect_key, ${from}, ${into}) and b.id <> a.id)
    returning a.id, a.customer_id as "customerId", a.unit::text as unit, a.role::text as role, a.quantity, a.member_id as "memberId", d.explanation`;
  await releaseCounters(tx, dropped);
  return dropped;
}

/** Cancels the unsent awards on both sides of a referral that the merge has revealed as a self-referral. */
async function dropSelfReferrals(tx: Tx, member: string, now: Date): Promise<DroppedAward[]> {
  const dropped = await tx.$queryRaw<DroppedAward[]>`
    update reward_awards a set state = 'CANCELLED', settled_at = ${now}, last_error = ${SELF_REFERRAL}
    from reward_decisions d
    where d.id = a.decision_id and a.state = 'PENDING' and a.sent_at is null and a.decision_id in (
      select decision_id from reward_awards
      where role = 'SHARER' and member_id = ${member}::uuid and receiver_id = ${member}::uuid)
    returning a.id, a.customer_id as "customerId", a.unit::text as unit, a.role::text as role, a.quantity, a.member_id as "memberId", d.explanation`;
  await releaseCounters(tx, dropped);
  return dropped;
}

/** Removes cancelled awards from the counters of the caps. */
async function releaseCounters(tx: Tx, dropped: readonly DroppedAward[]): Promise<void> {
  const counts = dropped.flatMap(({ role, quantity, memberId, explanation: { rule, facts } }): Count[] => {
    const by = -Number(quantity);
    const budget = { key: counterKey.budget(rule.id), by };
    if (role === "RECEIVER") return [budget];
    return [
      budget,
      { key: counterKey.memberDay(rule.id, memberId, facts.localDate), by },
      { key: counterKey.memberTotal(rule.id, memberId), by },
    ];
  });
  await moveCounters(tx, counts);
}

async function sumCounters(tx: Tx, from: string, into: string): Promise<void> {
  await tx.$executeRaw`
    insert into reward_counters as c (key, member_id, value)
    select replace(key, ${from}, ${into}), ${into}::uuid, value from reward_counters where member_id = ${from}::uuid
    order by key collate "C" on conflict (key) do update set value = c.value + excluded.value`;
  await tx.rewardCounter.deleteMany({ where: { memberId: from } });
}

/** A member has one referrer at most, and not themselves: on a conflict the referral of the remaining member stays. */
async function mergeReferrals(tx: Tx, from: string, into: string): Promise<void> {
  await tx.$executeRaw`
    delete from referrals r
    where (receiver_id = ${from}::uuid and (sharer_id = ${into}::uuid
           or exists (select from referrals s where s.receiver_id = ${into}::uuid)))
       or (receiver_id = ${into}::uuid and sharer_id = ${from}::uuid)`;
  await tx.referral.updateMany({ where: { receiverId: from }, data: { receiverId: into } });
  await tx.referral.updateMany({ where: { sharerId: from }, data: { sharerId: into } });
}
