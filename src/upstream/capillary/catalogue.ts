import type { Caller, CallOptions } from "./caller.ts";
import { rewardsEnvelope } from "./envelope.ts";
import { asNumber } from "./identities.ts";
import {
  brandList,
  type CapillaryReward,
  type CustomerReward,
  customerRewardPage,
  oneCustomerReward,
  type RewardPage,
  rewardDefinition,
  rewardPage,
} from "./wire/reward.ts";

/** The API's maximum page size. */
const PAGE_SIZE = 100;

export interface Brand {
  id: string;
  name: string;
  isEnabled: boolean;
}

export interface Page<Row> {
  rows: Row[];
  /** The number of unreadable rows. If it is not zero, an absent reward cannot be taken for deleted. */
  unreadable: number;
  isLast: boolean;
}

export interface Catalogue {
  /** The brand of this name; null if the organisation has none. */
  brand(): Promise<Brand | null>;
  /**
   * A page of the whole catalogue, from 0. The first page that is not full is the last. For the mirror, at the lowest
   * priority.
   */
  cataloguePage(input: { brandId: string; page: number; size?: number }): Promise<Page<CapillaryReward>>;
  /** The full definition of a reward; null if it does not exist. For the mirror, at the lowest priority. */
  reward(input: { brandId: string; rewardId: string; isBackground?: boolean }): Promise<CapillaryReward | null>;
  /**
   * The rewards that a customer may see, with limits. They include rewards with a future start: compute the state from
   * the dates.
   */
  customerRewards(
    input: { customerId: string; page: number; size?: number } & CallOptions,
  ): Promise<Page<CustomerReward>>;
  /** A single reward as a customer sees it; null if the customer may not see it. */
  customerReward(input: { customerId: string; rewardId: string } & CallOptions): Promise<CustomerReward | null>;
}

export function makeCatalogue(caller: Caller, { orgId, brand }: { orgId: string; brand: string }): Catalogue {
  const brandName = encodeURIComponent(brand);
  return {
    async brand() {
      const { brandList: brands } = await caller.ask({
        operation: "brand-lookup",
        api: "rewards",
        method: "POST",
        path: "/brand/getAll",
        body: { orgIds: [asNumber(orgId)] },
        envelope: rewardsEnvelope,
        shape: brandList,
        isBackground: true,
      });
      const found = brands.find(({ name, orgId: owner }) => name === brand && (owner ?? orgId) === orgId);
      return found ? { id: found.id, name: found.name, isEnabled: found.isEnabled } : null;
    },

    async cataloguePage({ brandId, page, size = PAGE_SIZE }) {
      const answer = await caller.ask({
        operation: "catalogue-page",
        api: "rewards",
        method: "GET",
        path: `/reward/list/brand/${encodeURIComponent(brandId)}`,
        query: { page: String(page), size: String(size) },
        envelope: rewardsEnvelope,
        shape: rewardPage,
        isBackground: true,
      });
      return pageOf(answer, size);
    },

    reward({ brandId, rewardId, isBackground = false }) {
      return caller.ask({
        operation: "reward",
        api: "rewards",
        method: "GET",
        path: `/reward/${encodeURIComponent(rewardId)}/brand/${encodeURIComponent(brandId)}`,
        envelope: rewardsEnvelope,
        shape: rewardDefinition,
        isBackground,
      });
    },

    async customerRewards({ customerId, page, size = PAGE_SIZE, ...options }) {
      const answer = await caller.ask({
        operation: "customer-rewards",
        api: "rewards",
        method: "GET",
        path: `/user/reward/brand/${brandName}`,
        query: { userId: customerId, page: String(page), size: String(size) },
        envelope: rewardsEnvelope,
        shape: customerRewardPage,
        isKept: true,
        ...options,
      });
      return pageOf(answer, size);
    },

    customerReward({ customerId, rewardId, ...options }) {
      return caller.ask({
        operation: "customer-reward",
        api: "rewards",
        method: "GET",
        path: `/user/reward/${encodeURIComponent(rewardId)}/brand/${brandName}`,
        query: { userId: customerId },
        envelope: rewardsEnvelope,
        shape: oneCustomerReward,
        ...options,
      });
    },
  };
}

/** More rows than requested mean that the API ignored the paging parameters and returned the whole list. */
const pageOf = <Row>({ rewards, unreadable, length }: RewardPage<Row>, size: number): Page<Row> => ({
  rows: rewards,
  unreadable,
  isLast: length !== size,
});
