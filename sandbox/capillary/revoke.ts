import { refused } from "../failure.ts";
import { rewardsCode } from "./codes.ts";
import { madeUp } from "./issue.ts";
import { exact, type Memory } from "./memory.ts";
import type { Movement, Redemption } from "./records.ts";

/**
 * Revokes an issued reward and returns its remaining points to the paying wallet. For a group's wallet this is an
 * interpretation, because the documentation says nothing.
 * @returns the number of revoked rewards
 */
export type Revoke = (transactionId: number | null) => number;

export function makeRevoke(memory: Memory, clock: { now(): Date }): Revoke {
  return (transactionId) => {
    if (transactionId === null) throw refused("txnId is required", { code: rewardsCode.badRequest });
    if (!memory.flags().REVOKE_ENABLE) {
      throw refused("revoke is not enabled for the brand", { code: rewardsCode.revokeOff });
    }
    const issual = memory.issuals.find((each) => each.transactionId === transactionId);
    if (!issual) throw refused(`transaction ${transactionId} not found`, { code: rewardsCode.transactionUnknown });
    if (issual.state === "FAILED") {
      throw refused(`no rewards found for transaction ${transactionId}`, { code: rewardsCode.transactionEmpty });
    }
    if (issual.state !== "ISSUED") {
      throw refused("some rewards are not in ISSUED state", { code: rewardsCode.notIssued });
    }
    const { redemption } = issual;
    const points = redemption ? memory.unreversed(redemption) : 0;
    if (redemption && points > 0) {
      const reversal = {
        reversalId: madeUp(6),
        redemptionId: redemption.redemptionId,
        points,
        at: clock.now().toISOString(),
      };
      memory.post({ type: "revoke", transactionId, reversal, movement: returned(memory, redemption, points) });
    } else {
      memory.post({ type: "revoke", transactionId, reversal: null, movement: null });
    }
    return 1;
  };
}

/** The return of a redemption's points to the wallet that paid. */
export const returned = (memory: Memory, { wallet }: Redemption, points: number): Movement => ({
  wallet,
  points,
  currency: "REGULAR",
  balanceAfter: exact(memory.balance(wallet).spendable + points),
});
