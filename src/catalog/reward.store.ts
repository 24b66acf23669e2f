import { z } from "zod";
import type { RewardKind, RewardSort, RewardSource, RewardState, WalletKind } from "../domain/generated/words.ts";
import { type Connection, cursorPart, MAX_COUNT, type PageBounds } from "../graphql/connection.ts";
import { columnOf } from "../platform/columns.ts";
import { type Db, Prisma, planEachTime } from "../platform/db.ts";
import { gatherReads } from "../platform/gather-reads.ts";
import { type Reward, toReward } from "./reward.ts";
import type { RewardSearch } from "./search.sql.ts";

export interface RewardQuery {
  sort: RewardSort;
  kinds?: readonly RewardKind[];
  sources?: readonly RewardSource[];
  categories?: readonly string[];
  brands?: readonly string[];
  pointsMin?: number;
  pointsMax?: number;
  payableWith?: WalletKind;
  payableWithAny?: readonly WalletKind[];
  /** RELEVANCE requires a search. */
  search?: RewardSearch;
  inStock?: boolean;
  newSince?: Date;
  endingBefore?: Date;
  /** Replaces the filter for rewards on offer. */
  states?: readonly RewardState[];
}

/** A reward of a page sorted by relevance has its rank, and the number of ranked rewards. */
export type ListedReward = Reward & { relevance?: number; ranked?: number };

/** A field of a reward that is a column. */
export type RewardField = Exclude<keyof Reward, "number">;

/**
 * Only the most popular matches of a search are ranked, which keeps a search for a frequent word within milliseconds.
 * Their number is the count of the list.
 */
const MAX_RANKED = MAX_COUNT + 1;
/** The number of rewards read for the brand counts, the most popular first. */
const MAX_FACETED = 1_000;
const MAX_BRANDS = 50;

/** The order of each sort; the id breaks ties. */
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
  RELEVANCE: {
    column: Prisma.sql`relevance`,
    descending: true,
    key: (reward: ListedReward) => reward.relevance ?? 0,
    shape: cursorPart.int4,
  },
  NAME: { column: Prisma.sql`name`, descending: false, key: (reward: Reward) => reward.name, shape: cursorPart.text },
} satisfies Record<RewardSort, unknown>;

const cursorShapeOf = (sort: RewardSort) => z.tuple([z.literal(sort), sorts[sort].shape, z.uuid()]);
/** Created once, because creating one costs more than decoding a cursor. */
const cursorShapes = Object.fromEntries(
  (Object.keys(sorts) as RewardSort[]).map((sort) => [sort, cursorShapeOf(sort)]),
) as Record<RewardSort, ReturnType<typeof cursorShapeOf>>;

/** A cursor names its sort, so that a cursor of another sort is detected. */
export const rewardCursor = {
  shape: (sort: RewardSort) => cursorShapes[sort],
  of: (sort: RewardSort, reward: ListedReward) => [sort, sorts[sort].key(reward), reward.id] as const,
};
export type RewardCursor = readonly [RewardSort, string | number, string];

export interface PageRead extends PageBounds<RewardCursor> {
  now: Date;
  /** The fields to read, beside those of the cursor; the others are undefined. All by default. */
  fields?: readonly RewardField[];
}

export interface CountedCategory {
  name: string;
  rewardCount: number;
}

export interface RewardStore {
  /** Rewards on offer at `now`, or in the states of the query. Concurrent readers of the same page share its rows. */
  page(query: RewardQuery, page: PageRead): Promise<ListedReward[]>;
  /** Up to 1 more than `MAX_COUNT`. @param page of the same query, which may tell the count */
  count(query: RewardQuery, now: Date, page?: readonly ListedReward[]): Promise<number>;
  /** The brands of the matching rewards, without the query's own filter by brand; those with the most rewards first. */
  brands(query: RewardQuery, now: Date): Promise<{ name: string; rewardCount: number }[]>;
  byIds(ids: readonly string[]): Promise<Reward[]>;
  bySkus(skus: readonly string[]): Promise<Reward[]>;
  /** Reads every reward on offer at `now`. */
  categories(now: Date): Promise<CountedCategory[]>;
}

