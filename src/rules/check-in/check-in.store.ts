import type { Tx } from "../../platform/db.ts";
import type { LocalDate } from "../../platform/time-zone.ts";

/** A check-in of a message, as stored. */
export interface NewCheckIn {
  readonly date: LocalDate;
  readonly at: Date;
  /** Reported too late to be part of a streak. */
  readonly late: boolean;
}

/**
 * The check-in days for streaks, by member. The caller must hold the members' locks; otherwise the days may be outdated
 * at once.
 */
export async function readCheckInDays(tx: Tx, memberIds: readonly string[]): Promise<Map<string, LocalDate[]>> {
  if (memberIds.length === 0) return new Map();
  const rows = await tx.$queryRaw<{ memberId: string; days: LocalDate[] }[]>`
    select member_id as "memberId", array_agg(date::text) as days from check_ins
    where member_id = any(${[...memberIds]}::uuid[]) and not late group by member_id`;
  return new Map(rows.map(({ memberId, days }) => [memberId, days]));
}

/** Inserts check-ins. A member has one for each day: the first. */
export async function insertCheckIns(
  tx: Tx,
  checkIns: readonly (NewCheckIn & { memberId: string; messageId: string })[],
): Promise<void> {
  if (checkIns.length === 0) return;
  await tx.$executeRaw`
    insert into check_ins (member_id, message_id, date, at, late)
    select * from unnest(${checkIns.map(({ memberId }) => memberId)}::uuid[], ${checkIns.map(({ messageId }) => messageId)}::uuid[],
      ${checkIns.map(({ date }) => date)}::date[], ${checkIns.map(({ at }) => at.toISOString())}::timestamptz[],
      ${checkIns.map(({ late }) => late)}::boolean[])
    on conflict do nothing`;
}
