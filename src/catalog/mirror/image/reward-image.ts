import type { Clock } from "../../../platform/clock.ts";
import type { Db } from "../../../platform/db.ts";
import type { Logger } from "../../../platform/logger.ts";
import { makeSingleFlight } from "../../../platform/single-flight.ts";
import type { Catalogue } from "../../../upstream/capillary/catalogue.ts";
import { UpstreamError } from "../../../upstream/upstream-error.ts";
import { fallbackPicture } from "./fallback-picture.ts";
import type { Picture, PictureFetcher } from "./fetch-picture.ts";

export interface RewardImage extends Picture {
  /** Whether it is a placeholder for an unavailable picture. */
  isFallback: boolean;
}

/** The picture of a mirrored reward; null if the reward does not exist. */
export type ReadRewardImage = (rewardId: string) => Promise<RewardImage | null>;

export interface RewardImageDeps {
  db: Db;
  /** Undefined without Capillary. */
  catalogue: Pick<Catalogue, "brand" | "reward"> | undefined;
  pictures: Pick<PictureFetcher, "fetch">;
  clock: Clock;
  log: Logger;
}

const KEPT_MS = 10 * 60_000;
/** Limits requests for missing pictures to one Capillary call a minute for each reward. */
const MISSING_MS = 60_000;
const KEPT_BYTES = 32 * 1024 * 1024;

/**
 * Capillary's picture URLs expire after about an hour. The last known URL is tried first, then the one of the reward's
 * current definition. Pictures are cached in memory; the oldest are evicted first.
 */
export function makeReadRewardImage(deps: RewardImageDeps): ReadRewardImage {
  const { db, catalogue, pictures, clock, log } = deps;
  const together = makeSingleFlight<RewardImage | null>();
  const kept = new Map<string, { picture: RewardImage; until: number }>();
  let keptBytes = 0;
  let brandId: string | undefined;

  function forget(rewardId: string) {
    const entry = kept.get(rewardId);
    if (entry && kept.delete(rewardId)) keptBytes -= entry.picture.bytes.length;
  }
  function keep(rewardId: string, picture: RewardImage) {
    forget(rewardId);
    const until = clock.now().getTime() + (picture.isFallback ? MISSING_MS : KEPT_MS);
    kept.set(rewardId, { picture, until });
    keptBytes += picture.bytes.length;
    for (const oldest of kept.keys()) {
      if (keptBytes <= KEPT_BYTES) break;
      forget(oldest);
    }
  }

  /** The picture's URL in the reward's current definition. */
  async function currentAddress(upstreamId: string): Promise<string | null> {
    if (!catalogue) return null;
    try {
      brandId ??= (await catalogue.brand())?.id;
      const reward =
        brandId === undefined ? null : await catalogue.reward({ brandId, rewardId: upstreamId, isBackground: true });
      return reward?.imageUrl ?? reward?.thumbnailUrl ?? null;
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      log.debug({ err: error, upstreamId }, "The picture's address could not be read from Capillary");
      return null;
    }
  }

  async function find(rewardId: string): Promise<RewardImage | null> {
    const where = { id: rewardId, source: "CAPILLARY" } as const;
    const select = { upstreamId: true, upstreamImageUrl: true, brand: true, category: true };
    const reward = await db.reward.findUnique({ where, select });
    if (!reward?.upstreamId) return null;
    const { upstreamId, upstreamImageUrl: seen } = reward;
    const stored = seen === null ? null : await pictures.fetch(seen);
    if (stored) return { ...stored, isFallback: false };
    const current = await currentAddress(upstreamId);
    if (current === null || current === seen) return fallbackOf(reward);
    await db.reward.updateMany({ where, data: { upstreamImageUrl: current } });
    const found = await pictures.fetch(current);
    return found ? { ...found, isFallback: false } : fallbackOf(reward);
  }

  return async (rewardId) => {
    const known = kept.get(rewardId);
    if (known && known.until > clock.now().getTime()) return known.picture;
    return together(rewardId, async () => {
      const picture = await find(rewardId);
      if (picture === null) forget(rewardId);
      else keep(rewardId, picture);
      return picture;
    });
  };
}

const fallbackOf = (reward: { brand: string; category: string }): RewardImage => ({
  type: "image/svg+xml",
  bytes: Buffer.from(fallbackPicture(reward)),
  isFallback: true,
});

/**
 * The placeholder that storefronts show if a reward's own picture fails to load, by SKU; null if the reward does not
 * exist.
 */
export type ReadFallbackImage = (sku: string) => Promise<string | null>;

export const makeReadFallbackImage =
  ({ db }: Pick<RewardImageDeps, "db">): ReadFallbackImage =>
  async (sku) => {
    const reward = await db.reward.findUnique({ where: { sku }, select: { brand: true, category: true } });
    return reward && fallbackPicture(reward);
  };
