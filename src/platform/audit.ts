import type { Prisma, Tx } from "./db.ts";

export interface AuditRecord {
  at: Date;
  actor: string;
  /** The name of the action, such as `reward.update`. */
  action: string;
  /** The object of the action, such as an order number. */
  subject: string;
  details?: Prisma.InputJsonObject;
}

/** Records an operator's action in the transaction that makes the change. The log is append-only. */
export async function audit(tx: Tx, record: AuditRecord): Promise<void> {
  await tx.auditEntry.create({ data: record });
}
