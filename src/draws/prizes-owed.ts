import type { Tx } from "../platform/db.ts";

/** The prizes of one kind that a draw owes. */
export interface PrizesOwed {
  unit: "POINTS" | "REWARD";
  sku: string | null;
  state: "PENDING" | "UNCERTAIN" | "NEEDS_ATTENTION" | "REFUSED";
  count: number;
  /** The points of all of them together; null for rewards. */
  points: number | null;
  oldestSince: Date;
}

/**
 * Prizes that tickets of a draw have won and that are not credited, fulfilled or cancelled yet. A refused credit is
 * owed until an operator resolves it.
 */
export async function prizesOwed(db: Tx, drawId: string): Promise<PrizesOwed[]> {
  const rows = await db.$queryRaw<(Omit<PrizesOwed, "points"> & { quantity: bigint })[]>`
    select unit, sku, state, count(*)::int as count, sum(quantity)::bigint as quantity, min(created_at) as "oldestSince"
    from reward_awards
    where draw_id = ${drawId} and unit <> 'TICKETS'
      and state in ('PENDING', 'UNCERTAIN', 'NEEDS_ATTENTION', 'REFUSED')
    group by unit, sku, state order by unit, sku, state`;
  return rows.map(({ quantity, ...row }) => ({ ...row, points: row.unit === "POINTS" ? Number(quantity) : null }));
}
