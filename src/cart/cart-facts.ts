import {
  type AskCapillary,
  type CustomerView,
  type IndividualLedger,
  isPaidThere,
  type Reward,
} from "../catalog/index.ts";
import { type GroupStanding, isSpendable } from "../group/index.ts";
import type { Redeemable } from "../upstream/capillary/points.ts";
import { UpstreamError } from "../upstream/upstream-error.ts";
import { type CartLine, linePoints } from "./cart.ts";

/** What Capillary says of a cart; null in each place where it could not be asked. */
export interface CapillaryFacts {
  /** By reward; those of others are not among them. */
  views: ReadonlyMap<string, CustomerView | null>;
  /** By group that is to pay. */
  groups: ReadonlyMap<string, GroupStanding | null>;
  /** By wallet, null being the customer's own: whether it would take what the cart takes. Only where that is worth asking. */
  spending: ReadonlyMap<string | null, Redeemable | null>;
}

/** What has to be known beside the cart to say whether it can be ordered. */
export interface CartFacts {
  /** What the customer's own wallet can spend; null while it cannot be read. */
  available: number | null;
  /** What open orders are about to take from groups; those without are 0. */
  heldByGroup: ReadonlyMap<string, number>;
  capillary: CapillaryFacts;
  /** Where the customer's own points are. */
  ledger: IndividualLedger;
  /** Units the customer has already redeemed, by reward; those without are 0. */
  alreadyRedeemed: ReadonlyMap<string, number>;
  now: Date;
  /** Undefined while it is not yet asked for. */
  hasAddress?: boolean;
}

export const nothingAsked: CapillaryFacts = { views: new Map(), groups: new Map(), spending: new Map() };

export const concernsCapillary = (lines: readonly CartLine[]): boolean =>
  lines.some(({ reward, groupId }) => reward.source === "CAPILLARY" || groupId !== null);

/** Everything about these lines that only Capillary knows, all at once. A wallet is asked about where it seems to have enough. */
export async function askCapillary(
  lines: readonly CartLine[],
  ask: AskCapillary,
  ledger: IndividualLedger,
): Promise<CapillaryFacts> {
  const rewards = new Map<string, Reward>();
  const amounts = new Map<string | null, number>();
  for (const line of lines) {
    if (line.reward.source === "CAPILLARY") rewards.set(line.reward.id, line.reward);
    if (isPaidThere(line, ledger)) amounts.set(line.groupId, (amounts.get(line.groupId) ?? 0) + linePoints(line));
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
