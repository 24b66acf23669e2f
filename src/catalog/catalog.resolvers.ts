import type { FieldNode, GraphQLResolveInfo } from "graphql";
import { isRefused, refusal } from "../domain/refusal.ts";
import { seesAllCustomers } from "../domain/viewer.ts";
import { connectionFields, makeCursor, readPage, toPage } from "../graphql/connection.ts";
import type { Context } from "../graphql/context.ts";
import { badUserInput } from "../graphql/errors.ts";
import type { QueryRewardsArgs, Resolvers, RewardFilter } from "../graphql/generated/resolvers.ts";
import { NO_UUID, textOf, toGlobalId, uuidOf } from "../graphql/global-id.ts";
import { requireCustomer, requireOperator } from "../graphql/guards.ts";
import { selectedFields } from "../graphql/selected-fields.ts";
import type { Clock } from "../platform/clock.ts";
import { rewardLanguage, rewardText, translated } from "../texts/index.ts";
import type { ExpireVouchers } from "./expire-vouchers.ts";
import type { ImportVoucherCodes } from "./import-voucher-codes.ts";
import { type ManageRewards, rewardNotFound } from "./manage-rewards.ts";
import type { LastRun } from "./mirror/mirror.store.ts";
import type { IndividualLedger } from "./mirror/mirrored-reward.ts";
import type { SyncCatalog } from "./mirror/sync-catalog.ts";
import { makeReadRedeemability, type PurchaseLoaders, spendableFrom } from "./read-redeemability.ts";
import { type RewardField, type RewardList, type RewardQuery, type RewardStore, rewardCursor } from "./reward.store.ts";
import { isFromPool, type Reward, stateOf } from "./reward.ts";
import type { RewardSearch } from "./search.sql.ts";
import type { VoucherPools } from "./voucher-pools.ts";

export interface CatalogDeps {
  rewards: RewardStore;
  categories: RewardStore["categories"];
  /** Null for a text without a word. */
  readSearch(text: string): Promise<RewardSearch | null>;
  manageRewards: ManageRewards;
  importVoucherCodes: ImportVoucherCodes;
  expiringVouchers: ExpireVouchers["expiring"];
  pools: VoucherPools;
  syncCatalog: SyncCatalog;
  lastSync(): Promise<LastRun | null>;
  ledger: IndividualLedger;
  clock: Clock;
}

