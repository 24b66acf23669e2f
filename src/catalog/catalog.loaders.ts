import DataLoader from "dataloader";
import type { RewardStore } from "./reward.store.ts";
import type { Reward } from "./reward.ts";

export interface CatalogLoaders {
  reward: DataLoader<string, Reward | null>;
  rewardBySku: DataLoader<string, Reward | null>;
}

/** Points and units already taken by orders; `order/` loads them. */
export interface OrderedLoaders {
  /** By reward: the number of units that the viewer has redeemed or ordered. */
  redeemedUnits: DataLoader<string, number>;
  /** By group: the points that open orders are about to charge. */
  heldGroupPoints: DataLoader<string, number>;
}

export function catalogLoaders(rewards: RewardStore, options: { cache: boolean }): CatalogLoaders {
  return {
    reward: new DataLoader<string, Reward | null>(async (ids) => {
      const found = new Map((await rewards.byIds(ids)).map((reward) => [reward.id, reward]));
      return ids.map((id) => found.get(id) ?? null);
    }, options),

    rewardBySku: new DataLoader<string, Reward | null>(async (skus) => {
      const found = new Map((await rewards.bySkus(skus)).map((reward) => [reward.sku, reward]));
      return skus.map((sku) => found.get(sku) ?? null);
    }, options),
  };
}
