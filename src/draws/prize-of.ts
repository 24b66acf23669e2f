import type { DrawCampaign } from "./draw-campaign.ts";

/** How many of each prize have been given, by id; what is not there is 0. */
export type Awarded = Readonly<Record<string, number>>;

/** A prize may be called `constructor`, so only what was put there counts. */
export const quantityOf = (given: Awarded, id: string) => (Object.hasOwn(given, id) ? (given[id] ?? 0) : 0);
export const oneMore = (given: Awarded, id: string): Awarded => ({ ...given, [id]: quantityOf(given, id) + 1 });

/**
 * The prize a roll hits, and the one its ticket gets: the same, or the fallback when the one it hit has run out.
 *
 * The prizes lie side by side on 0 … 999 999, each as wide as its odds: with 1000 and 50 000 parts per million, the rolls
 * 0 … 999 hit the first, 1000 … 50 999 the second, and all above hit nothing and get the fallback.
 */
export function prizeOf(
  { prizes, fallback }: DrawCampaign,
  roll: number,
  given: Awarded,
): { hit: string; prize: string } {
  let end = 0;
  for (const { id, oddsPpm, stock } of prizes) {
    end += oddsPpm;
    if (roll >= end) continue;
    const isLeft = stock === null || quantityOf(given, id) < stock;
    return { hit: id, prize: isLeft ? id : fallback };
  }
  return { hit: fallback, prize: fallback };
}
