import { z } from "zod";
import { type Connection, connectionFields, makeCursor, readPage, toPage } from "../graphql/connection.ts";
import type { AuditFilter, Resolvers } from "../graphql/generated/resolvers.ts";
import { requireOperator } from "../graphql/guards.ts";
import type { Db, Prisma } from "../platform/db.ts";

export type AuditRow = Prisma.AuditEntryGetPayload<{ include: { seal: true } }>;

const MOST = 2n ** 63n - 1n;
const cursorShape = z.tuple([
  z
    .string()
    .regex(/^\d{1,19}$/)
    .transform(BigInt)
    .refine((id) => id <= MOST),
]);

export function auditResolvers({ db }: { db: Db }): Resolvers {
  return {
    Query: {
      async auditLog(_, { filter, ...args }, context) {
        requireOperator(context, "support");
        const bounds = readPage(args, cursorShape);
        const { limit, after, before, backwards } = bounds;
        const where = whereOf(filter ?? {});
        const rows = await db.auditEntry.findMany({
          where: { AND: [where, after ? { id: { lt: after[0] } } : {}, before ? { id: { gt: before[0] } } : {}] },
          include: { seal: true },
          orderBy: { id: backwards ? "asc" : "desc" },
          take: limit,
        });
        const connection: Connection<AuditRow> = {
          ...toPage(rows, bounds),
          cursorOf: ({ id }) => makeCursor([String(id)]),
          totalCount: () => db.auditEntry.count({ where }),
        };
        return connection;
      },
    },
    AuditEntry: {
      id: ({ id }) => String(id),
      details: ({ details }) => (details === null ? null : JSON.stringify(details)),
    },
    AuditSeal: {
      seq: ({ seq }) => String(seq),
      hash: ({ hash }) => Buffer.from(hash).toString("hex"),
    },
    AuditEntryConnection: connectionFields<AuditRow>(),
  };
}

const whereOf = ({ actor, action, subject, from, to }: AuditFilter): Prisma.AuditEntryWhereInput => ({
  ...(actor != null && { actor }),
  ...(action != null && { action: { startsWith: action } }),
  ...(subject != null && { subject }),
  ...((from != null || to != null) && { at: { ...(from != null && { gte: from }), ...(to != null && { lt: to }) } }),
});
