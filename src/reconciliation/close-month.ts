import { type Refused, refusal, refused } from "../domain/refusal.ts";
import { audit } from "../platform/audit.ts";
import { type Db, inTransaction } from "../platform/db.ts";
import { MONTH, type Month, obstaclesOf, readMonth } from "./month.ts";

export interface CloseMonthInput {
  /** Such as `2026-11`. */
  month: string;
  /** The totals that the operator has seen. */
  taken: number;
  returned: number;
  credited: number;
  note: string;
}

/**
 * Signs a month off, once, with the totals that the operator has seen. A movement belongs to the day on which its
 * outcome was recorded, so a past month gets no further movements.
 */
export async function closeMonth(
  { db, timeZone, now }: { db: Db; timeZone: string; now: Date },
  { month, note: written, ...seen }: CloseMonthInput,
  actor: string,
): Promise<Month | Refused> {
  const note = written.trim();
  if (!MONTH.test(month)) return invalid("month", "must be a month such as 2026-11");
  if (note === "" || note.length > 4_000) return invalid("note", "must describe the check, in 1 to 4,000 characters");
  const read = await readMonth(db, month, timeZone, now);
  return inTransaction(db, async (tx) => {
    await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${`tessera.month:${month}`}, 0))`;
    if (await tx.closedMonth.findUnique({ where: { month } })) return read;
    const totals = { taken: read.taken, returned: read.returned, credited: read.credited };
    const hasChanged = (["taken", "returned", "credited"] as const).some((column) => seen[column] !== totals[column]);
    const obstacles = [
      ...obstaclesOf(read, now),
      ...(hasChanged ? ["The totals are not those that you have seen. Look at the month again."] : []),
    ];
    const [first, ...others] = obstacles.map((each) => refusal("MONTH_NOT_READY", each, ["input", "month"]));
    if (first) return refused(first, ...others);
    await tx.closedMonth.create({ data: { month, closedAt: now, closedBy: actor, note, ...totals } });
    const details = { ...totals, note, skipped: read.skipped };
    await audit(tx, { at: now, actor, action: "month.close", subject: month, details });
    return read;
  });
}

const invalid = (field: string, problem: string) =>
  refused(refusal("INVALID_INPUT", `${field}: ${problem}.`, ["input", field]));
