import type { Catalogue } from "../../upstream/capillary/catalogue.ts";
import type { CapillaryReward } from "../../upstream/capillary/wire/reward.ts";
import { hasOutcome, type UpstreamError } from "../../upstream/upstream-error.ts";

/** Capillary's list, complete or partial. */
export interface Listing {
  rewards: Map<string, CapillaryReward>;
  pages: number;
  /** The reason why the list may be incomplete, for operators; null if it is complete. */
  problem: string | null;
  /** The failure behind the problem, for the log. */
  error?: UpstreamError;
}

/** A hundred thousand rewards. More pages repeat earlier ones. */
const MAX_PAGES = 1_000;

/** Reads pages until one is not full: the API's totals are unreliable. */
export async function readListing(
  catalogue: Pick<Catalogue, "cataloguePage">,
  options: { brandId: string; pageSize: number; signal: AbortSignal },
): Promise<Listing> {
  const { brandId, pageSize: size, signal } = options;
  const rewards = new Map<string, CapillaryReward>();
  const ended = (pages: number, problem: string | null, error?: UpstreamError): Listing => ({
    rewards,
    pages,
    problem,
    ...(error && { error }),
  });
  let unreadable = 0;

  for (let page = 0; page < MAX_PAGES; page += 1) {
    if (signal.aborted) return ended(page, "The gateway was stopped meanwhile.");
    let rows: CapillaryReward[];
    let isLast: boolean;
    try {
      const answer = await catalogue.cataloguePage({ brandId, page, size });
      ({ rows, isLast } = answer);
      unreadable += answer.unreadable;
    } catch (error) {
      if (!hasOutcome(error, "transient", "refused", "unknown")) throw error;
      return ended(page, `Page ${page + 1} of the catalogue could not be read.`, error);
    }
    const before = rewards.size;
    for (const reward of rows) rewards.set(reward.id, reward);
    if (isLast) {
      if (unreadable > 0) return ended(page + 1, `${unreadable} rewards could not be read.`);
      return ended(page + 1, rewards.size === 0 ? "The catalogue came empty." : null);
    }
    if (rewards.size === before) return ended(page + 1, `Page ${page + 1} of the catalogue had nothing new.`);
  }
  return ended(MAX_PAGES, "The catalogue has no end.");
}
