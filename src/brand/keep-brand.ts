import type { Bus } from "../platform/events.ts";
import type { Logger } from "../platform/logger.ts";
import { type Brand, defaultBrand } from "./brand.store.ts";

/** Notified after the brand was set. */
export const BRAND_CHANGED = "brand/changed";

/** The longest delay for changes by other processes behind a transaction pooler: the `maxAge` of the field. */
const KEPT_MS = 30_000;

/**
 * Caches the brand until it changes in any process, because each page of the microsite has it. While the database cannot be read, the
 * last known brand applies.
 */
export function keepBrand(deps: { read(): Promise<Brand>; bus: Pick<Bus, "on">; log: Logger }): () => Promise<Brand> {
  const { read, bus, log } = deps;
  let last = defaultBrand;
  let kept: { readAt: number; brand: Promise<Brand> } | undefined;
  bus.on(BRAND_CHANGED, () => {
    kept = undefined;
  });
  return () => {
    if (kept && performance.now() - kept.readAt < KEPT_MS) return kept.brand;
    const brand = read().then(
      (found) => {
        last = found;
        return found;
      },
      (error: unknown) => {
        log.warn({ err: error }, "The brand cannot be read; pages show the last known one");
        return last;
      },
    );
    kept = { readAt: performance.now(), brand };
    return brand;
  };
}
