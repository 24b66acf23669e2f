import type { AuditUse } from "../domain/operator-use.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { databaseTrouble } from "../platform/database-trouble.ts";
import type { Db } from "../platform/db.ts";
import type { Logger } from "../platform/logger.ts";

const MAX_SUBJECT = 500;

export function makeAuditUse({ db, clock, log }: { db: Db; clock: Clock; log: Logger }): AuditUse {
  return async ({ operatorId }, { kind, subject, requestId }) => {
    const entry = { actor: operatorId, action: `operator.${kind}`, subject: subject.slice(0, MAX_SUBJECT) };
    try {
      await audit(db, { at: clock.now(), ...entry, details: { requestId } });
    } catch (error) {
      // Operators need to read most while a database is in trouble. What cannot be written there is in the log.
      if (databaseTrouble(error) !== "read-only") throw error;
      log.warn({ ...entry, requestId }, "An operator's use is not in the audit log, because the database is read-only");
    }
  };
}
