import type { Saga } from "../../platform/saga/saga.ts";
import type { GiveRewards } from "../give-rewards.ts";
import { type IssueDurablyDeps, issueDurably } from "./issue-durably.ts";
import { type MoveDurablyDeps, moveDurably } from "./move-points-durably.ts";

export interface PlaceOrderSagaInput {
  orderId: string;
  /** The deduction; null when the order costs nothing. */
  movementId: string | null;
}

export interface PlaceOrderSagaDeps extends MoveDurablyDeps, IssueDurablyDeps {
  giveRewards: GiveRewards;
  giveUpUnsent(input: { orderId: string; movementId: string }): Promise<void>;
  redeemRepeatable: boolean;
}

/** Some 6 seconds: a customer waits, and nothing has been taken. */
const MAX_UNSENT_DEDUCTIONS = 5;

/**
 * What follows on an order that has been created: take the Client's points, give our own rewards, then have Capillary give
 * its own, one by one, which takes the points it keeps. Whatever cannot be given is
 * settled with the intent to pay it back in the same transaction, and paid back by a saga of its own.
 */
export function placeOrderSaga(deps: PlaceOrderSagaDeps): Saga<PlaceOrderSagaInput> {
  return {
    name: "place-order",
    async run(saga, { orderId, movementId }) {
      if (movementId !== null) {
        const movement = { id: movementId, orderId };
        const persistence = { isRepeatable: deps.redeemRepeatable, maxUnsent: MAX_UNSENT_DEDUCTIONS };
        const outcome = await moveDurably(saga, deps, movement, persistence);
        if (outcome === "unsent") await saga.step("give-up", () => deps.giveUpUnsent({ orderId, movementId }));
        if (outcome !== "confirmed") return;
      }
      const toIssue = await saga.step("give-rewards", () => deps.giveRewards(orderId));
      for (const unitId of toIssue) await issueDurably(saga, deps, { orderId, unitId });
    },
  };
}
