import { isOrderable, isShipped, notOnOffer, type Reward } from "../catalog/reward.ts";
import type { CartProblemCode, RedeemabilityReason, WalletKind } from "../graphql/generated/resolvers.ts";
import { type Refusal, refusal } from "../refusal.ts";

export const MAX_QUANTITY = 100;
export const MAX_LINES = 50;

export interface Cart {
  id: string;
  customerId: string;
  version: number;
  lines: CartLine[];
}

export interface CartLine {
  id: string;
  reward: Reward;
  quantity: number;
  /** The price the customer last saw and accepted. */
  seenPoints: number;
  payWith: WalletKind;
  /** The group that pays, by Capillary's number; null where the customer does. */
  groupId: string | null;
}

/** What has to be known beside the cart to say whether it can be ordered. */
export interface CartFacts {
  /** What the customer's own wallet can spend; null while it cannot be read. */
  available: number | null;
  /** Units the customer has already redeemed, by reward; those without are 0. */
  alreadyRedeemed: ReadonlyMap<string, number>;
  now: Date;
  /** Undefined while it is not yet asked for. */
  hasAddress?: boolean;
}

export interface CartFunding {
  payWith: WalletKind;
  points: number;
  available: number | null;
  remaining: number | null;
  shortBy: number | null;
}

export interface CartProblem {
  code: CartProblemCode;
  line: CartLine | null;
  message: string;
  /** The same problem as the refusal that placing the order would give. */
  refusal: Refusal;
}

export interface CartAssessment {
  total: number;
  funding: CartFunding[];
  problems: CartProblem[];
}

export const linePoints = (line: CartLine) => line.reward.points * line.quantity;

/** Everything that a cart takes, and everything that stands in the way: the one judgement for display, dry run and order. */
export function assessCart(cart: Pick<Cart, "lines">, facts: CartFacts): CartAssessment {
  const total = cart.lines.reduce((sum, line) => sum + linePoints(line), 0);
  const wallets = new Set(cart.lines.map((line) => line.payWith));
  const funding = [...wallets].map((payWith) => fundingOf(payWith, cart.lines, facts));
  const problems = [
    ...cart.lines.flatMap((line) => lineProblems(line, cart.lines, facts)),
    ...funding.flatMap((wallet) => fundingProblems(wallet)),
  ];
  if (facts.hasAddress === false && cart.lines.some((line) => isShipped(line.reward))) {
    const message = "Merchandise needs a shipping address.";
    problems.push({
      code: "ADDRESS_REQUIRED",
      line: null,
      message,
      refusal: refusal("ADDRESS_REQUIRED", message, ["input", "shippingAddress"]),
    });
  }
  return { total, funding, problems };
}

function fundingOf(payWith: WalletKind, lines: readonly CartLine[], facts: CartFacts): CartFunding {
  const points = lines.filter((line) => line.payWith === payWith).reduce((sum, line) => sum + linePoints(line), 0);
  const available = payWith === "INDIVIDUAL" ? facts.available : null;
  const left = available === null ? null : available - points;
  return {
    payWith,
    points,
    available,
    remaining: left !== null && left >= 0 ? left : null,
    shortBy: left !== null && left < 0 ? -left : null,
  };
}

function fundingProblems({ payWith, points, available, shortBy }: CartFunding): CartProblem[] {
  if (available === null && points > 0 && payWith === "INDIVIDUAL") {
    const message = "Your points cannot be read right now. Try again in a moment.";
    return [{ code: "WALLET_UNAVAILABLE", line: null, message, refusal: refusal("UPSTREAM_UNAVAILABLE", message) }];
  }
  if (available === null || shortBy === null) return [];
  return [{ code: "INSUFFICIENT_POINTS", line: null, ...insufficientPoints(points, available) }];
}

export function insufficientPoints(required: number, available: number) {
  const shortBy = required - available;
  const message = `You are ${shortBy} points short.`;
  return {
    message,
    refusal: {
      __typename: "InsufficientPoints",
      code: "INSUFFICIENT_POINTS",
      message,
      required,
      available,
      shortBy,
    } as const,
  };
}

function lineProblems(line: CartLine, lines: readonly CartLine[], facts: CartFacts): CartProblem[] {
  const { reward, seenPoints } = line;
  // Lines of one reward on different wallets share its stock and its limit.
  const wanted = lines.filter((other) => other.reward.id === reward.id).reduce((sum, other) => sum + other.quantity, 0);
  const problems: CartProblem[] = [];
  const add = (code: CartProblemCode, found: Refusal) =>
    problems.push({ code, line, message: found.message, refusal: found });

  const off = offOffer(reward, facts.now);
  if (off) add("INACTIVE", off);
  const walletRefusal = unsupportedWallet(reward, line.payWith);
  if (walletRefusal && reward.payableWith.length > 0) add("WALLET_NOT_SUPPORTED", walletRefusal);
  const stockRefusal = soldOut(reward, wanted);
  if (stockRefusal) add("SOLD_OUT", stockRefusal);
  const limitRefusal = limitReached(reward, wanted, facts.alreadyRedeemed.get(reward.id) ?? 0);
  if (limitRefusal) add("LIMIT_REACHED", limitRefusal);
  if (reward.points !== seenPoints) {
    add(
      "PRICE_CHANGED",
      refusal(
        "PRICE_CHANGED",
        `The price of ${reward.name} changed from ${seenPoints} to ${reward.points} points. Accept it in the cart.`,
      ),
    );
  }
  return problems;
}

const offOfferMessages: Partial<Record<RedeemabilityReason, string>> = {
  INACTIVE: "is no longer on offer.",
  ENDED: "has ended.",
  NOT_STARTED: "is not on offer yet.",
  NOT_CONFIGURED: "cannot be ordered yet.",
};

export function offOffer(reward: Reward, now: Date): Refusal | null {
  const reason = notOnOffer(reward, now) ?? (isOrderable(reward) ? null : "NOT_CONFIGURED");
  if (!reason) return null;
  const message = `${reward.name} ${offOfferMessages[reason] ?? "cannot be redeemed."}`;
  return { __typename: "NotRedeemable", code: "NOT_REDEEMABLE", message, reason };
}

export function unsupportedWallet(reward: Reward, payWith: WalletKind): Refusal | null {
  if (reward.payableWith.includes(payWith)) return null;
  const whose = payWith === "GROUP" ? "a group's" : "your own";
  return refusal("WALLET_NOT_SUPPORTED", `${reward.name} cannot be paid with ${whose} points.`, ["input", "payWith"]);
}

export function soldOut(reward: Reward, wanted: number): Refusal | null {
  if (reward.stock === null || wanted <= reward.stock) return null;
  const message = reward.stock === 0 ? `${reward.name} is sold out.` : `Only ${reward.stock} of ${reward.name} left.`;
  return { __typename: "SoldOut", code: "SOLD_OUT", message, available: reward.stock };
}

export function limitReached(reward: Reward, wanted: number, alreadyRedeemed: number): Refusal | null {
  const limit = reward.limitPerCustomer;
  if (limit === null || wanted + alreadyRedeemed <= limit) return null;
  const message = `${reward.name} is limited to ${limit} a customer${alreadyRedeemed > 0 ? `, and you have had ${alreadyRedeemed}` : ""}.`;
  return { __typename: "LimitReached", code: "LIMIT_REACHED", message, limit, alreadyRedeemed };
}
