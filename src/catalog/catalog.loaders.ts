import DataLoader from "dataloader";
import type { RewardStore } from "./reward.store.ts";
import type { Reward } from "./reward.ts";

export function catalogLoaders(rewards: RewardStore, options: { cache: boolean }) {
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
