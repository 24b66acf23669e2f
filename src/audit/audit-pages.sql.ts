import type { PageBounds } from "../graphql/connection.ts";
import type { AuditFilter } from "../graphql/generated/resolvers.ts";
import { countRows, inSequence } from "../graphql/row-pages.sql.ts";
import { type Db, Prisma, planEachTime } from "../platform/db.ts";

export type AuditRow = Prisma.AuditEntryGetPayload<{ include: { seal: true } }>;

/** The id of the entry. */
export type AuditCursor = readonly [id: bigint];

/**
 * Entries by the time of their event, the newest first. Outcomes of points are copied into the log up to 30 s later.
 */
export async function readAuditPage(db: Db, filter: AuditFilter, page: PageBounds<AuditCursor>): Promise<AuditRow[]> {
  const { limit, after, before, backwards } = page;
  const direction = backwards ? Prisma.sql`asc` : Prisma.sql`desc`;
  const beyond = ([id]: AuditCursor, than: Prisma.Sql) =>
    Prisma.sql`(at, id) ${than} ((select at from audit_log where id = ${id}), ${id})`;
  const conditions = [
    ...conditionsOf(filter),
    ...(after ? [beyond(after, Prisma.sql`<`)] : []),
    ...(before ? [beyond(before, Prisma.sql`>`)] : []),
  ];
  const found = await db.$queryRaw<{ id: bigint }[]>(
    planEachTime(Prisma.sql`
      select id from audit_log where ${Prisma.join(conditions, " and ")} order by at ${direction}, id ${direction} limit ${limit}`),
  );
  const ids = found.map(({ id }) => id);
  return inSequence(ids, await db.auditEntry.findMany({ where: { id: { in: ids } }, include: { seal: true } }));
}

/** @returns up to 1 more than `MAX_COUNT` */
export const countAudit = (db: Db, filter: AuditFilter): Promise<number> =>
  countRows(db, Prisma.sql`audit_log where ${Prisma.join(conditionsOf(filter), " and ")}`);

function conditionsOf({ actor, action, subject, from, to }: AuditFilter): Prisma.Sql[] {
  return [
    Prisma.sql`true`,
    ...(actor != null ? [Prisma.sql`actor = ${actor}`] : []),
    ...(action != null ? [Prisma.sql`action like ${`${action.replace(/[\\%_]/g, "\\$&")}%`}`] : []),
    ...(subject != null ? [Prisma.sql`subject = ${subject}`] : []),
    ...(from != null ? [Prisma.sql`at >= ${from}`] : []),
    ...(to != null ? [Prisma.sql`at < ${to}`] : []),
  ];
}
