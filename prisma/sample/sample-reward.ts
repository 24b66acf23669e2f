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
  /** Merchandise only; without it, the stock is unlimited. */
  stock?: number;
  /** E-gift vouchers only: the number of codes in the pool at the start. */
  voucherCodes?: number;
  limitPerCustomer?: number;
  /** Redemptions so far; also the order in which the sample is shown. */
  popularity: number;
  /** Different for every reward, so that the order NEWEST is unambiguous. */
  listedDaysAgo: number;
}

/** A reward as defined in the sample files: the kind follows from the file, the image from the SKU. */
type Written = Omit<SampleReward, "kind" | "imageUrl">;

export type SampleVoucher = Omit<Written, "stock"> & { redemptionUrl: string; voucherCodes: number };
export type SampleMerchandise = Omit<Written, "redemptionUrl" | "voucherCodes">;
