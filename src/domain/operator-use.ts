import type { Operator } from "./viewer.ts";

export interface OperatorUse {
  /** Such as `query`, `mutation` or `post`. */
  kind: string;
  /** The root fields of an operation, or a path. Arguments may hold secrets and are left out. */
  subject: string;
  requestId: string;
}

/** Has each use that an operator makes of the gateway written into the audit log, by name. */
export type AuditUse = (operator: Operator, use: OperatorUse) => Promise<void>;