/** Lists of rewards, and the brands for a storefront's filter. */
export interface RewardList extends Connection<Reward> {
  brands(): ReturnType<RewardStore["brands"]>;
}

export function makeRewardStore(db: Db): RewardStore {
  const everyColumn = Prisma.sql`
    id, sku, name, description, kind, source, points, brand, category, image_url as "imageUrl", terms, how_to_use as "howToUse",
    redemption_url as "redemptionUrl", valid_from as "validFrom", valid_until as "validUntil", stock,
    limit_per_customer as "limitPerCustomer", active, archived_at as "archivedAt", popularity, payable_with::text[] as "payableWith", upstream_id as "upstreamId", payment_configs as "paymentConfigs", created_at as "createdAt",
    updated_at as "updatedAt"`;

  type Row = Parameters<typeof toReward>[0];
  const among = async (condition: Prisma.Sql) =>
    (await db.$queryRaw<Row[]>`select ${everyColumn} from rewards where ${condition}`).map(toReward);

  const share = gatherReads(
    (reads: readonly { query: RewardQuery; page: PageRead }[]) => Promise.all(reads.map(readPage)),
    // The moment is the first caller's: the rows are read after it in any case.
    { nameOf: ({ query, page: { now: _, ...page } }) => JSON.stringify([query, page]) },
  );

  async function readPage({ query, page }: { query: RewardQuery; page: PageRead }): Promise<ListedReward[]> {
    const { limit, after, before, backwards, now, fields } = page;
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
    const rewards = query.sort === "RELEVANCE" ? ranked(query, now) : Prisma.sql`rewards`;
    const relevance = query.sort === "RELEVANCE" ? Prisma.sql`, relevance, ranked` : Prisma.empty;
    const rows = await db.$queryRaw<Row[]>(
      planned(
        query,
        Prisma.sql`
        select ${fields ? columnsFor(fields) : everyColumn}${relevance} from ${rewards} where ${Prisma.join(conditions, " and ")}
        order by ${column} ${direction}, id ${direction} limit ${limit}`,
      ),
    );
    return rows.map(toReward);
  }

  return {
    page: (query, page) => share({ query, page }),

    async count(query, now, page = []) {
      const ranked = page[0]?.ranked;
      if (ranked !== undefined) return ranked;
      const [row] = await db.$queryRaw<{ count: number }[]>(
        planned(
          query,
          Prisma.sql`
        select count(*)::int as count from (
          select from rewards where ${Prisma.join(matching(query, now), " and ")} limit ${MAX_COUNT + 1}) as counted`,
        ),
      );
      return row?.count ?? 0;
    },

    brands({ brands: _, ...query }, now) {
      return db.$queryRaw(
        planned(
          query,
          Prisma.sql`
        select brand as name, count(*)::int as "rewardCount" from (
          select brand from rewards where ${Prisma.join(matching(query, now), " and ")}
          order by popularity desc, id desc limit ${MAX_FACETED}) as matching
        group by brand order by count(*) desc, brand limit ${MAX_BRANDS}`,
        ),
      );
    },

    byIds: (ids) => among(Prisma.sql`id = any(${[...ids]}::uuid[])`),
    bySkus: (skus) => among(Prisma.sql`sku = any(${[...skus]})`),

    categories: (now) => db.$queryRaw`
      select category as name, count(*)::int as "rewardCount" from rewards where ${onOffer(now)} group by category order by category`,
  };
}

/** A filtered list is planned for its values; the list of all rewards has one good plan. */
function planned({ sort: _, ...filters }: RewardQuery, statement: Prisma.Sql): Prisma.Sql {
  return Object.values(filters).some((filter) => filter !== undefined) ? planEachTime(statement) : statement;
}

/** The columns of some fields, and those of the cursor. */
function columnsFor(fields: readonly RewardField[]): Prisma.Sql {
  const read = new Set<RewardField>([...fields, "id", "popularity", "createdAt", "points", "name"]);
  return Prisma.raw(
    [...read].map((field) => `${columnOf(field)}${field === "payableWith" ? "::text[]" : ""} as "${field}"`).join(", "),
  );
}

