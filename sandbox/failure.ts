export type FailureKind = "refused" | "invalid" | "unauthorized";

/** Additional fields of an answer. An upstream without codes ignores them. */
export interface FailureDetails {
  headers?: Record<string, string>;
  code?: number;
  /** The code of a system behind the upstream, which it passes on. */
  partner?: { code: string; message: string };
}

/** Any answer other than success. Each upstream defines the wire format of each kind. */
export class Failure extends Error {
  readonly kind: FailureKind;
  readonly headers: Record<string, string>;
  readonly code: number | undefined;
  readonly partner: FailureDetails["partner"];

  constructor(kind: FailureKind, message: string, { headers = {}, code, partner }: FailureDetails = {}) {
    super(message);
    this.name = "Failure";
    this.kind = kind;
    this.headers = headers;
    this.code = code;
    this.partner = partner;
  }
}

export const refused = (message: string, details?: FailureDetails): Failure => new Failure("refused", message, details);
export const invalid = (message: string, details?: FailureDetails): Failure => new Failure("invalid", message, details);
