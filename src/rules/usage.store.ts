import type { Tx } from "../platform/db.ts";
import type { Count } from "./counters.ts";
import type { Usage } from "./usage.ts";

/**
 * What has been given before. The counters stay locked until the transaction ends, in the order of their keys; effect keys
 * and referrals are kept still by the locks on the members they are of.
 */
export async function lockUsage(
  tx: Tx,
  { counters, effectKeys, referrals }: { counters: string[]; effectKeys: string[]; referrals: string[] },
): Promise<Usage> {
  const given = await tx.$queryRaw<{ effectKey: string }[]>`
    select effect_key as "effectKey" from reward_awards where effect_key = any(${effectKeys})`;
  const referredBy = referrals.length === 0 ? new Map<string, string>() : await readReferrals(tx, referrals);
  return {
    given: new Set(given.map(({ effectKey }) => effectKey)),
    referredBy,
    counters: await lockCounters(tx, counters),
  };
}

/** Who brought in these people, and who those in turn. One after the other, since a link far up closes a circle, too. */
async function readReferrals(tx: Tx, members: readonly string[]): Promise<ReadonlyMap<string, string>> {
  await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended('tessera.referrals', 0))`;
  const rows = await tx.$queryRaw<{ receiverId: string; sharerId: string }[]>`
    with recursive above as (
      select receiver_id, sharer_id from referrals where receiver_id = any(${[...members]}::uuid[])
      union
      select r.receiver_id, r.sharer_id from above join referrals r on r.receiver_id = above.sharer_id)
    select receiver_id as "receiverId", sharer_id as "sharerId" from above`;
  return new Map(rows.map(({ receiverId, sharerId }) => [receiverId, sharerId]));
}

async function lockCounters(tx: Tx, keys: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (keys.length === 0) return new Map();
  const lock = () => tx.$queryRaw<{ key: string; value: bigint }[]>`
    select key, value from reward_counters where key = any(${[...keys]}) order by key collate "C" for update`;
  let rows = await lock();
  if (rows.length < keys.length) {
    await tx.$executeRaw`
      insert into reward_counters (key, member_id)
      select key, member_id from unnest(${[...keys]}::text[], ${keys.map(memberIn)}::uuid[]) as wanted (key, member_id)
      order by key collate "C" on conflict (key) do nothing`;
    rows = await lock();
  }
  return new Map(rows.map(({ key, value }) => [key, Number(value)]));
}

/** Whose counter it is: the part after the rule, in all but a budget's. */
const memberIn = (key: string): string | null => key.split("/")[2] ?? null;

/** Moves counters that are locked. */
export async function moveCounters(tx: Tx, counts: readonly Count[]): Promise<void> {
  if (counts.length === 0) return;
  await tx.$executeRaw`
    update reward_counters c set value = greatest(0, c.value + moved.by)
    from (select key, sum(by)::bigint as by
          from unnest(${counts.map(({ key }) => key)}::text[], ${counts.map(({ by }) => by)}::bigint[]) as each (key, by)
          group by key) moved
    where c.key = moved.key`;
}
