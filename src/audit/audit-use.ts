import type { AuditUse, OperatorUse } from "../domain/operator-use.ts";
import type { Operator } from "../domain/viewer.ts";
import { type AuditRecord, audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { databaseFailure } from "../platform/database-failure.ts";
import type { Db } from "../platform/db.ts";
import type { Logger } from "../platform/logger.ts";

const MAX_SUBJECT = 500;
/** The maximum number of uses in one entry; at this number the entry is written. */
export const MAX_USES = 100;
/** Beyond this number, each further kind of read has an entry of its own. */
const MAX_READS = 1_000;

/** Uses by one operator with the same root fields. */
interface Read {
  entry: Omit<AuditRecord, "at">;
  /** Uses that are not in an entry yet. */
  uses: { at: Date; requestId: string }[];
}

export interface UseAudit {
  /**
   * Writes the use into the audit log before the operation runs. A repeated query of the operator, with the same root
   * fields, is gathered instead, with its time and its request, until `writeGathered` (decision 21).
   */
  auditUse: AuditUse;
  /**
   * Writes an entry for each read with all its gathered uses. A read without a repeat since the last call is dropped.
   */
  writeGathered(): Promise<void>;
}

export function makeUseAudit({ db, clock, log }: { db: Db; clock: Clock; log: Logger }): UseAudit {
  const reads = new Map<string, Read>();

  async function write(record: AuditRecord): Promise<void> {
    try {
      await audit(db, record);
    } catch (error) {
      // Operators depend on reads most during a database failure. If the audit log cannot be written, the use is in the
      // process's log.
      if (databaseFailure(error) !== "read-only") throw error;
      const { actor, action, subject, details } = record;
      log.warn(
        { actor, action, subject, ...details },
        "An operator's use is not in the audit log, because the database is read-only",
      );
    }
  }

  async function writeUses(read: Read): Promise<void> {
    const uses = read.uses.splice(0);
    const [first] = uses;
    if (!first) return;
    const texts = uses.map(({ at, requestId }) => ({ at: at.toISOString(), requestId }));
    try {
      await write({ ...read.entry, at: clock.now(), details: { uses: texts } });
    } catch (error) {
      read.uses.unshift(...uses);
      throw error;
    }
  }

  const recordOf = ({ operatorId }: Operator, { kind, subject }: OperatorUse) => ({
    actor: operatorId,
    action: `operator.${kind}`,
    subject: subject.slice(0, MAX_SUBJECT),
  });

  return {
    async auditUse(operator, use) {
      const { requestId, kind } = use;
      const entry = recordOf(operator, use);
      const now = clock.now();
      const key = JSON.stringify([entry.actor, use.subject]);
      const known = kind === "query" ? reads.get(key) : undefined;
      if (known) {
        known.uses.push({ at: now, requestId });
        if (known.uses.length >= MAX_USES) await writeUses(known);
        return;
      }
      await write({ ...entry, at: now, details: { requestId } });
      // Registered only after the first entry was written: gathering requires that an entry of this kind could be
      // written.
      if (kind === "query" && reads.size < MAX_READS && !reads.has(key)) reads.set(key, { entry, uses: [] });
    },

    async writeGathered() {
      for (const [key, read] of reads) {
        if (read.uses.length === 0) reads.delete(key);
        else await writeUses(read);
      }
    },
  };
}
