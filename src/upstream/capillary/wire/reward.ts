import { z } from "zod";
import {
  boolean,
  date,
  embedded,
  firstDate,
  freeFields,
  id,
  isRecord,
  maybe,
  number,
  rawRows,
  rows,
  text,
  unknownValue,
} from "./loose.ts";

/** A payment option of a reward. An issue names its `id` if there are several. */
export interface PaymentConfig {
  id: string | null;
  /** `POINTS`, `CASH`, `POINTS_CASH`, `FREE`, `CONV_RATIO`, or an unknown value. */
  mode: string;
  points: number | null;
  cash: number | null;
  conversionRatio: number | null;
}

/** The texts of a reward in one language. */
export interface RewardWords {
  /** A code such as `en`. */
  language: string | null;
  name: string | null;
  description: string | null;
  termsText: string | null;
}

/** A reward without customer-specific facts. Points may have up to three decimals. */
export interface CapillaryReward {
  id: string;
  externalId: string | null;
  name: string;
  description: string | null;
  /** The URL may be signed for about an hour, so do not store it longer. The same goes for the other URLs. */
  imageUrl: string | null;
  thumbnailUrl: string | null;
  termsUrl: string | null;
  termsText: string | null;
  /** By language, if the full definition has translations. */
  texts: RewardWords[];
  /** `POINTS`, `VOUCHER`, …: an open set, like the next field. */
  type: string | null;
  redemptionType: string | null;
  vendor: string | null;
  /** Null if not reported. */
  isEnabled: boolean | null;
  startsAt: Date | null;
  endsAt: Date | null;
  updatedAt: Date | null;
  categories: string[];
  /** The reward groups that show it, which are unrelated to groups of customers. */
  shelves: string[];
  /** The price in points: its `POINTS` config, else `intouchPoints`. Null without both. */
  points: number | null;
  paymentConfigs: PaymentConfig[];
  priority: number | null;
  tier: string | null;
  label: string | null;
  customFields: Record<string, string>;
}

/** The usage of a limit. This is only advice: issuing decides. */
export interface RewardLimit {
  /** The scope of the limit: `CUSTOMER`, `REWARD`, … */
  scope: string | null;
  /** The counted quantity: `QUANTITY`, `POINTS`, `REDEMPTION_VALUE`. */
  kpi: string | null;
  frequency: string | null;
  limit: number | null;
  consumed: number | null;
  /** Null if the usage is not reported. */
  remaining: number | null;
  isExhausted: boolean | null;
}

/** A reward with one customer's facts. */
export interface CustomerReward extends CapillaryReward {
  /** Whether the limits of the reward and the organisation admit this customer; null if neither is reported. */
  isWithinLimits: boolean | null;
  limits: RewardLimit[];
}

const paymentConfig = z
  .object({
    id: maybe(id),
    paymentMode: text,
    points: maybe(number),
    cash: maybe(number),
    conversionRatio: maybe(number),
  })
  .transform(({ paymentMode, ...config }): PaymentConfig => ({ ...config, mode: paymentMode }));

const words = z
  .object({
    languageCode: maybe(text),
    name: maybe(text),
    rewardName: maybe(text),
    description: maybe(text),
    imageUrl: maybe(text),
    thumbnailUrl: maybe(text),
    termAndConditionsUrl: maybe(text),
    termNConditionsUrl: maybe(text),
    termAndConditions: maybe(text),
    termNConditions: maybe(text),
  })
  .transform((row) => ({
    language: row.languageCode,
    name: row.name ?? row.rewardName,
    description: row.description,
    imageUrl: row.imageUrl,
    thumbnailUrl: row.thumbnailUrl,
    termsUrl: row.termAndConditionsUrl ?? row.termNConditionsUrl,
    termsText: row.termAndConditions ?? row.termNConditions,
  }));

const named = z
  .union([
    z.object({ name: text }),
    z.object({ groupName: text }).transform(({ groupName }) => ({ name: groupName })),
    text,
  ])
  .transform((row) => (typeof row === "string" ? row : row.name));

const definition = z.object({
  id: maybe(id),
  rewardId: maybe(id),
  rewardExternalId: maybe(id),
  type: maybe(text),
  redemptionType: maybe(text),
  vendorName: maybe(text),
  enabled: maybe(boolean),
  activationStatus: maybe(text),
  startTime: maybe(date),
  startDateTime: maybe(date),
  endTime: maybe(date),
  endDateTime: maybe(date),
  lastUpdatedOn: maybe(date),
  lastUpdatedOnDateTime: maybe(date),
  categoryList: rows(named),
  categories: rows(named),
  groups: rows(named),
  intouchPoints: maybe(number),
  paymentConfigs: rows(paymentConfig),
  priority: maybe(number),
  tier: maybe(text),
  label: maybe(text),
  customFields: freeFields,
  languageSpecificInfo: rows(words),
});

