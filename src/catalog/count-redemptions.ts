import { type Db, inTransaction } from "../platform/db.ts";

/** Adds the redeemed units that are not counted yet to the popularity of their rewards. */
export async function countRedemptions(db: Db): Promise<void> {
  await inTransaction(
    db,
    (tx) => tx.$executeRaw`
      with counted as (
        delete from redemptions_to_count returning reward_id, units
      ), sums as (
        select reward_id, sum(units)::int as units from counted group by reward_id
      )
      update rewards set popularity = popularity + sums.units from sums where rewards.id = sums.reward_id`,
  );
}
