import type { Tx } from "../platform/db.ts";
import { type Count, isBudget, summed } from "./counters.ts";
import type { Usage, UsageNeeded } from "./usage.ts";

/**
 * How budgets are kept: `locked` from the evaluation on, or `guarded`, which is read without a lock, and the update at the end of the
 * transaction fails if others have used too much of one meanwhile. Every message of a rule needs its budget, so a lock makes them all
 * wait for each other's commits.
 */
export type Budgets = "locked" | "guarded";

/** Others have used a budget that was not locked: the transaction is to be repeated, with the budgets locked. */
export class BudgetExceeded extends Error {
  constructor() {
    super("a budget was used by others meanwhile");
  }
}

/**
 * Reads the awards so far. The counters stay locked until the transaction ends, in the order of their keys; effect keys,
 * referrals and new counters are kept still by the locks on the members they are of.
 */
export async function readUsage(tx: Tx, needed: readonly UsageNeeded[], budgets: Budgets): Promise<Usage> {
  const effectKeys = distinct(needed.flatMap(({ effectKeys }) => effectKeys));
  const referrals = distinct(needed.flatMap(({ referrals }) => referrals));
  const counters = distinct(needed.flatMap(({ counters }) => counters));
  const given = await tx.$queryRaw<{ effectKey: string }[]>`
    select effect_key as "effectKey" from reward_awards where effect_key = any(${effectKeys})`;
  const referredBy = referrals.length === 0 ? new Map<string, string>() : await readReferrals(tx, referrals);
  const isLocked = (key: string) => budgets === "locked" || !isBudget(key);
  const [locked, read] = [counters.filter(isLocked), counters.filter((key) => !isLocked(key))];
  return {
    given: new Set(given.map(({ effectKey }) => effectKey)),
    referredBy,
    counters: new Map([...(await lockCounters(tx, locked)), ...(await readCounters(tx, read))]),
  };
}

const distinct = (keys: readonly string[]): string[] => [...new Set(keys)];

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

type Counters = ReadonlyMap<string, number>;
const toCounters = (rows: readonly { key: string; value: bigint }[]): Counters =>
  new Map(rows.map(({ key, value }) => [key, Number(value)]));

async function readCounters(tx: Tx, keys: readonly string[]): Promise<Counters> {
  if (keys.length === 0) return new Map();
  return toCounters(await tx.$queryRaw`select key, value from reward_counters where key = any(${[...keys]})`);
}

/** A member's counter that does not exist yet needs no lock beside the member's. A budget does: it is everybody's. */
async function lockCounters(tx: Tx, keys: readonly string[]): Promise<Counters> {
  if (keys.length === 0) return new Map();
  const shared = keys.filter(isBudget);
  if (shared.length > 0) {
    await tx.$executeRaw`
      insert into reward_counters (key) select key from unnest(${shared}::text[]) as wanted (key) order by key collate "C"
      on conflict do nothing`;
  }
  return toCounters(
    await tx.$queryRaw`
      select key, value from reward_counters where key = any(${[...keys]}) order by key collate "C" for update`,
  );
}

/** Whose counter it is: the part after the rule, in all but a budget's. */
const memberIn = (key: string): string | null => key.split("/")[2] ?? null;

/** Adds to counters that are locked, or of members that are. */
export async function addToCounters(tx: Tx, counts: readonly Count[]): Promise<void> {
  const sums = summed(counts);
  if (sums.length === 0) return;
  const keys = sums.map(({ key }) => key);
  await tx.$executeRaw`
    insert into reward_counters as c (key, member_id, value)
    select * from unnest(${keys}::text[], ${keys.map(memberIn)}::uuid[], ${sums.map(({ by }) => by)}::bigint[]) as added (key, member_id, value)
    order by key collate "C" on conflict (key) do update set value = c.value + excluded.value`;
}

/**
 * Adds to budgets that are not locked. This is the last statement of its transaction, so that others wait only for its commit.
 *
 * @param limits of budgets; a budget without one is unlimited
 * @throws BudgetExceeded if a sum would pass its limit
 */
export async function useBudgets(tx: Tx, counts: readonly Count[], limits: ReadonlyMap<string, number>): Promise<void> {
  const sums = summed(counts);
  if (sums.length === 0) return;
  const keys = sums.map(({ key }) => key);
  const added = await tx.$executeRaw`
    insert into reward_counters as c (key, value)
    select * from unnest(${keys}::text[], ${sums.map(({ by }) => by)}::bigint[]) as added (key, value)
    order by key collate "C" on conflict (key) do update set value = c.value + excluded.value
    where c.value + excluded.value <= coalesce(
      (select most from unnest(${keys}::text[], ${keys.map((key) => limits.get(key) ?? null)}::bigint[]) as limits (key, most)
       where limits.key = c.key), ${Number.MAX_SAFE_INTEGER}::bigint)`;
  if (added < sums.length) throw new BudgetExceeded();
}

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
