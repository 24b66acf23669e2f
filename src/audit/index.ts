import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import type { Logger } from "../platform/logger.ts";
import { auditResolvers } from "./audit.resolvers.ts";
import { makeUseAudit } from "./audit-use.ts";
import { makeAuditSealer } from "./seal-audit.ts";

export { ERASURE_ACTION } from "./verify-audit.ts";

/** The audit log, sealed by a hash chain. */
export function openAudit({ db, clock, log }: { db: Db; clock: Clock; log: Logger }) {
  const { auditUse, writeGathered } = makeUseAudit({ db, clock, log });
  return {
    auditUse,
    writeGathered,
    resolvers: auditResolvers({ db }),
    reconcile: makeAuditSealer({ db, clock, log }).seal,
  };
}
