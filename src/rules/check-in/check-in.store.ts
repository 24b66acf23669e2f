import type { Tx } from "../../platform/db.ts";
import type { LocalDate } from "../../platform/time-zone.ts";

/** A check-in of a message, as it is kept. */
export interface NewCheckIn {
  readonly date: LocalDate;
  readonly at: Date;
  /** Heard of too late to be part of a streak. */
  readonly late: boolean;
}

/** The days that streaks are made of. The member is locked, or they may be out of date at once. */
export async function checkInDays(tx: Tx, memberId: string): Promise<LocalDate[]> {
  const rows = await tx.checkIn.findMany({ where: { memberId, late: false }, select: { date: true } });
  return rows.map(({ date }) => date.toISOString().slice(0, 10));
}

export async function keepCheckIns(
  tx: Tx,
  { memberId, messageId }: { memberId: string; messageId: string },
  checkIns: readonly NewCheckIn[],
): Promise<void> {
  await tx.checkIn.createMany({
    data: checkIns.map(({ date, ...rest }) => ({ memberId, messageId, date: new Date(date), ...rest })),
    skipDuplicates: true,
  });
}
