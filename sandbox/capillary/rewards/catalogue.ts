import { invalid, refused } from "../../failure.ts";
import { type Operation, operation } from "../../operation.ts";
import { brand } from "../brand.ts";
import { rewardsCode } from "../codes.ts";
import type { CapillaryChecks } from "../credentials.ts";
import type { Memory } from "../memory.ts";
import type { Customer, Reward } from "../records.ts";
import {
  brandListQuery,
  brandOnly,
  brandRewardQuery,
  brandsRequest,
  fits,
  fitsMirror,
  isFor,
  mirrorQuery,
  sorted,
  userListQuery,
  userRewardQuery,
} from "./catalogue-queries.ts";
import { rewardsRoot, yes } from "./envelope.ts";
import { paged } from "./paging.ts";
import { type Rows, statusOf } from "./rows.ts";

/** Brands and rewards, from a customer's or the brand's point of view. */
export function catalogueOperations(deps: {
  memory: Memory;
  rows: Rows;
  checks: CapillaryChecks;
  clock: { now(): Date };
}): Operation[] {
  const { memory, rows, checks, clock } = deps;
  const authenticate = checks.basicOrOAuth;
  const now = () => clock.now().toISOString();
  const all = () => [...memory.rewards.values()];

  return [
    operation({
      name: "getAll",
      method: "POST",
      path: `${rewardsRoot}/brand/getAll`,
      authenticate,
      input: brandsRequest,
      effect: ({ orgIds }) => {
        if (!orgIds.includes(brand.orgId)) throw refused("brand not found", { code: rewardsCode.brandUnknown });
        const row = { id: brand.id, brand: brand.name, enabled: true, orgId: brand.orgId };
        return { ...yes("Brands fetched successfully", rewardsCode.brands), brandList: [row] };
      },
    }),

    operation({
      name: "user-rewards",
      method: "GET",
      path: `${rewardsRoot}/user/reward/brand/:brandName`,
      authenticate,
      input: userListQuery,
      effect: (query) => {
        checkBrandName(query.brandName);
        const customer = customerOf(memory, query.userId);
        const found = sorted(all().filter(fits(query, customer, now())), query.sortBy, query.orderBy);
        const showsAll = query.page === null || (query.page === 0 && memory.flags().pageZero === "everything");
        const size = showsAll ? Math.max(found.length, 1) : (query.size ?? 10);
        const { rows: shown, pagingDto } = paged(found, query.page ?? 0, size);
        return {
          ...yes("Rewards fetched successfully", rewardsCode.catalogue),
          rewardList: shown.map((reward) => rows.user(reward, customer)),
          pagingDto,
          ...(customer && { orgLevelRestrictions: rows.brandRestrictions(customer) }),
        };
      },
    }),

    operation({
      name: "user-reward",
      method: "GET",
      path: `${rewardsRoot}/user/reward/:rewardId/brand/:brandName`,
      authenticate,
      input: userRewardQuery,
      effect: ({ rewardId, brandName, userId }) => {
        checkBrandName(brandName);
        const customer = customerOf(memory, userId);
        const reward = rewardOf(memory, rewardId);
        if (customer && !isFor(reward, customer)) {
          throw refused("customer is not in the segment of the reward", { code: rewardsCode.outsideSegment });
        }
        const brandLimits = customer && { orgLevelRestrictions: rows.brandRestrictions(customer) };
        return { ...yes("Reward fetched successfully"), reward: { ...rows.user(reward, customer), ...brandLimits } };
      },
    }),

    operation({
      name: "reward-list",
      method: "GET",
      path: `${rewardsRoot}/reward/list/brand/:brandId`,
      authenticate,
      input: mirrorQuery,
      effect: (query) => {
        checkBrandId(query.brandId);
        if ((query.startDate === null) !== (query.endDate === null)) {
          throw invalid("startDate and endDate: give both or neither");
        }
        const { rows: shown, pagingDto } = paged(
          all().filter(fitsMirror(query, now())),
          query.page ?? 0,
          query.size ?? 100,
        );
        return {
          ...yes("Rewards fetched successfully", rewardsCode.catalogue),
          rewardList: shown.map(rows.brand),
          pagingDto,
        };
      },
    }),

    operation({
      name: "brand-rewards",
      method: "GET",
      path: `${rewardsRoot}/reward/brand/:brandId`,
      authenticate,
      input: brandListQuery,
      effect: ({ brandId, userId, includeExpired, page, size }) => {
        checkBrandId(brandId);
        const customer = customerOf(memory, userId);
        const found = all().filter(
          (each) => (includeExpired || statusOf(each, now()) !== "ENDED") && (!customer || isFor(each, customer)),
        );
        const { rows: shown, pagingDto } = paged(found, page ?? 0, Math.min(size ?? 100, 100));
        return {
          ...yes("Rewards fetched successfully", rewardsCode.catalogue),
          rewardList: shown.map(rows.brand),
          pagingDto,
        };
      },
    }),

    operation({
      name: "brand-reward",
      method: "GET",
      path: `${rewardsRoot}/reward/:rewardId/brand/:brandId`,
      authenticate,
      input: brandRewardQuery,
      effect: ({ rewardId, brandId }) => {
        checkBrandId(brandId);
        return { ...yes("Reward fetched successfully"), reward: rows.definition(rewardOf(memory, rewardId)) };
      },
    }),

    operation({
      name: "categories",
      method: "GET",
      path: `${rewardsRoot}/metadata/categories/brand/:brandId`,
      authenticate,
      input: brandOnly,
      effect: ({ brandId }) => {
        checkBrandId(brandId);
        const names = [...new Set(all().flatMap(({ categories }) => categories))];
        const categoryList = names.map((name, index) => ({ id: index + 1, name, enabled: true }));
        return { ...yes("Categories fetched successfully"), categoryList };
      },
    }),
  ];
}

export function checkBrandName(name: string): void {
  if (name !== brand.name) throw refused("brand not found", { code: rewardsCode.brandUnknown });
}

function checkBrandId(id: number): void {
  if (id !== brand.id) throw refused("brand not found", { code: rewardsCode.brandUnknown });
}

/** The customer of a query by user id; undefined if the query names none. */
function customerOf(memory: Memory, userId: string | null): Customer | undefined {
  if (userId === null) return undefined;
  const customer = memory.customer({ userId });
  if (!customer) throw refused("customer not found", { code: rewardsCode.customerUnknown });
  return customer;
}

function rewardOf(memory: Memory, rewardId: number): Reward {
  const reward = memory.rewards.get(rewardId);
  if (!reward) throw refused("reward not found", { code: rewardsCode.notAvailable });
  return reward;
}