/** A row of any list of rewards, or a single reward. */
export const reward = unknownValue.transform((value, context): CapillaryReward => {
  const row = definition.safeParse(value).data;
  const rewardId = row?.id ?? row?.rewardId;
  if (!row || !rewardId) {
    context.addIssue("expected a reward with an id");
    return z.NEVER;
  }
  const texts = [words.parse(value), ...row.languageSpecificInfo];
  const first = <Name extends keyof (typeof texts)[number]>(name: Name) =>
    texts.map((language) => language[name]).find((word) => word !== null) ?? null;
  return {
    id: rewardId,
    externalId: row.rewardExternalId,
    name: first("name") ?? rewardId,
    description: first("description"),
    imageUrl: first("imageUrl"),
    thumbnailUrl: first("thumbnailUrl"),
    termsUrl: first("termsUrl"),
    termsText: first("termsText"),
    texts: row.languageSpecificInfo,
    type: row.type,
    redemptionType: row.redemptionType,
    vendor: row.vendorName,
    isEnabled: row.enabled ?? (row.activationStatus === null ? null : row.activationStatus === "ENABLED"),
    startsAt: firstDate(row.startDateTime, row.startTime),
    endsAt: firstDate(row.endDateTime, row.endTime),
    updatedAt: firstDate(row.lastUpdatedOnDateTime, row.lastUpdatedOn),
    categories: [...row.categoryList, ...row.categories],
    shelves: row.groups,
    points: row.paymentConfigs.find(({ mode }) => mode === "POINTS")?.points ?? row.intouchPoints,
    paymentConfigs: row.paymentConfigs,
    priority: row.priority,
    tier: row.tier,
    label: row.label,
    customFields: row.customFields,
  };
});

const limit = z
  .object({
    constraintLevel: maybe(text),
    kpi: maybe(text),
    frequencyType: maybe(text),
    repeatFrequencyType: maybe(text),
    constraintLimitValue: maybe(number),
    limit: maybe(number),
    consumed: maybe(number),
    isActive: maybe(boolean),
    isValid: maybe(boolean),
  })
  .transform((row) => ({ ...row, limit: row.constraintLimitValue ?? row.limit }));

const restrictions = embedded.transform((value) => ({
  isValid: maybe(boolean).parse(value["isValid"]),
  limits: Object.entries(value).flatMap(([level, list]) =>
    rows(limit)
      .parse(list)
      .filter((row) => row.limit !== null && row.isActive !== false)
      .map(
        (row): RewardLimit => ({
          scope: row.constraintLevel ?? level.replace(/Level$/, "").toUpperCase(),
          kpi: row.kpi,
          frequency: row.frequencyType ?? row.repeatFrequencyType,
          limit: row.limit,
          consumed: row.consumed,
          remaining: row.limit !== null && row.consumed !== null ? Math.max(0, row.limit - row.consumed) : null,
          isExhausted: row.isValid === null ? null : !row.isValid,
        }),
      ),
  ),
}));

/** A reward for a customer. The organisation's limits are inside it or, in a list, beside it. */
export const customerReward = (extra?: unknown) =>
  unknownValue.transform((value, context): CustomerReward => {
    const parsed = reward.safeParse(value);
    if (!parsed.success || !isRecord(value)) {
      context.addIssue("expected a reward with an id");
      return z.NEVER;
    }
    const ofReward = restrictions.parse(value["rewardRestrictions"] ?? value["restrictions"]);
    const ofOrganisation = restrictions.parse(value["orgLevelRestrictions"] ?? extra);
    const flags = [ofReward.isValid, ofOrganisation.isValid].filter((isValid) => isValid !== null);
    return {
      ...parsed.data,
      isWithinLimits: flags.length === 0 ? null : flags.every(Boolean),
      limits: [...ofReward.limits, ...ofOrganisation.limits],
    };
  });

/** The rewards of one page, and the number of its unreadable rows. */
export interface RewardPage<Row> {
  rewards: Row[];
  unreadable: number;
  /** The number of rows. The page after a short one is empty; the API's totals are unreliable. */
  length: number;
}

function readPage<Row>(list: unknown, shape: z.ZodType<Row>): RewardPage<Row> {
  const all = rawRows(list);
  const rewards = rows(shape).parse(all);
  return { rewards, unreadable: all.length - rewards.length, length: all.length };
}

const rewardListOf = (payload: Record<string, unknown>) =>
  payload["rewardList"] ?? payload["rewards"] ?? payload["reward"] ?? payload["data"];

export const rewardPage = z
  .record(z.string(), z.unknown())
  .transform((payload) => readPage(rewardListOf(payload), reward));

export const customerRewardPage = z
  .record(z.string(), z.unknown())
  .transform((payload) => readPage(rewardListOf(payload), customerReward(payload["orgLevelRestrictions"])));

/** A single reward under `reward`, or the only row of a list; null if absent. */
const onlyReward = <Row>(
  payload: Record<string, unknown>,
  shape: z.ZodType<Row>,
  context: z.RefinementCtx,
): Row | null => {
  const [only] = rawRows(payload["reward"] ?? payload["rewardList"] ?? payload["rewardDetails"]);
  if (only === undefined) return null;
  const parsed = shape.safeParse(only);
  if (parsed.success) return parsed.data;
  context.addIssue("expected a reward with an id");
  return z.NEVER;
};

export const rewardDefinition = z
  .record(z.string(), z.unknown())
  .transform((payload, context) => onlyReward(payload, reward, context));

export const oneCustomerReward = z
  .record(z.string(), z.unknown())
  .transform((payload, context) => onlyReward(payload, customerReward(payload["orgLevelRestrictions"]), context));

export const brandList = z.object({
  brandList: rows(
    z
      .object({ id, brand: text, enabled: maybe(boolean), orgId: maybe(id) })
      .transform(({ id, brand, enabled, orgId }) => ({ id, name: brand, isEnabled: enabled ?? true, orgId })),
  ),
});