export function catalogResolvers(deps: CatalogDeps): Resolvers {
  const { rewards, manageRewards, importVoucherCodes, pools, syncCatalog, lastSync, clock } = deps;
  const readRedeemability = makeReadRedeemability(deps);

  async function list(
    args: QueryRewardsArgs,
    context: Context<PurchaseLoaders>,
    info: GraphQLResolveInfo,
  ): Promise<RewardList> {
    if (args.filter?.states != null) requireOperator(context, "catalogue", "support");
    const now = clock.now();
    const filter = args.filter ?? {};
    const search = await searchOf(filter);
    // Without a search word, all rewards are equally relevant.
    const sort = search ? (args.sort ?? "RELEVANCE") : args.sort === "RELEVANCE" ? "POPULAR" : (args.sort ?? "POPULAR");
    const bounds = readPage(args, rewardCursor.shape(sort));
    const query: RewardQuery = { ...(await toConditions(filter, context)), ...(search && { search }), sort };
    const fields = fieldsRead(info);
    const found = await rewards.page(query, { ...bounds, now, ...(fields && { fields }) });
    return {
      ...toPage(found, bounds),
      cursorOf: (reward) => makeCursor(rewardCursor.of(sort, reward)),
      totalCount: () => rewards.count(query, now, found),
      brands: () => rewards.brands(query, now),
    };
  }

  async function searchOf({ search }: RewardFilter): Promise<RewardSearch | null> {
    if (!search) return null;
    if (search.length > MAX_SEARCH_LENGTH)
      throw badUserInput("filter.search", `at most ${MAX_SEARCH_LENGTH} characters`);
    return deps.readSearch(search);
  }

  const payload = (answer: Awaited<ReturnType<ManageRewards["archive"]>>) =>
    isRefused(answer) ? { userErrors: answer.refusals } : { reward: answer, userErrors: [] };
  /** Changes the reward of a global id; an invalid id counts as not found. */
  const changing = async (globalId: string, change: (rewardId: string) => ReturnType<ManageRewards["archive"]>) => {
    const rewardId = uuidOf("Reward", globalId);
    return payload(rewardId ? await change(rewardId) : rewardNotFound());
  };

  return {
    Query: {
      rewards: (_, args, context, info) => list(args, context, info),
      reward(_, { id, sku }, { loaders }) {
        if ((id == null) === (sku == null)) throw badUserInput("id", "give either id or sku");
        if (sku != null) return loaders.rewardBySku.load(sku);
        const rewardId = uuidOf("Reward", id ?? "");
        return rewardId ? loaders.reward.load(rewardId) : null;
      },
      rewardCategories: () => deps.categories(clock.now()),
      expiringVouchers(_, { withinDays }, context) {
        requireOperator(context, "catalogue", "support");
        const days = withinDays ?? 30;
        if (days < 0 || days > MAX_EXPIRING_DAYS)
          throw badUserInput("withinDays", `must be 0 to ${MAX_EXPIRING_DAYS}, found ${days}`);
        return deps.expiringVouchers(days);
      },
      async voucherPool(_, { rewardId: globalId }, context) {
        requireOperator(context, "catalogue", "support");
        const rewardId = uuidOf("Reward", globalId);
        const reward = rewardId ? await context.loaders.reward.load(rewardId) : null;
        return reward && isFromPool(reward) ? pools.read(reward) : null;
      },
      catalogSync(_, __, context) {
        requireOperator(context, "catalogue", "support");
        return lastSync();
      },
    },

    Mutation: {
      createReward: async (_, { input }, context) =>
        payload(await manageRewards.create(input, requireOperator(context, "catalogue"))),
      updateReward(_, { input: { rewardId, ...changes } }, context) {
        const operatorId = requireOperator(context, "catalogue");
        return changing(rewardId, (id) => manageRewards.update(id, changes, operatorId));
      },
      archiveReward(_, { input }, context) {
        const operatorId = requireOperator(context, "catalogue");
        return changing(input.rewardId, (id) => manageRewards.archive(id, operatorId));
      },
      adjustStock(_, { input: { rewardId, change, note } }, context) {
        const operatorId = requireOperator(context, "catalogue");
        return changing(rewardId, (id) => manageRewards.adjustStock(id, change, note ?? undefined, operatorId));
      },
      async importVoucherCodes(_, { input }, context) {
        const operatorId = requireOperator(context, "catalogue");
        const rewardId = uuidOf("Reward", input.rewardId);
        const report = rewardId ? await importVoucherCodes({ ...input, rewardId }, operatorId) : rewardNotFound();
        if (isRefused(report)) return { imported: 0, rejected: [], userErrors: report.refusals };
        return { ...report, userErrors: [] };
      },
      async voidVoucherCode(_, { input: { voucherId, note } }, context) {
        const operatorId = requireOperator(context, "catalogue");
        return payload(await pools.voidCode(uuidOf("PoolVoucher", voucherId) ?? NO_UUID, note, operatorId));
      },
      async syncCatalog(_, __, context) {
        requireOperator(context, "catalogue");
        const { problem, ...counts } = await syncCatalog();
        return { ...counts, userErrors: problem === null ? [] : [refusal("UPSTREAM_UNAVAILABLE", problem)] };
      },
    },

    Reward: {
      async __resolveReference(reference, { loaders }) {
        const sku = "sku" in reference ? textOf(reference.sku) : null;
        if (sku !== null) return loaders.rewardBySku.load(sku);
        const rewardId = "id" in reference ? uuidOf("Reward", reference.id) : null;
        return rewardId ? loaders.reward.load(rewardId) : null;
      },
      id: ({ id }) => toGlobalId("Reward", id),
      state: (reward) => stateOf(reward, clock.now()),
      name: (reward, args, context) => rewardText(reward, "name", args, context),
      description: (reward, args, context) => rewardText(reward, "description", args, context),
      terms: (reward, args, context) => rewardText(reward, "terms", args, context),
      howToUse: (reward, args, context) => rewardText(reward, "howToUse", args, context),
      textLanguage: rewardLanguage,
      async texts({ id }, _, { loaders }) {
        const texts = Object.entries(await loaders.rewardTexts.load(id));
        return texts.map(([language, text]) => ({ language, ...text })).toSorted(byLanguage);
      },
      shownCategory: ({ category }, args, context) => translated(category, args, context),
      redeemability: (reward, { wallet }, context) => readRedeemability(reward, wallet, context),
    },

    RewardCategory: { shownName: ({ name }, args, context) => translated(name, args, context) },

    VoucherCounts: {
      revealed: (counts) => counts.revealed(),
    },
    ExpiringVouchers: {
      async reward({ rewardId }, _, { loaders }) {
        const reward = await loaders.reward.load(rewardId);
        if (!reward) throw new Error(`there is no reward ${rewardId}`);
        return reward;
      },
    },
    RewardConnection: { ...connectionFields<Reward>(), brands: (connection) => connection.brands() },

    VoucherPool: {
      codesEnding({ reward }, { ending }) {
        if (ending.length < 2 || ending.length > 4) throw badUserInput("ending", "must have 2 to 4 characters");
        return pools.codesEnding(reward.id, ending);
      },
    },

    PoolVoucher: {
      id: ({ id }) => toGlobalId("PoolVoucher", id),
      validUntil: ({ validUntil }) => validUntil?.toISOString().slice(0, 10) ?? null,
      order: ({ orderId }, _, { viewer, loaders }) =>
        orderId !== null && seesAllCustomers(viewer) ? loaders.order.load(orderId) : null,
    },
  };
}

