import type { WalletKind } from "../domain/generated/words.ts";
import type { Context } from "../graphql/context.ts";
import { groupIdOf } from "../graphql/global-id.ts";
import { availableOf, type GroupLoaders, type GroupStanding, isSpendable } from "../group/index.ts";
import type { Clock } from "../platform/clock.ts";
import { availableIn, type WalletLoaders } from "../wallet/index.ts";
import { type CapillaryLoaders, queryThroughLoaders } from "./capillary.loaders.ts";
import { isChargedByCapillary } from "./capillary-queries.ts";
import { redeemabilityReasonOf } from "./capillary-refusal.ts";
import type { OrderedLoaders } from "./catalog.loaders.ts";
import { applyCustomerView } from "./customer-view.ts";
import type { IndividualLedger } from "./mirror/mirrored-reward.ts";
import { evaluateRedeemability, type RedeemabilityVerdict } from "./redeemability.ts";
import type { Reward } from "./reward.ts";

/** The loaders that supply the facts. */
export type PurchaseLoaders = CapillaryLoaders & GroupLoaders & WalletLoaders & OrderedLoaders;

/** The paying wallet; the customer's own by default. */
export interface WalletChoice {
  payWith?: WalletKind;
  /** The global id of a group's wallet. */
  groupWalletId?: string | null | undefined;
}

/**
 * Whether the viewer could redeem one unit now, from that wallet or the customer's own.
 * @throws UpstreamError if a required upstream fails
 */
export type ReadRedeemability = (
  reward: Reward,
  wallet: WalletChoice | null | undefined,
  context: Context<PurchaseLoaders>,
) => Promise<RedeemabilityVerdict>;

export function makeReadRedeemability({
  ledger,
  clock,
}: {
  ledger: IndividualLedger;
  clock: Clock;
}): ReadRedeemability {
  return async (reward, wallet, { viewer, loaders }) => {
    if (viewer.kind !== "customer") return evaluateRedeemability(reward, null, clock.now());
    const { customerId } = viewer;
    const payWith = wallet?.payWith ?? "INDIVIDUAL";
    const isCapillary = reward.source === "CAPILLARY";
    const ask = queryThroughLoaders(loaders, customerId);
    const groupId = payWith === "GROUP" ? (groupIdOf(wallet?.groupWalletId) ?? "") : null;
    const needsGroup = groupId !== null && groupId !== "" && isCapillary;

    const [view, group, own, held, alreadyRedeemed] = await Promise.all([
      isCapillary ? ask.view(reward) : null,
      needsGroup ? ask.group(groupId) : null,
      groupId === null ? loaders.wallet.load(customerId).then(availableIn) : null,
      needsGroup ? loaders.heldGroupPoints.load(groupId) : 0,
      loaders.redeemedUnits.load(reward.id),
    ]);
    const available = group?.isMember ? availableOf(group, held) : own;
    const chargedByCapillary = isChargedByCapillary({ reward, groupId }, ledger);
    const facts = { payWith, available, group, alreadyRedeemed, view, isChargedByCapillary: chargedByCapillary };
    const verdict = evaluateRedeemability(reward, facts, clock.now());
    const { points } = applyCustomerView(reward, view);
    if (!verdict.redeemable || !chargedByCapillary || points === 0) return verdict;

    const answer = await ask.isRedeemable({ groupId, points });
    if (answer.isRedeemable) return verdict;
    return { redeemable: false, shortBy: null, reasons: [redeemabilityReasonOf(answer.reason)] };
  };
}

/** The points that a wallet can spend; zero for a group that cannot pay or lacks the customer as a member. */
export async function spendableFrom(
  { payWith, groupWalletId }: WalletChoice,
  customerId: string,
  { loaders }: Context<PurchaseLoaders>,
): Promise<number> {
  if (payWith !== "GROUP") return availableIn(await loaders.wallet.load(customerId));
  const groupId = groupIdOf(groupWalletId);
  if (groupId === null) return -1;
  const held = await loaders.heldGroupPoints.load(groupId);
  const group: GroupStanding = await queryThroughLoaders(loaders, customerId).group(groupId);
  return isSpendable(group) ? availableOf(group, held) : -1;
}
