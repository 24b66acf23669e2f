import { type Db, inTransaction } from "../platform/db.ts";

/**
 * Adds the redeemed units that are not counted yet to the popularity of their rewards. The rewards are locked in the sequence in which
 * orders lock theirs, which prevents deadlocks.
 */
export async function countRedemptions(db: Db): Promise<void> {
  await inTransaction(
    db,
    (tx) => tx.$executeRaw`
      with counted as (
        delete from redemptions_to_count returning reward_id, units
      ), sums as (
        select reward_id, sum(units)::int as units from counted group by reward_id
      ), locked as (
        select rewards.id, sums.units from rewards join sums on sums.reward_id = rewards.id
        order by rewards.id for no key update of rewards
      )
      update rewards set popularity = popularity + locked.units from locked where rewards.id = locked.id`,
  );
}
