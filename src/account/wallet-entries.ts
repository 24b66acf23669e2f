import type { WalletEntryKind } from "../domain/generated/words.ts";
import type { PageBounds } from "../graphql/connection.ts";
import { type Db, Prisma } from "../platform/db.ts";

export type EntryCursor = readonly [at: string, id: string];

/** A change of a customer's own points. */
export interface WalletEntry {
  /** The id of the record that the entry is from, after a letter for the kind of record. */
  id: string;
  kind: WalletEntryKind;
  points: number;
  at: Date;
  orderId: string | null;
  awardId: string | null;
}

export interface WalletEntries {
  /** The newest first. */
  page(customerId: string, bounds: PageBounds<EntryCursor>): Promise<WalletEntry[]>;
  count(customerId: string): Promise<number>;
}

/**
 * Our own movements and awards that are confirmed; of the points provider's statement, where it is imported, the entries that
 * are not of one of our orders or credits.
 */
const entriesOf = (customerId: string) => Prisma.sql`(
  select 'm' || id as id, case kind when 'TAKEN' then 'SPENT' else 'RETURNED' end as kind, points, settled_at as at,
    order_id as "orderId", null::uuid as "awardId"
  from points_movements
  where customer_id = ${customerId} and pay_with = 'INDIVIDUAL' and state = 'CONFIRMED' and settled_at is not null
  union all
  select 'a' || id, 'EARNED', quantity, settled_at, null, id from reward_awards
  where customer_id = ${customerId} and unit = 'POINTS' and state = 'CREDITED' and settled_at is not null
  union all
  select 'l' || entry_id, case type when 'REDEEM' then 'SPENT' when 'REVERSE' then 'RETURNED' else 'EARNED' end, points, at,
    null, null
  from ledger_entries e
  where customer_id = ${customerId}
    and not exists (select from orders o where o.number = e.order_id)
    and not exists (select from reward_awards a where a.credit_reference = e.reference)
) entries`;

export function makeWalletEntries(db: Db): WalletEntries {
  return {
    async page(customerId, { limit, after, before, backwards }) {
      const conditions = [Prisma.sql`true`];
      const within = ([at, id]: EntryCursor, than: Prisma.Sql) =>
        conditions.push(Prisma.sql`(at, id) ${than} (${at}::timestamptz, ${id})`);
      if (after) within(after, Prisma.sql`<`);
      if (before) within(before, Prisma.sql`>`);
      const direction = backwards ? Prisma.sql`asc` : Prisma.sql`desc`;
      const rows = await db.$queryRaw<(Omit<WalletEntry, "points"> & { points: bigint })[]>`
        select * from ${entriesOf(customerId)} where ${Prisma.join(conditions, " and ")}
        order by at ${direction}, id ${direction} limit ${limit}`;
      return rows.map((row) => ({ ...row, points: Number(row.points) }));
    },

    async count(customerId) {
      const [row] = await db.$queryRaw<{ count: number }[]>`
        select count(*)::int as count from ${entriesOf(customerId)}`;
      return row?.count ?? 0;
    },
  };
}
