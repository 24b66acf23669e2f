import { Prisma } from "../platform/db.ts";
import type { Reward } from "./reward.ts";

/** A reward of the table `r` as JSON, for statements that read it together with other rows. */
export const rewardJson = Prisma.sql`jsonb_build_object(
  'id', r.id, 'sku', r.sku, 'name', r.name, 'description', r.description, 'kind', r.kind, 'source', r.source,
  'points', r.points, 'brand', r.brand, 'category', r.category, 'imageUrl', r.image_url, 'terms', r.terms,
  'howToUse', r.how_to_use, 'redemptionUrl', r.redemption_url, 'validFrom', r.valid_from, 'validUntil', r.valid_until,
  'stock', r.stock, 'limitPerCustomer', r.limit_per_customer, 'active', r.active, 'archivedAt', r.archived_at,
  'popularity', r.popularity, 'payableWith', r.payable_with, 'upstreamId', r.upstream_id,
  'paymentConfigs', r.payment_configs, 'createdAt', r.created_at, 'updatedAt', r.updated_at)`;

type DateColumn = "validFrom" | "validUntil" | "archivedAt" | "createdAt" | "updatedAt";
export type RewardJson = Omit<Reward, DateColumn> & {
  validFrom: string | null;
  validUntil: string | null;
  archivedAt: string | null;
  createdAt: string;
  updatedAt: string;
};

const dateOf = (text: string | null) => (text === null ? null : new Date(text));

export const fromRewardJson = (row: RewardJson): Reward => ({
  ...row,
  validFrom: dateOf(row.validFrom),
  validUntil: dateOf(row.validUntil),
  archivedAt: dateOf(row.archivedAt),
  createdAt: new Date(row.createdAt),
  updatedAt: new Date(row.updatedAt),
});
