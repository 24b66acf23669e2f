import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import type { Logger } from "../platform/logger.ts";
import { brandResolvers } from "./brand.resolvers.ts";
import { makeSetBrand, readBrand } from "./brand.store.ts";
import { BRAND_CHANGED, keepBrand } from "./keep-brand.ts";

export type { Brand } from "./brand.store.ts";
export { type BrandedPage, brandManifest, brandPage, MANIFEST_PATH } from "./brand-page.ts";

/** The storefront's name, colour, logo and support link, which operators set. */
export function openBrand({ db, bus, clock, log }: { db: Db; bus: Bus; clock: Clock; log: Logger }) {
  const brand = keepBrand({ read: () => readBrand(db), bus, log });
  return {
    brand,
    resolvers: brandResolvers({
      brand,
      setBrand: makeSetBrand({ db, clock, changed: () => bus.notify(BRAND_CHANGED) }),
    }),
  };
}
