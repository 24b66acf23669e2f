import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../platform/clock.ts";
import type { CallOptions } from "../upstream/capillary/caller.ts";
import { CapillaryError } from "../upstream/capillary/capillary-error.ts";
import type { Catalogue } from "../upstream/capillary/catalogue.ts";
import { UpstreamError } from "../upstream/upstream-error.ts";
import { type CustomerView, hidden, viewOf, viewOfRefusal } from "./customer-view.ts";
import type { MirrorStore } from "./mirror/mirror.store.ts";
import type { IndividualLedger } from "./mirror/mirrored-reward.ts";
import type { Reward } from "./reward.ts";

/**
 * A customer's current views of Capillary rewards, by Capillary's id and in the order of the input. An unreadable
 * reward is an Error in its place. If a price or a date differs from the stored one, the stored one is updated.
 */
export interface ReadCustomerViews {
  /** A call for each reward. */
  oneByOne(userId: string, rewards: readonly Reward[], options: CallOptions): Promise<(CustomerView | Error)[]>;
  /** From a list read for the customer. */
  fromList(rewards: readonly Reward[], list: CustomerList): Promise<(CustomerView | Error)[]>;
  /** The pages of all rewards that the customer may see. */
  list(userId: string, options: CallOptions): Promise<CustomerList>;
}

/** The rewards that a customer may see, by Capillary's id. */
export interface CustomerList {
  views: ReadonlyMap<string, CustomerView>;
  /** Whether an absent reward is certainly hidden from the customer. */
  isComplete: boolean;
}

export interface ReadCustomerViewsDeps {
  /** Undefined without Capillary. */
  catalogue: Pick<Catalogue, "customerReward" | "customerRewards"> | undefined;
  refresh: MirrorStore["refresh"];
  ledger: IndividualLedger;
  clock: Clock;
}

/** Pages of a hundred rewards. */
const MAX_PAGES = 20;

export function makeReadCustomerViews({ catalogue, refresh, ledger, clock }: ReadCustomerViewsDeps): ReadCustomerViews {
  const unread = (message: string) =>
    new UpstreamError({ service: "capillary", operation: "customer-reward", outcome: "transient" }, message);

  async function one(userId: string, reward: Reward, options: CallOptions): Promise<CustomerView | Error> {
    if (!catalogue || reward.upstreamId === null) return unread("Capillary is not configured");
    try {
      const found = await catalogue.customerReward({ customerId: userId, rewardId: reward.upstreamId, ...options });
      return found ? viewOf(found, ledger) : hidden;
    } catch (error) {
      if (error instanceof CapillaryError && error.outcome === "refused") return viewOfRefusal(error);
      return error as Error;
    }
  }

  async function upToDate(rewards: readonly Reward[], views: readonly (CustomerView | Error)[]): Promise<void> {
    const stale = rewards.flatMap(({ upstreamId, ...reward }, index) => {
      const view = views[index];
      if (!view || view instanceof Error || !view.isShown || upstreamId === null) return [];
      const { points, payableWith, paymentConfigs, validFrom, validUntil } = view.terms;
      const terms = { points, payableWith, paymentConfigs, validFrom, validUntil };
      const known = Object.fromEntries(Object.keys(terms).map((name) => [name, reward[name as keyof typeof terms]]));
      return isDeepStrictEqual(known, terms) ? [] : [{ upstreamId, ...terms }];
    });
    if (stale.length > 0) await refresh(stale, clock.now());
  }

  return {
    async oneByOne(userId, rewards, options) {
      const views = await Promise.all(rewards.map((reward) => one(userId, reward, options)));
      await upToDate(rewards, views);
      return views;
    },

    async list(userId, options) {
      if (!catalogue) throw unread("Capillary is not configured");
      const views = new Map<string, CustomerView>();
      let unreadable = 0;
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const before = views.size;
        const answer = await catalogue.customerRewards({ customerId: userId, page, ...options });
        for (const reward of answer.rows) views.set(reward.id, viewOf(reward, ledger));
        unreadable += answer.unreadable;
        if (answer.isLast) return { views, isComplete: unreadable === 0 };
        if (views.size === before) break; // the page repeats an earlier one: the API ignored the paging parameters
      }
      return { views, isComplete: false };
    },

    async fromList(rewards, { views, isComplete }) {
      const found = rewards.map(
        ({ upstreamId }) =>
          views.get(upstreamId ?? "") ?? (isComplete ? hidden : unread("the customer's list is not complete")),
      );
      await upToDate(rewards, found);
      return found;
    },
  };
}
