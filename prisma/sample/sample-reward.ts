export interface SampleReward {
  sku: string;
  name: string;
  description: string;
  kind: "E_GIFT_VOUCHER" | "MERCHANDISE";
  points: number;
  brand: string;
  category: string;
  imageUrl: string;
  terms: string;
  howToUse: string;
  redemptionUrl?: string;
  /** RFC 3339, UTC. */
  validFrom?: string;
  /** RFC 3339, UTC. */
  validUntil?: string;
  /** Merchandise only; absent is unlimited. */
  stock?: number;
  /** E-gift vouchers only: how many codes the pool starts with. */
  voucherCodes?: number;
  limitPerCustomer?: number;
  /** Redemptions so far; also the order in which the sample is shown. */
  popularity: number;
  /** Different for every reward, so that NEWEST has one answer. */
  listedDaysAgo: number;
}

/** As written down: kind and image follow from the list a reward is in and from its sku. */
type Written = Omit<SampleReward, "kind" | "imageUrl">;

export type SampleVoucher = Omit<Written, "stock"> & { redemptionUrl: string; voucherCodes: number };
export type SampleMerchandise = Omit<Written, "redemptionUrl" | "voucherCodes">;
