import { refused } from "../failure.ts";
import { pointsCode, reverseCode } from "./codes.ts";
import { madeUp } from "./issue.ts";
import { exact, type Memory } from "./memory.ts";
import type { Customer, Redemption, Reversal } from "./records.ts";
import { returned } from "./revoke.ts";
import { checkSpendable, findGroup, type GroupKeys, walletFor } from "./wallets.ts";

/** A request to deduct points, from a group's wallet if the keys name one. */
export interface RedeemOrder {
  customer: Customer;
  groupKeys: GroupKeys;
  programId: number;
  points: number;
}

interface RedeemDetails {
  transactionNumber: string | null;
  /** The idempotency key. */
  externalReference: string | null;
  fingerprint: string;
  till: string | null;
  notes: string | null;
}

/** Points deducted and returned separately, without a reward. */
export interface Redemptions {
  /** Throws the refusal that this redemption would get now. */
  check(order: RedeemOrder): void;
  /** Deducts the points; a repeat with the same reference returns the earlier outcome. */
  redeem(order: RedeemOrder & RedeemDetails): Redemption;
  /** Returns so many points, or the whole remainder for null, to the wallet that paid. */
  reverse(order: {
    redemptionId: string | null;
    externalReference: string | null;
    customer: Customer | undefined;
    points: number | null;
  }): { redemption: Redemption; reversal: Reversal };
}

export function makeRedemptions(memory: Memory, clock: { now(): Date }): Redemptions {
  const now = () => clock.now().toISOString();

  function checked({ customer, groupKeys, programId, points }: RedeemOrder) {
    if (!(points > 0)) throw refused("points should be greater than 0", { code: pointsCode.badAmount });
    if (exact(points) !== points) throw refused("at most 3 decimals", { code: pointsCode.tooPrecise });
    const group = findGroup(memory, groupKeys);
    const wallet = walletFor(customer, group, programId);
    checkSpendable(memory, { customer, group, wallet, points });
    return wallet;
  }
  const byReference = (reference: string | null) =>
    reference === null
      ? undefined
      : [...memory.redemptions.values()].find((each) => each.externalReference === reference);

  return {
    check: checked,

    redeem: (order) => {
      const { customer, points, transactionNumber, externalReference, fingerprint, till, notes } = order;
      const earlier = byReference(externalReference);
      if (earlier && earlier.fingerprint !== fingerprint) {
        throw refused("request differs from the first under this reference", { code: pointsCode.payloadDiffers });
      }
      if (earlier) return earlier;
      const wallet = checked(order);
      const details = { transactionNumber, externalReference, fingerprint, till, notes };
      const redemption = { redemptionId: madeUp(6), userId: customer.userId, wallet, points, at: now(), ...details };
      const balanceAfter = exact(memory.balance(wallet).spendable - points);
      const movement = { wallet, points: -points, currency: "REGULAR", balanceAfter } as const;
      memory.post({ type: "redemption", redemption, movement });
      return redemption;
    },

    reverse: ({ redemptionId, externalReference, customer, points }) => {
      if (!memory.flags().Allow_points_redemption_reversal) {
        throw refused("points redemption reversal is not enabled", { code: reverseCode.reversalOff });
      }
      const redemption = redemptionId === null ? byReference(externalReference) : memory.redemptions.get(redemptionId);
      if (!redemption) throw refused("redemption not found", { code: reverseCode.redemptionUnknown });
      if (redemption.userId !== customer?.userId) {
        throw refused("redemption belongs to another customer", { code: reverseCode.otherCustomer });
      }
      const left = memory.unreversed(redemption);
      if (left === 0) throw refused("points are already reversed", { code: reverseCode.alreadyReversed });
      const wanted = points ?? left;
      if (!(wanted > 0) || wanted > left) {
        throw refused(`points to be reversed should be up to ${left}`, { code: reverseCode.tooMuch });
      }
      const reversal = { reversalId: madeUp(6), redemptionId: redemption.redemptionId, points: wanted, at: now() };
      memory.post({ type: "reversal", reversal, movement: returned(memory, redemption, wanted) });
      return { redemption, reversal };
    },
  };
}
