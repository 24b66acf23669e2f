import type { Tx } from "../platform/db.ts";
import { type Count, isBudget, summed } from "./counters.ts";
import type { Usage, UsageNeeded } from "./usage.ts";

/**
 * The locking of budgets. `locked` locks them from the evaluation on. `guarded` reads them without a lock, and the
 * update at the end of the transaction fails if other transactions have used too much. Every message of a rule needs
 * its budget, so a lock would make all of them wait for each other's commits.
 */
export type Budgets = "locked" | "guarded";

/**
 * Other transactions have used a budget that was not locked. The transaction is to be repeated with the budgets locked.
 */
export class BudgetExceeded extends Error {
  constructor() {
    super("other transactions have used a budget");
  }
}

/**
 * Reads the usage so far. The counters stay locked until the transaction ends, in the order of their keys. The members'
 * locks protect effect keys, referrals and new counters.
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

/**
 * Reads the chain of referrers above these members. Serialised by a global lock, because a referral far above can close
 * a cycle too.
 */
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

/**
 * The member's lock also protects a missing counter of that member. A missing budget is inserted first, because all
 * members share it.
 */
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

/** The member in a counter's key: the third part, which budgets lack. */
const memberIn = (key: string): string | null => key.split("/")[2] ?? null;

/** Adds to counters that are locked, or whose members are. */
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
 * Adds to budgets that are not locked. Runs as the last statement of its transaction, so that other transactions wait
 * only for the commit.
 *
 * @param limits by budget; a budget without a limit is unlimited
 * @throws BudgetExceeded if a sum would exceed its limit
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

/** Changes counters that are locked. */
export async function moveCounters(tx: Tx, counts: readonly Count[]): Promise<void> {
  if (counts.length === 0) return;
  await tx.$executeRaw`
    update reward_counters c set value = greatest(0, c.value + moved.by)
    from (select key, sum(by)::bigint as by
          from unnest(${counts.map(({ key }) => key)}::text[], ${counts.map(({ by }) => by)}::bigint[]) as each (key, by)
          group by key) moved
    where c.key = moved.key`;
}