/**
 * The rewards that match a search, with their rank: sold-out rewards below all others, then by words, then by
 * popularity.
 */
function ranked(query: RewardQuery, now: Date): Prisma.Sql {
  const { strict = "", wide = "" } = query.search ?? {};
  return Prisma.sql`(
    select *, count(*) over ()::int as ranked, (case when stock = 0 then 0 else 1000000 end + least(999999,
      100000 * (ts_rank(search, to_tsquery('simple', ${strict})) + ts_rank(search, to_tsquery('simple', ${wide})) / 2)
      + 1000 * ln(popularity + 1)))::int as relevance
    from (
      select * from rewards where ${Prisma.join(matching(query, now), " and ")}
      order by popularity desc, id desc limit ${MAX_RANKED}) as candidates) as rewards`;
}

const onOffer = (now: Date) => Prisma.sql`
  active and archived_at is null and payable_with <> '{}' and (valid_from is null or valid_from <= ${now}) and (valid_until is null or valid_until > ${now})`;

const SOLD_OUT = Prisma.sql`(stock = 0 and stock_low_since is not null)`;

/** The states of `stateOf`, each by conditions that an index can serve. */
function inStates(states: readonly RewardState[], now: Date): Prisma.Sql {
  const isIn: Record<RewardState, Prisma.Sql> = {
    ARCHIVED: Prisma.sql`archived_at is not null`,
    DRAFT: Prisma.sql`not active and archived_at is null`,
    ENDED: Prisma.sql`valid_until <= ${now} and active and archived_at is null`,
    SCHEDULED: Prisma.sql`valid_from > ${now} and (valid_until is null or valid_until > ${now}) and active and archived_at is null`,
    SOLD_OUT: Prisma.sql`${SOLD_OUT} and ${onOffer(now)}`,
    ON_OFFER: Prisma.sql`stock is distinct from 0 and ${onOffer(now)}`,
  };
  return Prisma.sql`(${Prisma.join([Prisma.sql`false`, ...states.map((state) => Prisma.sql`(${isIn[state]})`)], " or ")})`;
}

function matching(query: RewardQuery, now: Date): Prisma.Sql[] {
  const conditions = [query.states ? inStates(query.states, now) : onOffer(now)];
  const among = (column: Prisma.Sql, values: readonly string[] | undefined, type: Prisma.Sql) => {
    // The index returns the rewards of a single value in the order of the list; with several values the order is lost.
    if (values?.length === 1) conditions.push(Prisma.sql`${column} = ${values[0]}::${type}`);
    else if (values) conditions.push(Prisma.sql`${column} = any(${[...values]}::${type}[])`);
  };
  among(Prisma.sql`kind`, query.kinds, Prisma.sql`reward_kind`);
  among(Prisma.sql`source`, query.sources, Prisma.sql`reward_source`);
  among(Prisma.sql`category`, query.categories, Prisma.sql`text`);
  among(Prisma.sql`brand`, query.brands, Prisma.sql`text`);
  if (query.pointsMin !== undefined) conditions.push(Prisma.sql`points >= ${query.pointsMin}`);
  if (query.pointsMax !== undefined) conditions.push(Prisma.sql`points <= ${query.pointsMax}`);
  if (query.payableWith) conditions.push(Prisma.sql`${query.payableWith}::wallet_kind = any(payable_with)`);
  if (query.payableWithAny) conditions.push(Prisma.sql`payable_with && ${[...query.payableWithAny]}::wallet_kind[]`);
  if (query.search) conditions.push(Prisma.sql`search @@ to_tsquery('simple', ${query.search.wide})`);
  if (query.inStock !== undefined) conditions.push(query.inStock ? Prisma.sql`stock is distinct from 0` : SOLD_OUT);
  if (query.newSince) conditions.push(Prisma.sql`created_at >= ${query.newSince}`);
  if (query.endingBefore) conditions.push(Prisma.sql`valid_until < ${query.endingBefore}`);
  return conditions;
}
