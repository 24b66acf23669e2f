import type { Db } from "../platform/db.ts";

interface Sums {
  credited: number;
  returned: number;
  taken: number;
  /** Credited and returned, less taken. Negative if customers have spent points from other sources. */
  outstanding: number;
}

/** Unspent points of customers that this gateway has credited or returned, according to its own records. */
export interface Liability extends Sums {
  asOf: Date;
  /** Awards that were decided but are not credited yet. */
  pending: number;
  /** Points of lucky draws' prizes among `pending`. */
  pendingPrizes: number;
  ledgers: (Sums & { ledger: "CLIENT" | "CAPILLARY" })[];
}

/** Sums all recorded awards and movements. */
export async function readLiability(db: Db, now: Date): Promise<Liability> {
  const rows = await db.$queryRaw<
    { ledger: "CLIENT" | "CAPILLARY"; credited: bigint; returned: bigint; taken: bigint }[]
  >`
    select ledger, sum(credited)::bigint as credited, sum(returned)::bigint as returned, sum(taken)::bigint as taken from (
      select ledger::text as ledger, quantity as credited, 0 as returned, 0 as taken from reward_awards
        where unit = 'POINTS' and state = 'CREDITED' and ledger is not null
      union all
      select ledger::text, 0, case kind when 'RETURNED' then points else 0 end, case kind when 'TAKEN' then points else 0 end
        from points_movements where state = 'CONFIRMED') it
    group by ledger order by ledger desc`;
  const [open] = await db.$queryRaw<{ pending: bigint; prizes: bigint }[]>`
    select coalesce(sum(quantity), 0)::bigint as pending,
      coalesce(sum(quantity) filter (where draw_id is not null), 0)::bigint as prizes
    from reward_awards where unit = 'POINTS' and state in ('PENDING', 'UNCERTAIN', 'NEEDS_ATTENTION')`;
  const ledgers = rows.map(({ ledger, ...sums }) => {
    const [credited, returned, taken] = [Number(sums.credited), Number(sums.returned), Number(sums.taken)];
    return { ledger, credited, returned, taken, outstanding: credited + returned - taken };
  });
  const total = (column: keyof Sums) => ledgers.reduce((sum, each) => sum + each[column], 0);
  return {
    asOf: now,
    credited: total("credited"),
    returned: total("returned"),
    taken: total("taken"),
    outstanding: total("outstanding"),
    pending: Number(open?.pending ?? 0),
    pendingPrizes: Number(open?.prizes ?? 0),
    ledgers,
  };
}
