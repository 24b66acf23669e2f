import type { Bus } from "../platform/events.ts";
import type { CountedCategory } from "./reward.store.ts";

/** Notified after rewards were added, changed or archived, so that categories may have changed; not for stock. */
export const CATALOGUE_CHANGED = "catalogue/changed";

/**
 * The longest delay for offers that begin or end, and for changes by other processes behind a transaction pooler: the
 * `maxAge` of the field.
 */
const KEPT_MS = 30_000;

/**
 * Caches the categories until the catalogue changes in any process, because counting them reads every reward on offer.
 *
 * @param deps.read counts the rewards on offer at a moment
 */
export function keepCategories(deps: { read(now: Date): Promise<CountedCategory[]>; bus: Pick<Bus, "on"> }) {
  let kept: { readAt: Date; categories: Promise<CountedCategory[]> } | undefined;
  deps.bus.on(CATALOGUE_CHANGED, () => {
    kept = undefined;
  });
  return (now: Date): Promise<CountedCategory[]> => {
    if (kept && Math.abs(now.getTime() - kept.readAt.getTime()) < KEPT_MS) return kept.categories;
    const reading = { readAt: now, categories: deps.read(now) };
    kept = reading;
    reading.categories.catch(() => {
      if (kept === reading) kept = undefined;
    });
    return reading.categories;
  };
}
