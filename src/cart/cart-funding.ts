import { notRedeemable, redeemabilityReasonOf } from "../catalog/index.ts";
import type { WalletKind } from "../domain/generated/words.ts";
import { refusal } from "../domain/refusal.ts";
import { availableOf, isSpendable } from "../group/index.ts";
import { type CartLine, type CartProblem, isSameWallet, pointsOf } from "./cart.ts";
import type { CartFacts } from "./cart-facts.ts";
import { problemOf } from "./line-problems.ts";

/** A wallet that pays for lines of a cart. */
export interface CartFunding {
  payWith: WalletKind;
  groupId: string | null;
  points: number;
  available: number | null;
  remaining: number | null;
  shortBy: number | null;
}

type WalletOf = Pick<CartLine, "payWith" | "groupId">;

/** The distinct wallets, in the order of the lines. */
export function walletsOf(lines: readonly CartLine[]): WalletOf[] {
  const wallets: WalletOf[] = [];
  for (const { payWith, groupId } of lines) {
    if (!wallets.some((wallet) => isSameWallet(wallet, { payWith, groupId }))) wallets.push({ payWith, groupId });
  }
  return wallets;
}

export function fundingOf(wallet: WalletOf, lines: readonly CartLine[], facts: CartFacts): CartFunding {
  const points = pointsOf(lines.filter((line) => isSameWallet(line, wallet)));
  const available = wallet.groupId === null ? facts.available : availableTo(wallet.groupId, facts);
  const left = available === null ? null : available - points;
  return {
    payWith: wallet.payWith,
    groupId: wallet.groupId,
    points,
    available,
    remaining: left !== null && left >= 0 ? left : null,
    shortBy: left !== null && left < 0 ? -left : null,
  };
}

function availableTo(groupId: string, { capillary, heldByGroup }: CartFacts): number | null {
  const standing = capillary.groups.get(groupId);
  return standing?.isMember ? availableOf(standing, heldByGroup.get(groupId) ?? 0) : null;
}

/** The problems of a wallet itself. A problem with the group is a problem of its lines. */
export function fundingProblems(funding: CartFunding, { capillary }: CartFacts): CartProblem[] {
  const { groupId, points, available, shortBy } = funding;
  const standing = groupId === null ? undefined : (capillary.groups.get(groupId) ?? null);
  if (standing !== undefined && standing !== null && !isSpendable(standing)) return [];
  const walletName = standing ? standing.name : null;
  if (points > 0 && available === null) return [unavailable(standing === undefined ? "Your" : "Your group's")];
  if (available !== null && shortBy !== null) {
    return [{ code: "INSUFFICIENT_POINTS", line: null, ...insufficientPoints(points, available, walletName) }];
  }

  const verdict = capillary.spending.get(groupId);
  if (verdict === undefined || verdict?.isRedeemable) return [];
  if (verdict === null) return [unavailable(walletName === null ? "Your" : `${walletName}'s`)];
  const reason = redeemabilityReasonOf(verdict.reason);
  const message = `${walletName === null ? "Your" : `${walletName}'s`} points cannot be spent on this now.`;
  return [problemOf(notRedeemable(reason, message, verdict.code), null)];
}

function unavailable(walletName: string): CartProblem {
  const message = `${walletName} points cannot be read right now. Try again in a moment.`;
  return { code: "WALLET_UNAVAILABLE", line: null, message, refusal: refusal("UPSTREAM_UNAVAILABLE", message) };
}

/** @param walletName the group with insufficient points; null for the customer */
export function insufficientPoints(required: number, available: number, walletName: string | null = null) {
  const shortBy = required - available;
  const message = `${walletName === null ? "You are" : `${walletName} is`} ${shortBy} points short.`;
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
