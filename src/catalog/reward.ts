import type { RedeemabilityReason, RewardKind, RewardSource, RewardState } from "../domain/generated/words.ts";
import type { Reward as RewardRow } from "../platform/generated/prisma/client.ts";

/** Columns that only the mirror and the database's own triggers write. */
type MirrorColumn = "stockLowSince" | "upstreamImageUrl" | "seenAt" | "detailedAt" | "vanishedAt";
/** Read by `src/texts`, and by the search. */
type TextColumn = "texts" | "categoryWords";

/**
 * A reward that points can buy. Prices are whole points. `payableWith` lists the wallets that can pay for it; an own
 * reward (`BIGCITY`) excludes groups, because a group's points could not be returned.
 */
export interface Reward extends Omit<RewardRow, "points" | "number" | MirrorColumn | TextColumn> {
  points: number;
}

export function toReward({
  number: _,
  ...row
}: Omit<RewardRow, "number" | MirrorColumn | TextColumn> & { number?: bigint }): Reward {
  return { ...row, points: Number(row.points) };
}

/** The reason why no customer can redeem it now; null if it is on offer. */
export function notOnOffer(
  reward: Pick<Reward, "active" | "archivedAt" | "validFrom" | "validUntil">,
  now: Date,
): RedeemabilityReason | null {
  if (!reward.active || reward.archivedAt) return "INACTIVE";
  if (reward.validUntil && reward.validUntil <= now) return "ENDED";
  if (reward.validFrom && reward.validFrom > now) return "NOT_STARTED";
  return null;
}

/** The state of a reward: the first that applies. */
export function stateOf(
  reward: Pick<Reward, "active" | "archivedAt" | "validFrom" | "validUntil" | "stock">,
  now: Date,
): RewardState {
  if (reward.archivedAt) return "ARCHIVED";
  const reason = notOnOffer(reward, now);
  if (reason === "INACTIVE") return "DRAFT";
  if (reason === "ENDED") return "ENDED";
  if (reason === "NOT_STARTED") return "SCHEDULED";
  return reward.stock === 0 ? "SOLD_OUT" : "ON_OFFER";
}

/** Whether the own warehouse ships it, which requires an address. Capillary ships its own rewards. */
export const isShipped = (reward: { kind: RewardKind; source: RewardSource }) =>
  reward.source === "BIGCITY" && reward.kind === "MERCHANDISE";

/** Whether its units come from the own pool of voucher codes. */
export const isFromPool = (reward: { kind: RewardKind; source: RewardSource }) =>
  reward.source === "BIGCITY" && reward.kind === "E_GIFT_VOUCHER";
