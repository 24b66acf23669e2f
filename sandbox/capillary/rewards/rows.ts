import { epochMs, indian, spaced, zulu } from "../dates.ts";
import type { Files } from "../files.ts";
import type { Limits } from "../limits.ts";
import type { Memory } from "../memory.ts";
import type { Customer, Limit, PaymentConfig, Reward } from "../records.ts";
import { sampleTexts } from "../sample-texts.ts";

export type RewardStatus = "LIVE" | "UPCOMING" | "ENDED";

export function statusOf({ startsAt, endsAt }: Reward, now: string): RewardStatus {
  if (now < startsAt) return "UPCOMING";
  return now < endsAt ? "LIVE" : "ENDED";
}

/** The points part of the reward's price in the catalogue. */
export function listedPoints({ paymentConfigs, intouchPoints }: Reward): number {
  const inPoints = paymentConfigs.find(({ mode }) => mode === "POINTS");
  return inPoints?.mode === "POINTS" ? inPoints.points : intouchPoints;
}

export function configRow(config: PaymentConfig): object {
  const { id, mode: paymentMode, ...amounts } = config;
  return { paymentMode, id, ...amounts };
}

const shelfRows = ({ shelves }: Reward) => shelves.map((groupName, index) => ({ groupName, groupRank: index + 1 }));

/**
 * Selects the form of empty fields: Capillary uses null, empty and absent interchangeably. Here it depends on the
 * reward, so that a catalogue contains all three.
 */
function withEmpties(row: Record<string, unknown>, { id }: Reward): Record<string, unknown> {
  const isEmpty = (value: unknown) => value === null || (Array.isArray(value) && value.length === 0);
  const entries = Object.entries(row);
  if (id % 3 === 0) return Object.fromEntries(entries.map(([key, value]) => [key, isEmpty(value) ? null : value]));
  if (id % 3 === 1) return Object.fromEntries(entries.filter(([, value]) => !isEmpty(value)));
  return row;
}

const restrictionRow = (limit: Limit, consumed: number) => ({
  rewardConstraintId: limit.id,
  kpi: limit.kpi,
  constraintLevel: limit.level,
  frequencyType: limit.frequency,
  constraintLimitValue: limit.limit,
  consumed,
  isActive: true,
  isValid: consumed < limit.limit,
});

/** Rewards in the formats of the catalogue. */
export interface Rows {
  /** The customer's view; restrictions are counted for that customer, and left out without a customer. */
  user(reward: Reward, customer: Customer | undefined): object;
  /** The brand's list. */
  brand(reward: Reward): object;
  /** The full definition by the brand. */
  definition(reward: Reward): object;
  /** The reward's fields in the history. */
  details(reward: Reward): object;
  /** The brand's own limits for this customer. */
  brandRestrictions(customer: Customer): object;
}