const byLanguage = (a: { language: string }, b: { language: string }) => a.language.localeCompare(b.language);

/** Fields of `Reward` that read exactly one column; the others need more of the row. */
const plainFields: ReadonlySet<string> = new Set<RewardField>([
  ...([
    "sku",
    "name",
    "description",
    "kind",
    "source",
    "points",
    "brand",
    "category",
    "imageUrl",
    "terms",
    "howToUse",
  ] as const),
  ...(["validFrom", "validUntil", "stock", "limitPerCustomer", "payableWith"] as const),
]);

/** Fields stored in a column of another name. Translations are loaded by the id. */
const columnsOf: Readonly<Record<string, readonly RewardField[]>> = {
  __typename: [],
  id: [],
  textLanguage: [],
  texts: [],
  shownCategory: ["category"],
};

const fieldsReadBy = new WeakMap<FieldNode, RewardField[] | null>();

/** The columns that an operation needs for a list of rewards; undefined for all. */
function fieldsRead(info: GraphQLResolveInfo): RewardField[] | undefined {
  const [field, ...others] = info.fieldNodes;
  if (!field || others.length > 0) return findFieldsRead(info);
  const known = fieldsReadBy.get(field); // the parsed nodes of a repeated document are the same objects
  if (known !== undefined) return known ?? undefined;
  const found = findFieldsRead(info);
  fieldsReadBy.set(field, found ?? null);
  return found;
}

function findFieldsRead(info: GraphQLResolveInfo): RewardField[] | undefined {
  const asked = [...selectedFields(info, [["nodes"], ["edges", "node"]])].flatMap(
    (name): readonly string[] => columnsOf[name] ?? [name],
  );
  return asked.every((name) => plainFields.has(name)) ? (asked.toSorted() as RewardField[]) : undefined;
}

const MAX_EXPIRING_DAYS = 366;
/** PostgreSQL rejects words of more than 2046 bytes. */
const MAX_SEARCH_LENGTH = 500;

async function toConditions(
  filter: RewardFilter,
  context: Context<PurchaseLoaders>,
): Promise<Omit<RewardQuery, "sort" | "search">> {
  const { kinds, sources, categories, brands, pointsMin, pointsMax, affordableWith, states } = filter;
  const { inStock, newSince, endingBefore, payableWith } = filter;
  const ceiling = affordableWith
    ? await spendableFrom(affordableWith, requireCustomer(context).customerId, context)
    : undefined;
  const max = Math.min(pointsMax ?? Number.POSITIVE_INFINITY, ceiling ?? Number.POSITIVE_INFINITY);
  return {
    ...(kinds && { kinds }),
    ...(sources && { sources }),
    ...(categories && { categories }),
    ...(brands && { brands }),
    ...(pointsMin != null && { pointsMin }),
    ...(Number.isFinite(max) && { pointsMax: max }),
    ...(affordableWith && { payableWith: affordableWith.payWith }),
    ...(payableWith && { payableWithAny: payableWith }),
    ...(inStock != null && { inStock }),
    ...(newSince && { newSince }),
    ...(endingBefore && { endingBefore }),
    ...(states && { states }),
  };
}
