import {
  hiddenReason,
  isChargedByCapillary,
  limitBroken,
  notOnOffer,
  notRedeemable,
  type Reward,
} from "../catalog/index.ts";
import type { CartProblemCode, RedeemabilityReason, WalletKind } from "../domain/generated/words.ts";
import { type Refusal, refusal } from "../domain/refusal.ts";
import { type CartLine, type CartProblem, pointsOf } from "./cart.ts";
import type { CartFacts } from "./cart-facts.ts";

const codes: Partial<Record<RedeemabilityReason, CartProblemCode>> = {
  INACTIVE: "INACTIVE",
  ENDED: "INACTIVE",
  NOT_STARTED: "INACTIVE",
  SOLD_OUT: "SOLD_OUT",
  LIMIT_REACHED: "LIMIT_REACHED",
  NOT_CONFIGURED: "NOT_CONFIGURED",
  INSUFFICIENT_POINTS: "INSUFFICIENT_POINTS",
};

/** Converts the refusal of a reward to a problem of the cart. */
export function problemOf(found: Refusal & { __typename: "NotRedeemable" }, line: CartLine | null): CartProblem {
  return { code: codes[found.reason] ?? "NOT_ELIGIBLE", line, message: found.message, refusal: found };
}

/** All problems of one line, except wallets with insufficient points. */
export function lineProblems(line: CartLine, lines: readonly CartLine[], facts: CartFacts): CartProblem[] {
  const { reward, seenPoints } = line;
  // Lines of the same reward with different wallets share its stock and its limit.
  const ofReward = lines.filter((other) => other.reward.id === reward.id);
  const wanted = ofReward.reduce((sum, other) => sum + other.quantity, 0);
  const problems: CartProblem[] = [];
  const add = (code: CartProblemCode, found: Refusal) =>
    problems.push({ code, line, message: found.message, refusal: found });

  const off = offOffer(reward, facts.now);
  if (off) problems.push(problemOf(off, line));
  const walletRefusal = unsupportedWallet(reward, line.payWith);
  if (walletRefusal && reward.payableWith.length > 0) add("WALLET_NOT_SUPPORTED", walletRefusal);
  const stockRefusal = soldOut(reward, wanted);
  if (stockRefusal) add("SOLD_OUT", stockRefusal);
  const limitRefusal = limitReached(reward, wanted, facts.alreadyRedeemed.get(reward.id) ?? 0);
  if (limitRefusal) add("LIMIT_REACHED", limitRefusal);
  if (reward.source === "CAPILLARY") problems.push(...capillaryProblems(line, ofReward, facts));
  const group = groupProblem(line, facts);
  if (group) problems.push(problemOf(group, line));
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

/** Capillary's reasons why this customer cannot redeem the reward. */
function capillaryProblems(line: CartLine, ofReward: readonly CartLine[], facts: CartFacts): CartProblem[] {
  const { name, id } = line.reward;
  const view = facts.capillary.views.get(id) ?? null;
  if (view === null) {
    const message = `Whether ${name} can be had cannot be asked right now. Try again in a moment.`;
    return [{ code: "UPSTREAM_UNAVAILABLE", line, message, refusal: refusal("UPSTREAM_UNAVAILABLE", message) }];
  }
  const hidden = hiddenReason(view, notOnOffer(line.reward, facts.now) === null);
  if (hidden) {
    const { reason, upstreamCode } = hidden;
    return [problemOf(notRedeemable(reason, `${name} is not for you at the moment.`, upstreamCode), line)];
  }
  const units = ofReward.reduce((sum, { quantity }) => sum + quantity, 0);
  const points = pointsOf(ofReward.filter((each) => isChargedByCapillary(each, facts.ledger)));
  const broken = limitBroken(view, { units, points });
  if (!broken) return [];
  const { limit, consumed: alreadyRedeemed } = broken;
  if (limit === null || alreadyRedeemed === null)
    return [problemOf(notRedeemable("LIMIT_REACHED", `You have had as much of ${name} as you may for now.`), line)];
  const left = limit - alreadyRedeemed;
  const message =
    left > 0 ? `Only ${left} more of ${name} can be had for now.` : `${name} cannot be had again for now.`;
  const found = { __typename: "LimitReached", code: "LIMIT_REACHED", message, limit, alreadyRedeemed } as const;
  return [{ code: "LIMIT_REACHED", line, message, refusal: found }];
}

/** The reason why the group cannot pay; null also while the group cannot be read. */
function groupProblem({ groupId }: CartLine, { capillary }: CartFacts) {
  const standing = groupId === null ? null : capillary.groups.get(groupId);
  if (!standing) return null;
  if (!standing.isMember) {
    return notRedeemable("NOT_A_GROUP_MEMBER", "You are no longer in the group that is to pay for this.");
  }
  if (standing.status === "DELETED") return notRedeemable("GROUP_NOT_FOUND", `${standing.name} has ended.`);
  if (standing.status === "ACTIVE") return null;
  return notRedeemable("GROUP_INACTIVE", `${standing.name} is not active, so its points cannot be spent now.`);
}

const offOfferMessages: Partial<Record<RedeemabilityReason, string>> = {
  INACTIVE: "is no longer on offer.",
  ENDED: "has ended.",
  NOT_STARTED: "is not on offer yet.",
  NOT_CONFIGURED: "cannot be had for points.",
};

function offOffer(reward: Reward, now: Date) {
  const reason = notOnOffer(reward, now) ?? (reward.payableWith.length === 0 ? "NOT_CONFIGURED" : null);
  return reason && notRedeemable(reason, `${reward.name} ${offOfferMessages[reason] ?? "cannot be redeemed."}`);
}

export function unsupportedWallet(reward: Reward, payWith: WalletKind): Refusal | null {
  if (reward.payableWith.includes(payWith)) return null;
  const owner = payWith === "GROUP" ? "a group's" : "your own";
  return refusal("WALLET_NOT_SUPPORTED", `${reward.name} cannot be paid with ${owner} points.`, ["input", "payWith"]);
}

function soldOut(reward: Reward, wanted: number): Refusal | null {
  if (reward.stock === null || wanted <= reward.stock) return null;
  const message = reward.stock === 0 ? `${reward.name} is sold out.` : `Only ${reward.stock} of ${reward.name} left.`;
  const { stock } = reward;
  return { __typename: "SoldOut", code: "SOLD_OUT", message, available: stock, availableQuantity: stock };
}

function limitReached(
  { name, limitPerCustomer: limit }: Reward,
  wanted: number,
  alreadyRedeemed: number,
): Refusal | null {
  if (limit === null || wanted + alreadyRedeemed <= limit) return null;
  const message = `${name} is limited to ${limit} a customer${alreadyRedeemed > 0 ? `, and you have had ${alreadyRedeemed}` : ""}.`;
  return { __typename: "LimitReached", code: "LIMIT_REACHED", message, limit, alreadyRedeemed };
}
