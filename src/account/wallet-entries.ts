import type { WalletEntryKind } from "../domain/generated/words.ts";
import { MAX_COUNT, type PageBounds } from "../graphql/connection.ts";
import { type Db, Prisma } from "../platform/db.ts";

export type EntryCursor = readonly [at: string, id: string];

/** A change of a customer's own points. */
export interface WalletEntry {
  /** The id of the source record, after a letter for its kind. */
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
  /** Up to 1 more than `MAX_COUNT`. */
  count(customerId: string): Promise<number>;
}

/** The entries of one kind of record, whose id begins with the letter; `at` is the sort key. */
interface Source {
  letter: string;
  at: Prisma.Sql;
  columns: Prisma.Sql;
  key: Prisma.Sql;
  from: Prisma.Sql;
}

/**
 * The gateway's own confirmed movements and awards; and, if the points provider's statement is imported, its entries
 * that belong to no order or credit of the gateway.
 */
const sourcesOf = (customerId: string): Source[] => [
  {
    letter: "m",
    at: Prisma.sql`settled_at`,
    key: Prisma.sql`id`,
    columns: Prisma.sql`case kind when 'TAKEN' then 'SPENT' else 'RETURNED' end as kind, points, order_id as "orderId", null::uuid as "awardId"`,
    from: Prisma.sql`points_movements
      where customer_id = ${customerId} and pay_with = 'INDIVIDUAL' and state = 'CONFIRMED' and settled_at is not null`,
  },
  {
    letter: "a",
    at: Prisma.sql`settled_at`,
    key: Prisma.sql`id`,
    columns: Prisma.sql`'EARNED' as kind, quantity as points, null::uuid as "orderId", id as "awardId"`,
    from: Prisma.sql`reward_awards
      where customer_id = ${customerId} and unit = 'POINTS' and state = 'CREDITED' and settled_at is not null`,
  },
  {
    letter: "l",
    at: Prisma.sql`at`,
    key: Prisma.sql`entry_id`,
    columns: Prisma.sql`case type when 'REDEEM' then 'SPENT' when 'REVERSE' then 'RETURNED' else 'EARNED' end as kind, points,
      null::uuid as "orderId", null::uuid as "awardId"`,
    // `offset 0` keeps the planner from a join, which would read all entries of the customer.
    from: Prisma.sql`ledger_entries e
      where customer_id = ${customerId}
        and not exists (select from orders o where o.number = e.order_id offset 0)
        and not exists (select from reward_awards a where a.credit_reference = e.reference offset 0)`,
  },
];

export function makeWalletEntries(db: Db): WalletEntries {
  return {
    async page(customerId, { limit, after, before, backwards }) {
      const direction = backwards ? Prisma.sql`asc` : Prisma.sql`desc`;
      // Each source returns a page of entries by an index; the result's page is merged from them.
      const parts = sourcesOf(customerId).map(({ letter, at, columns, key, from }) => {
        const id = Prisma.sql`${letter}::text || ${key}`;
        const within = ([cursorAt, cursorId]: EntryCursor, than: "<" | ">") => Prisma.sql`
          and ${at} ${Prisma.raw(`${than}=`)} ${cursorAt}::timestamptz
          and (${at} ${Prisma.raw(than)} ${cursorAt}::timestamptz or ${id} ${Prisma.raw(than)} ${cursorId})`;
        return Prisma.sql`(
          select ${id} as id, ${at} as at, ${columns} from ${from}
            ${after ? within(after, "<") : Prisma.empty} ${before ? within(before, ">") : Prisma.empty}
          order by ${at} ${direction}, ${id} ${direction} limit ${limit})`;
      });
      const rows = await db.$queryRaw<(Omit<WalletEntry, "points"> & { points: bigint })[]>`
        select * from (${Prisma.join(parts, " union all ")}) as entries order by at ${direction}, id ${direction} limit ${limit}`;
      return rows.map((row) => ({ ...row, points: Number(row.points) }));
    },

    async count(customerId) {
      const parts = sourcesOf(customerId).map(({ from }) => Prisma.sql`(select from ${from} limit ${MAX_COUNT + 1})`);
      const [row] = await db.$queryRaw<{ count: number }[]>`
        select count(*)::int as count from (select from (${Prisma.join(parts, " union all ")}) as entries limit ${MAX_COUNT + 1}) as counted`;
      return row?.count ?? 0;
    },
  };
}
