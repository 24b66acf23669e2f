import type { Config } from "../config/config.ts";
import type { GroupLoaders, ReadGroups } from "../group/index.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import type { Exclusive } from "../platform/exclusive.ts";
import type { Logger } from "../platform/logger.ts";
import type { Capillary } from "../upstream/capillary/capillary.ts";
import { capillaryLoaders } from "./capillary.loaders.ts";
import { makeUncachedQueries } from "./capillary-queries.ts";
import { catalogLoaders } from "./catalog.loaders.ts";
import { catalogResolvers } from "./catalog.resolvers.ts";
import { catalogToolsResolvers } from "./catalog-tools.resolvers.ts";
import { countRedemptions } from "./count-redemptions.ts";
import { makeExpireVouchers } from "./expire-vouchers.ts";
import { makeImportRewards } from "./import-rewards.ts";
import { makeImportVoucherCodes } from "./import-voucher-codes.ts";
import { makeManageRewards } from "./manage-rewards.ts";
import type { PictureFetcher } from "./mirror/image/fetch-picture.ts";
import { makeReadFallbackImage, makeReadRewardImage } from "./mirror/image/reward-image.ts";
import { keepInSync } from "./mirror/keep-in-sync.ts";
import { makeMirrorStore } from "./mirror/mirror.store.ts";
import { makeSyncCatalog } from "./mirror/sync-catalog.ts";
import { makeOverlayRewards } from "./overlay-rewards.ts";
import { makePictures } from "./pictures/pictures.ts";
import { makeS3Storage } from "./pictures/s3-storage.ts";
import { makeReadProducts } from "./products.sql.ts";
import { makeReadCustomerViews } from "./read-customer-views.ts";
import { makeRewardStore } from "./reward.store.ts";
import { CATALOGUE_CHANGED, keepCategories } from "./reward-categories.ts";
import { readSearch } from "./search.sql.ts";
import { makeVoucherPools } from "./voucher-pools.ts";
import type { VoucherVault } from "./voucher-vault.ts";

export { queryThroughLoaders } from "./capillary.loaders.ts";
export { type CapillaryQueries, isChargedByCapillary, type UncachedQueries } from "./capillary-queries.ts";
export { redeemabilityReasonOf } from "./capillary-refusal.ts";
export type { OrderedLoaders } from "./catalog.loaders.ts";
export { applyCustomerView, type CustomerView, hiddenReason, limitBroken } from "./customer-view.ts";
export { expireCodes } from "./expire-codes.sql.ts";
export { makePictureFetcher } from "./mirror/image/fetch-picture.ts";
export { mountRewardImages } from "./mirror/image/image-route.ts";
export type { IndividualLedger } from "./mirror/mirrored-reward.ts";
export { notRedeemable } from "./not-redeemable.ts";
export type { PictureType } from "./pictures/check-picture.ts";
export { mountPictures, pictureHashOf, picturePath } from "./pictures/picture-route.ts";
export type { ReadProducts } from "./products.sql.ts";
export type { PurchaseLoaders } from "./read-redeemability.ts";
export { fromRewardJson, type RewardJson, rewardJson } from "./reward.sql.ts";
export { isFromPool, isShipped, notOnOffer, type Reward, toReward } from "./reward.ts";
export { readSearch } from "./search.sql.ts";
export { checkVault, makeVoucherVault, type VoucherVault } from "./voucher-vault.ts";

export interface CatalogPorts {
  config: Config;
  db: Db;
  bus: Bus;
  clock: Clock;
  log: Logger;
  capillary: Capillary | undefined;
  exclusive: Exclusive;
  pictures: PictureFetcher;
  vault: VoucherVault;
  readGroups: ReadGroups;
  pace: {
    catalogSyncAfterMs: number;
    /** Overrides CATALOG_SYNC_SECONDS. */
    catalogSyncEveryMs: number | undefined;
    catalogPageSize: number | undefined;
  };
}

