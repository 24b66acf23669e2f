import { randomInt } from "node:crypto";
import { Failure, invalid, refused } from "../failure.ts";
import { brand, redemptionProgramId } from "./brand.ts";
import { rewardsCode } from "./codes.ts";
import type { Limits } from "./limits.ts";
import { exact, type Memory } from "./memory.ts";
import { type Payment, type Price, priceOf } from "./price.ts";
import type { Customer, Given, Group, Issual, Movement, Redemption, Reward } from "./records.ts";
import { checkSpendable, findGroup, type GroupKeys, walletFor } from "./wallets.ts";

export interface IssueOrder {
  brand: string;
  customer: Customer;
  rewardId: number;
  /** Every part of the request that may identify a group. */
  groupKeys: readonly GroupKeys[];
  programId: number | null;
  payment: Payment;
  requestId: string | null;
  /** The whole request in canonical form: equal exactly for equal requests. */
  fingerprint: string;
  transactionNumber: string | null;
  till: string | null;
  notes: string | null;
}

/** Issues a reward and charges its points, atomically; throws the refusal, which is recorded as a failed attempt. */
export type Issue = (order: IssueOrder) => Issual;

export function makeIssue(memory: Memory, limits: Limits, clock: { now(): Date }): Issue {
  const stamp = () => ({ transactionId: memory.nextTransactionId(), at: clock.now().toISOString() });

  return (order) => {
    if (order.brand !== brand.name) throw refused("brand not found", { code: rewardsCode.brandUnknown });
    checkRequestId(memory, order);
    const reward = memory.rewards.get(order.rewardId);
    if (!reward) throw refused("reward not found", { code: rewardsCode.notAvailable });
    const attempt = {
      ...stamp(),
      userId: order.customer.userId,
      rewardId: reward.id,
      requestId: order.requestId,
      fingerprint: order.fingerprint,
      transactionNumber: order.transactionNumber,
      till: order.till,
      notes: order.notes,
    };
    try {
      checkAvailable(reward, order.customer, attempt.at);
      const price = priceOf(reward, order.payment);
      checkLimits(limits, reward, order.customer, price);
      const { group, redemption, movement } = paid(memory, order, attempt, price);
      const issual: Issual = {
        ...attempt,
        code: rewardsCode.issued,
        message: reward.gives.kind === "promotion" ? "Promotion issued successfully" : "Reward issued successfully",
        partner: null,
        state: "ISSUED",
        paymentConfigId: price.config?.id ?? null,
        isGroupRedemption: group !== undefined,
        redemption,
        given: taken(memory, reward),
      };
      memory.post({ type: "issual", issual, movement });
      return issual;
    } catch (error) {
      if (error instanceof Failure && error.kind === "refused") {
        memory.post({ type: "issual", issual: failed(attempt, order, error), movement: null });
      }
      throw error;
    }
  };
}

/** A key is consumed by its first attempt, whatever the outcome; across all customers. */
function checkRequestId(memory: Memory, { requestId, fingerprint }: IssueOrder): void {
  const earlier = requestId === null ? undefined : memory.issualByRequest(requestId);
  if (!earlier) return;
  if (earlier.fingerprint !== fingerprint) {
    throw refused("request differs from the one first sent with this requestId", { code: rewardsCode.payloadDiffers });
  }
  throw invalid("duplicate requestId", { code: rewardsCode.badRequest });
}

function checkAvailable(reward: Reward, customer: Customer, now: string): void {
  const { enabled, startsAt, endsAt, segment, cardSeries } = reward;
  if (!enabled || now < startsAt || now >= endsAt) {
    throw refused("reward is disabled, not started or expired", { code: rewardsCode.notAvailable });
  }
  if (segment !== null && !customer.segments.includes(segment)) {
    throw refused("customer is not in the segment of the reward", { code: rewardsCode.outsideSegment });
  }
  if (cardSeries !== null && !customer.cardSeries.includes(cardSeries)) {
    throw refused("customer has no active card of the linked series", { code: rewardsCode.noActiveCard });
  }
}

function checkLimits(limits: Limits, reward: Reward, customer: Customer, { points }: Price): void {
  const amount = { quantity: 1, points };
  if (limits.brokenBy(amount, reward, customer).length > 0 || limits.breaksBrand(amount, customer)) {
    throw refused("reward constraint limit  reached", { code: rewardsCode.limitReached });
  }
}

/** The charged points and their owner. A free reward charges nothing, but a named group must still be valid. */
function paid(
  memory: Memory,
  order: IssueOrder,
  { at }: Pick<Issual, "at">,
  { points }: Price,
): { group: Group | undefined; redemption: Redemption | null; movement: Movement | null } {
  const { customer, groupKeys, till, transactionNumber, notes, fingerprint } = order;
  try {
    const group = findGroup(memory, ...groupKeys);
    const wallet = walletFor(customer, group, order.programId ?? redemptionProgramId);
    if (points === 0) return { group, redemption: null, movement: null };
    checkSpendable(memory, { customer, group, wallet, points });
    const taken = { userId: customer.userId, wallet, points, at, till, transactionNumber, notes, fingerprint };
    return {
      group,
      redemption: { redemptionId: madeUp(6), externalReference: null, ...taken },
      movement: {
        wallet,
        points: -points,
        currency: "REGULAR",
        balanceAfter: exact(memory.balance(wallet).spendable - points),
      },
    };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw notRedeemable({ code: String(error.code), message: error.message });
  }
}

// The wording, with its double space, is that of the published answers.
const notRedeemable = (partner: { code: string; message: string }) =>
  refused("fail to issue reward as  points are not redeemable", { code: rewardsCode.notRedeemable, partner });

function taken(memory: Memory, { id, gives }: Reward): Given {
  switch (gives.kind) {
    case "coupon": {
      const issued = memory.issuals.filter(
        ({ given }) => given?.kind === "coupon" && given.seriesId === gives.seriesId,
      );
      if (gives.left !== null && issued.length >= gives.left) {
        const message = `fail to issue reward ${id} as coupon series ${gives.seriesId} is invalid or exhausted`;
        throw refused(message, { code: rewardsCode.notRedeemable });
      }
      const code = gives.codes[issued.length] ?? madeUp(6);
      return { kind: "coupon", seriesId: gives.seriesId, code, expiresAt: gives.expiresAt };
    }
    case "promotion":
      return { ...gives, earnedId: madeUp(24) };
    case "vendor":
      return { ...gives, voucher: madeUp(12) };
  }
}

function failed(
  attempt: Omit<
    Issual,
    "code" | "message" | "partner" | "state" | "paymentConfigId" | "isGroupRedemption" | "redemption" | "given"
  >,
  order: IssueOrder,
  { code, message, partner }: Failure,
): Issual {
  return {
    ...attempt,
    code: code ?? rewardsCode.notAvailable,
    message,
    partner: partner ?? null,
    state: "FAILED",
    paymentConfigId: order.payment.config?.id ?? null,
    isGroupRedemption: order.groupKeys.some((keys) => Object.values(keys).some(Boolean)),
    redemption: null,
    given: null,
  };
}

const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/** A new code of letters and digits that cannot be confused. */
export function madeUp(length: number): string {
  return Array.from({ length }, () => letters[randomInt(letters.length)]).join("");
}
