import type { Operator } from "./viewer.ts";

export interface OperatorUse {
  /** Such as `query`, `mutation` or `post`. */
  kind: string;
  /** The root fields of an operation, or a path. Arguments are left out, because they may hold secrets. */
  subject: string;
  requestId: string;
}

/** Records an operator's use of the gateway in the audit log, by the operator's name. */
export type AuditUse = (operator: Operator, use: OperatorUse) => Promise<void>;
