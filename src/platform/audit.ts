import type { Prisma, Tx } from "./db.ts";

export interface AuditRecord {
  at: Date;
  actor: string;
  /** What was done, such as `reward.update`. */
  action: string;
  /** What it was done to, such as an order number. */
  subject: string;
  details?: Prisma.InputJsonObject;
}

/** Writes down who did what, in the transaction that does it. The log is append-only. */
export async function audit(tx: Tx, record: AuditRecord): Promise<void> {
  await tx.auditEntry.create({ data: record });
}
