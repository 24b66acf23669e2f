import { randomUUID } from "node:crypto";
import type { RewardAction } from "./message.ts";
import type { Normalisation, Problem, ProblemCode } from "./notes.ts";

/** The answer of the service, as it is documented. `data` says more where we have more to say. */
export interface ServiceAnswer {
  readonly code: number;
  readonly message: string;
  readonly data: {
    readonly TicketId: string | null;
    readonly normalisations?: readonly Normalisation[];
    readonly problems?: readonly Problem[];
  };
}

export const makeTicketId = (action: RewardAction, uuid: string = randomUUID()): string => `Reward:${action}:${uuid}`;

/**
 * What a producer is told. Without normalisations a success is exactly what is documented; what a refusal looks like is not,
 * so it has the same three members, and every problem there is.
 */
export function formatAnswer(
  outcome:
    | { readonly ticketId: string; readonly normalisations?: readonly Normalisation[] }
    | { readonly problems: readonly Problem[]; readonly ticketId?: string | null },
): ServiceAnswer {
  if ("problems" in outcome) {
    const { problems, ticketId = null } = outcome;
    const message = problems.map(({ path, message }) => `${path || "the message"} ${message}`).join("; ");
    return { code: statusOf(problems), message: message || "Refused", data: { TicketId: ticketId, problems } };
  }
  const { ticketId, normalisations = [] } = outcome;
  return {
    code: 200,
    message: "Success",
    data: { TicketId: ticketId, ...(normalisations.length > 0 && { normalisations }) },
  };
}

const STATUS: Partial<Record<ProblemCode, number>> = {
  TOO_LARGE: 413,
  TOO_MANY_MESSAGES: 413,
  NOT_UTF8: 400,
  NOT_JSON: 400,
  NOT_AN_OBJECT: 400,
  TOO_DEEP: 400,
  INEXACT_NUMBER: 400,
  MEMBER_CONFLICT: 409,
  TICKET_REUSED: 409,
};

/** An HTTP status: 400 or 413 for what is no message at all, 409 for one that contradicts what we know, 422 for one that says what cannot be. */
const statusOf = ([first]: readonly Problem[]): number => (first && STATUS[first.code]) || 422;
