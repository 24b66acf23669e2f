import { z } from "zod";
import type { Customer, Reward } from "../records.ts";
import { flag, list, looseNumber, looseText, maybeFlag, pathId } from "../wire.ts";
import { listedPoints, statusOf } from "./rows.ts";

// The queries of the catalogue, and their matching.

const rewardStatus = z.enum(["LIVE", "UPCOMING", "ENDED"]);
const activation = z.enum(["ENABLED", "DISABLED"]);
const order = z
  .string()
  .toUpperCase()
  .pipe(z.enum(["ASC", "DESC"]));

export const brandsRequest = z.object({ orgIds: z.array(z.coerce.number()).default([]) });

export const userListQuery = z.object({
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

export const userRewardQuery = z.object({ rewardId: pathId, brandName: z.string(), userId: looseText });

export const brandListQuery = z.object({
  brandId: pathId,
  userId: looseText,
  includeExpired: flag,
  page: looseNumber,
  size: looseNumber,
});

export const mirrorQuery = z.object({
  brandId: pathId,
  page: looseNumber,
  size: looseNumber,
  rewardStatus: rewardStatus.optional(),
  enabled: maybeFlag,
  redemptionType: looseText,
  // The documentation has the singular, its sample the plural.
  vendorId: list,
  vendorIds: list,
  rewardName: looseText,
  groupName: looseText,
  startDate: looseNumber,
  endDate: looseNumber,
});

export const brandRewardQuery = z.object({ rewardId: pathId, brandId: pathId });
export const brandOnly = z.object({ brandId: pathId });

/** Whether the reward's segment and card admit this customer. */
export const isFor = ({ segment, cardSeries }: Reward, customer: Customer): boolean =>
  (segment === null || customer.segments.includes(segment)) &&
  (cardSeries === null || customer.cardSeries.includes(cardSeries));

/** The filter of a customer's list. */
export function fits(query: z.output<typeof userListQuery>, customer: Customer | undefined, now: string) {
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
export function sorted(
  rewards: Reward[],
  sortBy: "startDate" | "endDate" | undefined,
  orderBy: "ASC" | "DESC",
): Reward[] {
  const key = ({ createdAt, startsAt, endsAt }: Reward) =>
    sortBy === undefined ? createdAt : { startDate: startsAt, endDate: endsAt }[sortBy];
  const ascending = rewards.toSorted((a, b) => key(a).localeCompare(key(b)) || a.id - b.id);
  return orderBy === "ASC" ? ascending : ascending.reverse();
}

/** The filter of the list for a mirror of the catalogue. */
export function fitsMirror(query: z.output<typeof mirrorQuery>, now: string) {
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
