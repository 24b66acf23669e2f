import { STATUS_CODES } from "node:http";
import type { Refused } from "../domain/refusal.ts";

/** A problem with one field, for the integrator. `code` is a `UserErrorCode` if the order was refused. */
export interface RestProblem {
  field: string;
  message: string;
  code?: string;
}

export interface RestAnswer {
  status: number;
  body: object;
}

/** The documented code of a validation error. Other errors have the HTTP status as their code. */
const VALIDATION_CODE = 37;

/** The documented 422, extended by the field problems in `errors`. */
export function validationFailed(problems: readonly RestProblem[], type = "VALIDATION_ERROR"): RestAnswer {
  const body = { name: "Unprocessable entity", message: "Validation Failed", code: VALIDATION_CODE, status: 422, type };
  return { status: 422, body: { ...body, errors: problems } };
}

/** An error in the documented format. */
export function restError(status: number, type: string, message: string, more: object = {}): RestAnswer {
  const name = STATUS_CODES[status] ?? "Error";
  return { status, body: { name, message, code: status, status, type, ...more } };
}

/** A refusal of the use case as a 422. Its type is the code of the first refusal. */
export function refusedAnswer({ refusals }: Refused): RestAnswer {
  const problems = refusals.map(({ code, message, field }) => ({ field: fieldOf(field), message, code }));
  const [first] = refusals;
  if (first.code === "IDEMPOTENCY_IN_PROGRESS") return restError(409, first.code, first.message);
  return validationFailed(problems, first.code);
}

/** The field of the REST body for a path of the GraphQL input. */
function fieldOf(path: readonly string[] | undefined): string {
  const at = path?.indexOf("shippingAddress") ?? -1;
  return at < 0 ? "line_items" : ["shipping_address", ...(path?.slice(at + 1) ?? [])].join(".");
}
