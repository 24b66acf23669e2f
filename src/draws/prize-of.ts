import type { DrawCampaign } from "./draw-campaign.ts";

/** The number of awarded prizes by id; absent ids count as 0. */
export type Awarded = Readonly<Record<string, number>>;

/** A prize may have the id `constructor`, so inherited properties do not count. */
export const quantityOf = (given: Awarded, id: string) => (Object.hasOwn(given, id) ? (given[id] ?? 0) : 0);
export const withAward = (given: Awarded, id: string): Awarded => ({ ...given, [id]: quantityOf(given, id) + 1 });

/**
 * The prize that a roll hits, and the prize that its ticket gets: the same, or the fallback if the hit prize has run
 * out.
 *
 * The prizes lie side by side on 0 … 999 999, each as wide as its odds. With 1000 and 50 000 parts per million, the
 * rolls 0 … 999 hit the first prize, 1000 … 50 999 the second, and all higher rolls hit no prize and get the fallback.
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
