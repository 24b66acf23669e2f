import type { Failure } from "../../failure.ts";
import type { Operation } from "../../operation.ts";
import type { Upstream } from "../../upstream.ts";

/** v1.1 reports success twice, in text: for the call, and for each item in it. */
export const response = (payload: object, message = "SUCCESS") => ({
  response: { status: { success: "true", code: 200, message }, ...payload },
});

export const itemYes = (code: number | string, message: string) => ({ success: "true", code, message });

/** An item's refusal, with HTTP 200 and a "successful" call. */
export const itemNo = ({ code, message }: Failure) => ({ success: "false", code: code ?? 500, message });

export function v1Upstream(operations: readonly Operation[]): Upstream {
  return {
    name: "capillary",
    operations,
    answerTo: ({ kind, code, message }) => ({
      kind: "json",
      status: { refused: 200, invalid: 400, unauthorized: 401 }[kind],
      headers: kind === "unauthorized" ? { "www-authenticate": 'Basic realm="capillary"' } : {},
      body: { response: { status: { success: "false", code: code ?? (kind === "invalid" ? 400 : 500), message } } },
    }),
  };
}
