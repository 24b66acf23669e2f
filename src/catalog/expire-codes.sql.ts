import type { Tx } from "../platform/db.ts";
import type { LocalDate } from "../platform/time-zone.ts";

/**
 * Locks a reward, marks its available codes whose last day is before `today` as expired, and lowers its stock by their
 * number. Codes that another transaction has locked are skipped, because an order locks codes first and its reward
 * last.
 */
export async function expireCodes(tx: Tx, rewardId: string, today: LocalDate, now: Date): Promise<void> {
  await tx.$queryRaw`select from rewards where id = ${rewardId}::uuid for no key update`;
  await tx.$executeRaw`
    with expired as (
      update voucher_codes set state = 'EXPIRED' where id in (
        select id from voucher_codes
        where reward_id = ${rewardId}::uuid and state = 'AVAILABLE' and valid_until < ${today}::date
        for update skip locked)
      returning reward_id
    )
    update rewards set stock = stock - (select count(*)::int from expired), updated_at = ${now}
    where id = ${rewardId}::uuid and exists (select from expired)`;
}
