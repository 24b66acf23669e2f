import { z } from "zod";
import type { RewardKind, RewardSort, RewardSource, RewardState, WalletKind } from "../domain/generated/words.ts";
import { cursorPart, type PageBounds } from "../graphql/connection.ts";
import { type Db, Prisma } from "../platform/db.ts";
import { type Reward, toReward } from "./reward.ts";

export interface RewardQuery {
  sort: RewardSort;
  kinds?: readonly RewardKind[];
  sources?: readonly RewardSource[];
  categories?: readonly string[];
  brands?: readonly string[];
  pointsMin?: number;
  pointsMax?: number;
  payableWith?: WalletKind;
  search?: string;
  /** Instead of the rewards on offer. */
  states?: readonly RewardState[];
}

/** What each sort orders by, before the id breaks ties. */
const sorts = {
  POPULAR: {
    column: Prisma.sql`popularity`,
    descending: true,
    key: (reward: Reward) => reward.popularity,
    shape: cursorPart.int4,
  },
  NEWEST: {
    column: Prisma.sql`created_at`,
    descending: true,
    key: (reward: Reward) => reward.createdAt.toISOString(),
    shape: cursorPart.instant,
  },
  POINTS_ASC: {
    column: Prisma.sql`points`,
    descending: false,
    key: (reward: Reward) => reward.points,
    shape: z.int(),
  },
  POINTS_DESC: {
    column: Prisma.sql`points`,
    descending: true,
    key: (reward: Reward) => reward.points,
    shape: z.int(),
  },
  NAME: { column: Prisma.sql`name`, descending: false, key: (reward: Reward) => reward.name, shape: cursorPart.text },
} satisfies Record<RewardSort, unknown>;

/** A cursor names its sort, so that one of another sort is recognised. */
export const rewardCursor = {
  shape: (sort: RewardSort) => z.tuple([z.literal(sort), sorts[sort].shape, z.uuid()]),
  of: (sort: RewardSort, reward: Reward) => [sort, sorts[sort].key(reward), reward.id] as const,
};
export type RewardCursor = readonly [RewardSort, string | number, string];

export interface RewardStore {
  /** Rewards on offer at `now`, or in the states that the query names. */
  page(query: RewardQuery, page: PageBounds<RewardCursor> & { now: Date }): Promise<Reward[]>;
  count(query: RewardQuery, now: Date): Promise<number>;
  byIds(ids: readonly string[]): Promise<Reward[]>;
  bySkus(skus: readonly string[]): Promise<Reward[]>;
  categories(now: Date): Promise<{ name: string; rewardCount: number }[]>;
}

export function makeRewardStore(db: Db): RewardStore {
  const columns = Prisma.sql`
    id, sku, name, description, kind, source, points, brand, category, image_url as "imageUrl", terms, how_to_use as "howToUse",
    redemption_url as "redemptionUrl", valid_from as "validFrom", valid_until as "validUntil", stock,
    limit_per_customer as "limitPerCustomer", active, archived_at as "archivedAt", popularity, payable_with::text[] as "payableWith", upstream_id as "upstreamId", payment_configs as "paymentConfigs", created_at as "createdAt",
    updated_at as "updatedAt"`;

  type Row = Parameters<typeof toReward>[0];
  const among = async (condition: Prisma.Sql) =>
    (await db.$queryRaw<Row[]>`select ${columns} from rewards where ${condition}`).map(toReward);

  return {
    async page(query, { limit, after, before, backwards, now }) {
      const { column, descending } = sorts[query.sort];
      const direction = descending !== backwards ? Prisma.sql`desc` : Prisma.sql`asc`;
      const conditions = [...matching(query, now)];
      const within = ([, key, id]: RewardCursor, isGreater: boolean) => {
        const value = query.sort === "NEWEST" ? Prisma.sql`${key}::timestamptz` : Prisma.sql`${key}`;
        const than = isGreater ? Prisma.sql`>` : Prisma.sql`<`;
        conditions.push(Prisma.sql`(${column}, id) ${than} (${value}, ${id}::uuid)`);
      };
      if (after) within(after, !descending);
      if (before) within(before, descending);
      const rows = await db.$queryRaw<Row[]>`
        select ${columns} from rewards where ${Prisma.join(conditions, " and ")}
        order by ${column} ${direction}, id ${direction} limit ${limit}`;
      return rows.map(toReward);
    },

    async count(query, now) {
      const [row] = await db.$queryRaw<{ count: number }[]>`
        select count(*)::int as count from rewards where ${Prisma.join(matching(query, now), " and ")}`;
      return row?.count ?? 0;
    },

    byIds: (ids) => among(Prisma.sql`id = any(${[...ids]}::uuid[])`),
    bySkus: (skus) => among(Prisma.sql`sku = any(${[...skus]})`),

    categories: (now) => db.$queryRaw`
      select category as name, count(*)::int as "rewardCount" from rewards where ${onOffer(now)} group by category order by category`,
  };
}

const onOffer = (now: Date) => Prisma.sql`
  active and archived_at is null and (valid_from is null or valid_from <= ${now}) and (valid_until is null or valid_until > ${now})`;

/** The state as `stateOf` has it. */
const inStates = (states: readonly RewardState[], now: Date) => Prisma.sql`
  case when archived_at is not null then 'ARCHIVED' when not active then 'DRAFT' when valid_until <= ${now} then 'ENDED'
    when valid_from > ${now} then 'SCHEDULED' when stock = 0 then 'SOLD_OUT' else 'ON_OFFER' end = any(${[...states]}::text[])`;

function matching(query: RewardQuery, now: Date): Prisma.Sql[] {
  const conditions = [query.states ? inStates(query.states, now) : onOffer(now)];
  const among = (column: Prisma.Sql, values: readonly string[] | undefined, type: Prisma.Sql) => {
    if (values) conditions.push(Prisma.sql`${column} = any(${[...values]}::${type}[])`);
  };
  among(Prisma.sql`kind`, query.kinds, Prisma.sql`reward_kind`);
  among(Prisma.sql`source`, query.sources, Prisma.sql`reward_source`);
  among(Prisma.sql`category`, query.categories, Prisma.sql`text`);
  among(Prisma.sql`brand`, query.brands, Prisma.sql`text`);
  if (query.pointsMin !== undefined) conditions.push(Prisma.sql`points >= ${query.pointsMin}`);
  if (query.pointsMax !== undefined) conditions.push(Prisma.sql`points <= ${query.pointsMax}`);
  if (query.payableWith) conditions.push(Prisma.sql`${query.payableWith}::wallet_kind = any(payable_with)`);
  const terms = searchTerms(query.search ?? "");
  if (terms.length > 0) conditions.push(Prisma.sql`search @@ to_tsquery('simple', ${terms.join(" & ")})`);
  return conditions;
}

/**
 * Every word must occur, and the beginning of one is enough: people see results while they type. PostgreSQL keeps
 * `Amazon.in` as one word, so a word is looked for as it is or by its parts. In quotes nothing is an operator.
 */
function searchTerms(text: string): string[] {
  const begins = (word: string) => `'${word.replace(/['\\]/g, "$&$&")}':*`;
  return text.split(/\s+/).flatMap((word) => {
    const parts = word.match(/[\p{L}\p{N}\p{M}]+/gu);
    return parts ? [`(${begins(word)} | ${parts.map(begins).join(" & ")})`] : [];
  });
}