export function makeRows(deps: { memory: Memory; limits: Limits; files: Files; clock: { now(): Date } }): Rows {
  const { memory, limits, files, clock } = deps;
  const now = () => clock.now().toISOString();

  const named = (reward: Reward) => ({
    id: reward.id,
    name: reward.name,
    type: reward.type,
    priority: reward.priority,
    intouchPoints: reward.intouchPoints,
    redemptionType: reward.redemptionType,
  });
  const lasting = ({ startsAt, endsAt }: Reward) => ({
    startTime: spaced(startsAt),
    startDateTime: zulu(startsAt),
    endTime: spaced(endsAt),
    endDateTime: zulu(endsAt),
  });
  const restrictions = (reward: Reward, customer: Customer) => {
    const rows = reward.limits.map((limit) => restrictionRow(limit, limits.consumed(reward, limit, customer)));
    const ofLevel = (level: string) => rows.filter(({ constraintLevel }) => constraintLevel === level);
    return {
      isValid: rows.every(({ isValid }) => isValid),
      ...(rows.length > 0 && { rewardLevel: ofLevel("REWARD"), customerLevel: ofLevel("CUSTOMER") }),
    };
  };

  return {
    user: (reward, customer) => ({
      ...named(reward),
      ...lasting(reward),
      ...withEmpties(
        {
          description: reward.description,
          imageUrl: files.imageUrl(reward),
          thumbnailUrl: null,
          termAndConditionsUrl: files.termsUrl(reward),
          tier: reward.tier,
          label: reward.label,
          programId: null,
          categoryList: reward.categories.map((name, index) => ({ id: index + 1, name, enabled: true })),
          groups: shelfRows(reward),
          rewardRank: null,
          images: [],
          videos: [],
          vendorId: reward.gives.kind === "vendor" ? reward.gives.vendorId : null,
          paymentConfigs: reward.paymentConfigs.map(configRow),
        },
        reward,
      ),
      ...(reward.id % 3 === 0 ? { customFields: null } : { customFields: {} }),
      expired: statusOf(reward, now()) === "ENDED",
      // Computed at the creation of the reward and never updated: a running reward may say false permanently.
      started: reward.startsAt <= reward.createdAt,
      ...(customer && { rewardRestrictions: restrictions(reward, customer) }),
    }),

    brand: (reward) => ({
      ...named(reward),
      ...lasting(reward),
      ...withEmpties(
        {
          groups: shelfRows(reward),
          rewardRank: null,
          paymentConfigs: reward.paymentConfigs.map(configRow),
          rewardExternalId: reward.externalId,
          vendorId: reward.gives.kind === "vendor" ? reward.gives.vendorId : null,
          vendorName: reward.gives.kind === "vendor" ? reward.gives.vendorName : null,
          intouchSeriesId: reward.gives.kind === "coupon" ? String(reward.gives.seriesId) : null,
          imageUrl: files.imageUrl(reward),
        },
        reward,
      ),
      status: statusOf(reward, now()),
      enabled: reward.enabled,
      customFields: {},
      lastUpdatedOn: epochMs(reward.createdAt),
    }),

    definition: (reward) => ({
      ...named(reward),
      startDate: spaced(reward.startsAt),
      startDateTime: indian(reward.startsAt),
      endDate: spaced(reward.endsAt),
      endDateTime: indian(reward.endsAt),
      enabled: reward.enabled,
      rewardExternalId: reward.externalId,
      intouchSeriesId: reward.gives.kind === "coupon" ? String(reward.gives.seriesId) : null,
      languageSpecificInfo: [
        {
          languageCode: "en",
          name: reward.name,
          description: reward.description,
          imageUrl: files.imageUrl(reward),
          termNConditionsUrl: files.termsUrl(reward),
        },
        ...Object.entries(sampleTexts[reward.id] ?? {}).map(([languageCode, [name, description]]) => ({
          languageCode,
          name,
          description,
          imageUrl: null,
          termNConditionsUrl: null,
        })),
      ],
      paymentConfigs: reward.paymentConfigs.map(configRow),
      restrictions: {
        rewardLevel: reward.limits.filter(({ level }) => level === "REWARD").map(limitRow),
        customerLevel: reward.limits.filter(({ level }) => level === "CUSTOMER").map(limitRow),
      },
      segment: reward.segment === null ? null : { name: reward.segment },
      cardSeries: reward.cardSeries === null ? [] : [{ name: reward.cardSeries }],
      labels: reward.label === null ? [] : [{ name: reward.label }],
      groups: shelfRows(reward),
      customFields: {},
    }),

    details: (reward) => ({
      rewardId: reward.id,
      languageCode: "en",
      name: reward.name,
      description: reward.description,
      termNConditionsUrl: files.termsUrl(reward),
      imageUrl: files.imageUrl(reward),
      enabled: reward.enabled,
      groups: shelfRows(reward),
      rewardRank: null,
      intouchPoints: reward.intouchPoints,
      redemptionType: reward.redemptionType,
    }),

    brandRestrictions: (customer) => {
      const consumed = limits.consumedByBrand(customer);
      const limit = memory.flags().customerMonthlyPoints;
      const row = restrictionRow({ id: 7, level: "CUSTOMER", kpi: "POINTS", limit, frequency: "MONTHLY" }, consumed);
      return { isValid: row.isValid, customerLevel: [row] };
    },
  };
}

const limitRow = ({ id, kpi, limit, frequency }: Limit) => ({
  id,
  kpi,
  limit,
  repeatFrequencyType: frequency,
  interval: 1,
  windowType: "FIXED",
});
