import type { Saga } from "../../platform/saga/saga.ts";
import { type MoveDurablyDeps, moveDurably } from "./move-points-durably.ts";

export interface ReturnPointsSagaInput {
  orderId: string;
  movementId: string;
}

/** Gives points back. It is never given up: it ends confirmed, or in front of people. */
export function returnPointsSaga(deps: MoveDurablyDeps & { reverseRepeatable: boolean }): Saga<ReturnPointsSagaInput> {
  return {
    name: "return-points",
    async run(saga, { orderId, movementId }) {
      const persistence = { isRepeatable: deps.reverseRepeatable, maxUnsent: Number.POSITIVE_INFINITY };
      await moveDurably(saga, deps, { id: movementId, orderId }, persistence);
    },
  };
}
