import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction } from "../platform/db.ts";
import type { Logger } from "../platform/logger.ts";
import { dateOfDayNumber, dayNumberOf, type LocalDate, localDateOf } from "../platform/time-zone.ts";
import { expireCodes } from "./expire-codes.sql.ts";

/** Codes of one reward with the same last day. */
export interface ExpiringVouchers {
  rewardId: string;
  validUntil: LocalDate;
  codes: number;
}

export interface ExpireVouchers {
  /** Removes codes whose last day has passed, in the programme's time zone, from their pools and the stock. */
  expire(): Promise<void>;
  /** Available codes whose last day is at most `withinDays` days away; today is 0. The soonest first. */
  expiring(withinDays: number): Promise<ExpiringVouchers[]>;
}

/** Operators get a daily warning about codes that expire within so many days. */
const WARN_DAYS = 7;

/** The soonest first; later ones follow in later warnings. */
const MAX_EXPIRING = 500;

export function makeExpireVouchers(deps: { db: Db; clock: Clock; timeZone: string; log: Logger }): ExpireVouchers {
  const { db, clock, timeZone, log } = deps;
  let warnedOn: LocalDate | undefined;
  const today = () => localDateOf(clock.now(), timeZone);

  async function expiring(withinDays: number): Promise<ExpiringVouchers[]> {
    const from = today();
    const until = dateOfDayNumber(dayNumberOf(from) + withinDays);
    return db.$queryRaw<ExpiringVouchers[]>`
      select reward_id as "rewardId", valid_until::text as "validUntil", count(*)::int as codes from voucher_codes
      where state = 'AVAILABLE' and valid_until between ${from}::date and ${until}::date
      group by reward_id, valid_until order by valid_until, reward_id limit ${MAX_EXPIRING}`;
  }

  return {
    expiring,

    async expire() {
      const day = today();
      const rows = await db.$queryRaw<{ rewardId: string }[]>`
        select distinct reward_id as "rewardId" from voucher_codes
        where state = 'AVAILABLE' and valid_until < ${day}::date`;
      for (const { rewardId } of rows) await inTransaction(db, (tx) => expireCodes(tx, rewardId, day, clock.now()));
      if (warnedOn === day) return;
      warnedOn = day;
      const soon = await expiring(WARN_DAYS);
      const rewards = await db.reward.findMany({
        where: { id: { in: soon.map(({ rewardId }) => rewardId) } },
        select: { id: true, sku: true },
      });
      const skus = new Map(rewards.map(({ id, sku }) => [id, sku]));
      for (const { rewardId, validUntil, codes } of soon)
        log.warn({ sku: skus.get(rewardId), validUntil, codes }, "Voucher codes expire soon");
    },
  };
}
