export type FailureKind = "refused" | "invalid" | "unauthorized";

/** An answer other than yes. Each upstream decides how a kind looks on its wire. */
export class Failure extends Error {
  readonly kind: FailureKind;
  readonly headers: Record<string, string>;

  constructor(kind: FailureKind, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.name = "Failure";
    this.kind = kind;
    this.headers = headers;
  }
}

export const refused = (message: string): Failure => new Failure("refused", message);
export const invalid = (message: string): Failure => new Failure("invalid", message);
