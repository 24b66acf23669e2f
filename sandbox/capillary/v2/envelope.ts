import type { Operation } from "../../operation.ts";
import type { Upstream } from "../../upstream.ts";

export const noWarnings: readonly object[] = [];

/** v2: a bare body on success, otherwise lists of errors and warnings. */
export function v2Upstream(operations: readonly Operation[], failureStatus: () => number): Upstream {
  return {
    name: "capillary",
    operations,
    answerTo: ({ kind, code, message }) => ({
      kind: "json",
      status: { refused: failureStatus(), invalid: 400, unauthorized: 401 }[kind],
      body: {
        warnings: noWarnings,
        errors: [{ status: false, code: code ?? (kind === "invalid" ? 400 : 500), message }],
      },
    }),
  };
}