/** The pictures that operators upload, in the storage of the settings. */
export function openPictures({ config, db, clock, log }: Pick<CatalogPorts, "config" | "db" | "clock" | "log">) {
  const { s3, storage } = config.pictures;
  const objects = s3 && makeS3Storage({ ...s3, timeoutMs: config.upstreamTimeoutMs });
  return { pictures: makePictures({ db, objects, storesObjects: storage === "s3", clock, log }), objects };
}

/** Rewards: the own catalogue, the mirror of Capillary's, voucher codes, and redeemability. */
export function openCatalog(ports: CatalogPorts) {
  const { config, db, bus, clock, log, capillary, exclusive, pictures, vault, readGroups, pace } = ports;
  const timeZone = config.programTimeZone;
  const ledger = config.capillary.individualLedger;
  const { catalogue, points } = capillary ?? {};
  const rewards = makeRewardStore(db);
  const changed = () => bus.notify(CATALOGUE_CHANGED);
  const mirror = makeMirrorStore(db);
  const vouchers = makeExpireVouchers({ db, clock, timeZone, log });
  const readViews = makeReadCustomerViews({ catalogue, refresh: mirror.refresh, ledger, clock });
  const syncCatalog = makeSyncCatalog({
    catalogue,
    store: mirror,
    exclusive,
    ledger,
    ownLanguage: config.programLanguage,
    changed,
    pageSize: pace.catalogPageSize,
    clock,
    log,
  });

  const { pictures: uploads, objects } = openPictures(ports);

  return {
    readProducts: makeReadProducts(db),
    rewardsByIds: rewards.byIds,
    rewardsBySkus: rewards.bySkus,
    uncachedQueries: makeUncachedQueries({ readGroups, readViews, points }),
    readRewardImage: makeReadRewardImage({ db, catalogue, pictures, clock, log }),
    readFallbackImage: makeReadFallbackImage({ db }),
    readPicture: uploads.read,
    sweepPictures: uploads.sweep,
    /** Logs an error if the S3-compatible storage cannot be used. Its pictures are then missing; everything else works. */
    async checkStorage() {
      await objects?.check().catch((error: unknown) => log.error({ err: error }, "Pictures cannot be stored"));
    },
    closeStorage: async () => objects?.close(),
    resolvers: [
      catalogToolsResolvers({
        pictures: uploads,
        importRewards: makeImportRewards({ db, clock, timeZone }),
        overlays: makeOverlayRewards({ db, clock }),
      }),
      catalogResolvers({
        rewards,
        readSearch: (text) => readSearch(db, text),
        categories: keepCategories({ read: rewards.categories, bus }),
        manageRewards: makeManageRewards({ db, clock, own: config.programLanguage, changed }),
        importVoucherCodes: makeImportVoucherCodes({ db, vault, clock, timeZone }),
        expiringVouchers: vouchers.expiring,
        pools: makeVoucherPools({ db, clock }),
        syncCatalog,
        lastSync: () => mirror.lastRun(),
        ledger,
        clock,
      }),
    ],
    loaders: (groups: GroupLoaders, requestId: string, options: { cache: boolean }) => ({
      ...catalogLoaders(rewards, options),
      ...capillaryLoaders({ readViews, points, capillaryUserId: groups.capillaryUserId }, requestId, options),
    }),
    expireVouchers: vouchers.expire,
    async reconcile() {
      await countRedemptions(db);
      await vouchers.expire();
    },
    /** Mirrors Capillary's catalogue periodically. @returns a function that stops it */
    startMirroring(): () => Promise<void> {
      if (!capillary || config.catalogSyncMs <= 0) return async () => {};
      const everyMs = pace.catalogSyncEveryMs ?? config.catalogSyncMs;
      return keepInSync({ sync: syncCatalog, everyMs, firstAfterMs: pace.catalogSyncAfterMs, log });
    },
  };
}
