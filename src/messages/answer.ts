import { randomUUID } from "node:crypto";
import type { RewardAction } from "./message.ts";
import type { Normalisation, Problem, ProblemCode } from "./notes.ts";

/** The service's answer in the documented form; `data` may have further fields. */
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
 * Formats the answer to a producer. A success without normalisations is exactly as documented. The documents do not
 * define a refusal, so it has the same three members, and all problems.
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

/**
 * An HTTP status: 400 or 413 for an unreadable message, 409 for a contradiction to stored data, 422 for impossible
 * content.
 */
const statusOf = ([first]: readonly Problem[]): number => (first && STATUS[first.code]) || 422;
