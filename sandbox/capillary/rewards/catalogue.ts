import { z } from "zod";
import { invalid, refused } from "../../failure.ts";
import { type Operation, operation } from "../../operation.ts";
import { brand } from "../brand.ts";
import { rewardsCode } from "../codes.ts";
import type { CapillaryChecks } from "../credentials.ts";
import type { Memory } from "../memory.ts";
import type { Customer, Reward } from "../records.ts";
import { flag, list, looseNumber, looseText, maybeFlag, pathId } from "../wire.ts";
import { rewardsRoot, yes } from "./envelope.ts";
import { paged } from "./paging.ts";
import { listedPoints, type Rows, statusOf } from "./rows.ts";

const rewardStatus = z.enum(["LIVE", "UPCOMING", "ENDED"]);
const activation = z.enum(["ENABLED", "DISABLED"]);
const order = z
  .string()
  .toUpperCase()
  .pipe(z.enum(["ASC", "DESC"]));

const brandsRequest = z.object({ orgIds: z.array(z.coerce.number()).default([]) });

const userListQuery = z.object({
  brandName: z.string(),
  userId: looseText,
  includeExpired: flag,
  page: looseNumber,
  size: looseNumber,
  groupName: list,
  category: list,
  label: looseText,
  redemptionType: list,
  activationStatus: activation.default("ENABLED"),
  status: rewardStatus.optional(),
  minPoints: looseNumber,
  maxPoints: looseNumber,
  createdOnDaysAgo: looseNumber,
  sortBy: z.enum(["startDate", "endDate"]).optional(),
  orderBy: order.default("DESC"),
});

const userRewardQuery = z.object({ rewardId: pathId, brandName: z.string(), userId: looseText });

const brandListQuery = z.object({
  brandId: pathId,
  userId: looseText,
  includeExpired: flag,
  page: looseNumber,
  size: looseNumber,
});

const mirrorQuery = z.object({
  brandId: pathId,
  page: looseNumber,
  size: looseNumber,
  rewardStatus: rewardStatus.optional(),
  enabled: maybeFlag,
  redemptionType: looseText,
  // The page names it in the singular, its sample in the plural.
  vendorId: list,
  vendorIds: list,
  rewardName: looseText,
  groupName: looseText,
  startDate: looseNumber,
  endDate: looseNumber,
});

const brandRewardQuery = z.object({ rewardId: pathId, brandId: pathId });
const brandOnly = z.object({ brandId: pathId });

/** What can be had: brands and rewards, read by a customer's eyes or the brand's. */
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

/** The customer a query names by user id; undefined when it names nobody. */
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

const isFor = ({ segment, cardSeries }: Reward, customer: Customer): boolean =>
  (segment === null || customer.segments.includes(segment)) &&
  (cardSeries === null || customer.cardSeries.includes(cardSeries));

function fits(query: z.output<typeof userListQuery>, customer: Customer | undefined, now: string) {
  const oldest =
    query.createdOnDaysAgo === null
      ? ""
      : new Date(Date.parse(now) - query.createdOnDaysAgo * 86_400_000).toISOString();
  return (reward: Reward): boolean => {
    const status = statusOf(reward, now);
    const points = listedPoints(reward);
    return (
      reward.enabled === (query.activationStatus === "ENABLED") &&
      (query.status ? status === query.status : query.includeExpired || status !== "ENDED") &&
      (query.groupName === null || reward.shelves.some((each) => query.groupName?.includes(each))) &&
      (query.category === null || reward.categories.some((each) => query.category?.includes(each))) &&
      (query.label === null || reward.label === query.label) &&
      (query.redemptionType === null || query.redemptionType.includes(reward.redemptionType)) &&
      (query.minPoints === null || points >= query.minPoints) &&
      (query.maxPoints === null || points <= query.maxPoints) &&
      reward.createdAt >= oldest &&
      (!customer || isFor(reward, customer))
    );
  };
}

/** Newest first, unless the query says otherwise. */
function sorted(rewards: Reward[], sortBy: "startDate" | "endDate" | undefined, orderBy: "ASC" | "DESC"): Reward[] {
  const key = ({ createdAt, startsAt, endsAt }: Reward) =>
    sortBy === undefined ? createdAt : { startDate: startsAt, endDate: endsAt }[sortBy];
  const ascending = rewards.toSorted((a, b) => key(a).localeCompare(key(b)) || a.id - b.id);
  return orderBy === "ASC" ? ascending : ascending.reverse();
}

function fitsMirror(query: z.output<typeof mirrorQuery>, now: string) {
  const vendors = query.vendorId ?? query.vendorIds;
  return (reward: Reward): boolean => {
    const { gives } = reward;
    return (
      (query.rewardStatus === undefined || statusOf(reward, now) === query.rewardStatus) &&
      (query.enabled === undefined || reward.enabled === query.enabled) &&
      (query.redemptionType === null || reward.redemptionType === query.redemptionType) &&
      (vendors === null || (gives.kind === "vendor" && vendors.includes(String(gives.vendorId)))) &&
      (query.rewardName === null || reward.name.toLowerCase().includes(query.rewardName.toLowerCase())) &&
      (query.groupName === null || reward.shelves.includes(query.groupName)) &&
      (query.startDate === null || Date.parse(reward.startsAt) >= query.startDate) &&
      (query.endDate === null || Date.parse(reward.endsAt) <= query.endDate)
    );
  };
}
