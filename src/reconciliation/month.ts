import type { Db } from "../platform/db.ts";
import { type LocalDate, startOfDay } from "../platform/time-zone.ts";
import { readSettlement, readTotals, type Settlement, SettlementUnbalanced } from "./settlement.ts";

type Totals = Settlement["totals"];

export interface MonthDay extends Totals {
  day: LocalDate;
  /** Whether a finished reconciliation has covered the whole day. */
  isReconciled: boolean;
}

/** A month of the programme, with all figures for its sign-off. */
export interface Month extends Totals {
  /** Such as `2026-11`. */
  month: string;
  timeZone: string;
  from: Date;
  to: Date;
  days: MonthDay[];
  /** Whether the settlements of the days add up to the totals, which are computed independently. */
  isBalanced: boolean;
  /** Breaks that arose before the end of the month and are open or being repaired. */
  openBreaks: number;
  /** Sources that a run over the month could not compare. */
  skipped: string[];
}

export const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

/** The days of a month. @param month such as `2026-11` */
export function daysOf(month: string): LocalDate[] {
  const [year = 0, number = 0] = month.split("-").map(Number);
  const count = new Date(Date.UTC(year, number, 0)).getUTCDate();
  return Array.from({ length: count }, (_, place) => `${month}-${String(place + 1).padStart(2, "0")}`);
}

/** The first moment of a month, and of the next one. @param month such as `2026-11` */
export function periodOf(month: string, timeZone: string): { from: Date; to: Date } {
  const [year = 0, number = 0] = month.split("-").map(Number);
  const next = new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 10);
  return { from: startOfDay(`${month}-01`, timeZone), to: startOfDay(next, timeZone) };
}

/** Reads the records of the month. @param month such as `2026-11`, at most the current one */
export async function readMonth(db: Db, month: string, timeZone: string, now: Date): Promise<Month> {
  const { from, to } = periodOf(month, timeZone);
  const runs = await db.reconciliationRun.findMany({
    where: { finishedAt: { not: null }, from: { lt: to }, to: { gt: from } },
    orderBy: { from: "asc" },
    select: { from: true, to: true, skipped: true },
  });
  const covered = union(runs);
  const begun = daysOf(month).filter((day) => startOfDay(day, timeZone) <= now);
  const days: MonthDay[] = [];
  let isBalanced = true;
  for (const day of begun) {
    const settlement = await readSettlement(db, day, timeZone).catch((error: unknown) => {
      if (!(error instanceof SettlementUnbalanced)) throw error;
      isBalanced = false;
      return error.settlement;
    });
    const isReconciled = covered.some((run) => run.from <= settlement.from && run.to >= settlement.to);
    days.push({ day, ...settlement.totals, isReconciled });
  }
  const [totals, openBreaks] = await Promise.all([
    readTotals(db, { from, to }),
    db.reconciliationBreak.count({ where: { state: { in: ["OPEN", "REPAIRING"] }, since: { lt: to } } }),
  ]);
  for (const column of ["taken", "returned", "credited"] as const) {
    if (days.reduce((sum, day) => sum + day[column], 0) !== totals[column]) isBalanced = false;
  }
  const skipped = [...new Set(runs.flatMap((run) => run.skipped))].sort();
  return { month, timeZone, from, to, days, ...totals, isBalanced, openBreaks, skipped };
}

/** The reasons why a month cannot be closed yet, as sentences. */
export function obstaclesOf({ to, days, isBalanced, openBreaks }: Month, now: Date): string[] {
  const missing = days.filter(({ isReconciled }) => !isReconciled).map(({ day }) => day);
  return [
    ...(to > now ? ["The month is not over."] : []),
    ...(missing.length > 0 ? [`No finished reconciliation covers ${shortened(missing)}.`] : []),
    ...(openBreaks > 0 ? [`${openBreaks} ${openBreaks === 1 ? "break is" : "breaks are"} open.`] : []),
    ...(isBalanced ? [] : ["The settlements of the days do not add up to the records of the month."]),
  ];
}

const shortened = (days: readonly LocalDate[]) =>
  days.length <= 3 ? days.join(", ") : `${days.slice(0, 2).join(", ")} and ${days.length - 2} more days`;

interface Period {
  from: Date;
  to: Date;
}

/** Merges periods that touch or overlap. @param periods sorted by their start */
function union(periods: readonly Period[]): Period[] {
  const merged: Period[] = [];
  for (const { from, to } of periods) {
    const last = merged.at(-1);
    if (last && from <= last.to) last.to = to > last.to ? to : last.to;
    else merged.push({ from, to });
  }
  return merged;
}
