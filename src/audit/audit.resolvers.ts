import { z } from "zod";
import { type Connection, connectionFields, makeCursor, readPage, toPage } from "../graphql/connection.ts";
import type { Resolvers } from "../graphql/generated/resolvers.ts";
import { requireOperator } from "../graphql/guards.ts";
import type { Db } from "../platform/db.ts";
import { makeSingleFlight } from "../platform/single-flight.ts";
import { type AuditRow, countAudit, readAuditPage } from "./audit-pages.sql.ts";
import { type AuditVerdict, verifyAudit } from "./verify-audit.ts";

const MOST = 2n ** 63n - 1n;
const cursorShape = z.tuple([
  z
    .string()
    .regex(/^\d{1,19}$/)
    .transform(BigInt)
    .refine((id) => id <= MOST),
]);

/** Verifying this many entries takes some seconds. */
const MAX_VERIFIED = 200_000;

export function auditResolvers({ db }: { db: Db }): Resolvers {
  const share = makeSingleFlight<AuditVerdict>();
  return {
    Query: {
      async auditChain(_, __, context) {
        requireOperator(context, "support");
        const newest = await db.auditSeal.findFirst({ orderBy: { seq: "desc" } });
        const entries = Number(newest?.seq ?? 0);
        if (newest && entries > MAX_VERIFIED) {
          return {
            holds: null,
            entries,
            pseudonymised: 0,
            head: Buffer.from(newest.hash).toString("hex"),
            problems: [],
          };
        }
        return share("chain", () => verifyAudit(db));
      },

      async auditLog(_, { filter, ...args }, context) {
        requireOperator(context, "support");
        const bounds = readPage(args, cursorShape);
        const rows = await readAuditPage(db, filter ?? {}, bounds);
        const connection: Connection<AuditRow> = {
          ...toPage(rows, bounds),
          cursorOf: ({ id }) => makeCursor([String(id)]),
          totalCount: () => countAudit(db, filter ?? {}),
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
