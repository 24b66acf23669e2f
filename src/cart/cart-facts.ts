import {
  type CapillaryQueries,
  type CustomerView,
  type IndividualLedger,
  isChargedByCapillary,
  type Reward,
} from "../catalog/index.ts";
import { type GroupStanding, isSpendable } from "../group/index.ts";
import type { Redeemable } from "../upstream/capillary/points.ts";
import { UpstreamError } from "../upstream/upstream-error.ts";
import { type CartLine, linePoints } from "./cart.ts";

/** Capillary's facts about a cart; null for each fact that could not be read. */
export interface CapillaryFacts {
  /** By reward, for Capillary's rewards only. */
  views: ReadonlyMap<string, CustomerView | null>;
  /** By paying group. */
  groups: ReadonlyMap<string, GroupStanding | null>;
  /**
   * By wallet (null is the customer's own): whether Capillary would charge the cart's points. Only for wallets with a
   * sufficient balance.
   */
  spending: ReadonlyMap<string | null, Redeemable | null>;
}

/** The facts, besides the cart, that decide whether it can be ordered. */
export interface CartFacts {
  /** The points that the customer's own wallet can spend; null while it cannot be read. */
  available: number | null;
  /** Points of groups that open orders are about to take. Absent groups count as 0. */
  heldByGroup: ReadonlyMap<string, number>;
  capillary: CapillaryFacts;
  /** The ledger of the customer's own points. */
  ledger: IndividualLedger;
  /** Units that the customer has redeemed already, by reward. Absent rewards count as 0. */
  alreadyRedeemed: ReadonlyMap<string, number>;
  now: Date;
  /** Undefined before the checkout asks for an address. */
  hasAddress?: boolean;
}

export const noCapillaryFacts: CapillaryFacts = { views: new Map(), groups: new Map(), spending: new Map() };

export const concernsCapillary = (lines: readonly CartLine[]): boolean =>
  lines.some(({ reward, groupId }) => reward.source === "CAPILLARY" || groupId !== null);

/**
 * Reads all Capillary facts about these lines in parallel. A wallet is checked only if its balance seems sufficient.
 */
export async function queryCapillary(
  lines: readonly CartLine[],
  ask: CapillaryQueries,
  ledger: IndividualLedger,
): Promise<CapillaryFacts> {
  const rewards = new Map<string, Reward>();
  const amounts = new Map<string | null, number>();
  for (const line of lines) {
    if (line.reward.source === "CAPILLARY") rewards.set(line.reward.id, line.reward);
    if (isChargedByCapillary(line, ledger))
      amounts.set(line.groupId, (amounts.get(line.groupId) ?? 0) + linePoints(line));
  }
  const groups = new Map<string, GroupStanding | null>();
  const spending = new Map<string | null, Redeemable | null>();

  async function wallet(groupId: string | null, points: number): Promise<void> {
    if (groupId !== null) {
      const standing = await orNull(ask.group(groupId));
      groups.set(groupId, standing);
      if (!isSpendable(standing) || standing.balance < points) return;
    }
    if (points > 0) spending.set(groupId, await orNull(ask.isRedeemable({ groupId, points })));
  }
  const [views] = await Promise.all([
    Promise.all([...rewards].map(async ([id, reward]) => [id, await orNull(ask.view(reward))] as const)),
    Promise.all([...amounts].map(([groupId, points]) => wallet(groupId, points))),
  ]);
  return { views: new Map(views), groups, spending };
}

export async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof UpstreamError) return null;
    throw error;
  }
}
