import type { Db } from "../platform/db.ts";

/**
 * Adds uncounted redemptions to the popularity of their rewards, in a transaction for each reward: orders lock several
 * rewards, and a transaction with a single lock cannot deadlock with them.
 */
export async function countRedemptions(db: Db): Promise<void> {
  const rewards = await db.$queryRaw<{ id: string }[]>`select distinct reward_id as id from redemptions_to_count`;
  for (const { id } of rewards) {
    await db.$executeRaw`
      with counted as (
        delete from redemptions_to_count where reward_id = ${id}::uuid returning units
      )
      update rewards set popularity = popularity + sum.units
      from (select sum(units)::int as units from counted having count(*) > 0) as sum where rewards.id = ${id}::uuid`;
  }
}
