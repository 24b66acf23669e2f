import { type Db, Prisma, planEachTime } from "../platform/db.ts";
import { MAX_COUNT, type PageBounds } from "./connection.ts";

const { sql } = Prisma;

/** Rows of a list sorted by a moment, then by id. */
export interface TimedRows {
  table: Prisma.Sql;
  where: Prisma.Sql;
  /** The column of the moment. */
  at: Prisma.Sql;
  oldestFirst?: boolean;
}

/** The moment of a row, and its id. */
export type TimedCursor = readonly [at: string, id: string];

/** The ids of a page's rows, in the order of reading. The statement is planned for the values of its conditions. */
export async function readRowIds(db: Db, rows: TimedRows, page: PageBounds<TimedCursor>): Promise<string[]> {
  const { table, where, at, oldestFirst = false } = rows;
  const { limit, after, before, backwards } = page;
  const [onwards, back] = oldestFirst ? [sql`>`, sql`<`] : [sql`<`, sql`>`];
  const direction = oldestFirst !== backwards ? sql`asc` : sql`desc`;
  const beyond = (cursor: TimedCursor | null, than: Prisma.Sql) =>
    cursor ? sql`and (${at}, id) ${than} (${cursor[0]}::timestamptz, ${cursor[1]}::uuid)` : Prisma.empty;
  const found = await db.$queryRaw<{ id: string }[]>(
    planEachTime(sql`
      select id from ${table} where ${where} ${beyond(after, onwards)} ${beyond(before, back)}
      order by ${at} ${direction}, id ${direction} limit ${limit}`),
  );
  return found.map(({ id }) => id);
}

/** @param rows such as `orders where status = 'FAILED'`. @returns up to 1 more than `MAX_COUNT` */
export async function countRows(db: Db, rows: Prisma.Sql): Promise<number> {
  const [row] = await db.$queryRaw<{ count: number }[]>(
    planEachTime(sql`select count(*)::int as count from (select from ${rows} limit ${MAX_COUNT + 1}) as counted`),
  );
  return row?.count ?? 0;
}

/** @returns the rows in the order of their ids */
export function inSequence<Id, Row extends { id: Id }>(ids: readonly Id[], rows: readonly Row[]): Row[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/**
 * A condition on an enum column. The index returns the rows of a single value in the order of a list; with several
 * values the order is lost.
 */
export function isAmong(column: string, type: string, values: readonly string[]): Prisma.Sql {
  const [name, ofType] = [Prisma.raw(column), Prisma.raw(type)];
  return values.length === 1 ? sql`${name} = ${values[0]}::${ofType}` : sql`${name} = any(${[...values]}::${ofType}[])`;
}
