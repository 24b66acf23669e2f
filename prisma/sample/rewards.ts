import { merchandise } from "./merchandise.ts";
import type { SampleReward } from "./sample-reward.ts";
import { vouchers } from "./vouchers.ts";

export type { SampleReward } from "./sample-reward.ts";

const imageUrl = (sku: string): string => `/assets/rewards/${sku.toLowerCase()}.svg`;

/** The rewards of the catalogue on first start, most popular first. */
export const sampleRewards: readonly SampleReward[] = [
  ...vouchers.map((row): SampleReward => ({ ...row, kind: "E_GIFT_VOUCHER", imageUrl: imageUrl(row.sku) })),
  ...merchandise.map((row): SampleReward => ({ ...row, kind: "MERCHANDISE", imageUrl: imageUrl(row.sku) })),
].sort((a, b) => b.popularity - a.popularity);
