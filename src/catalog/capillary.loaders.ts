import DataLoader from "dataloader";
import { type GroupLoaders, standingIn } from "../group/index.ts";
import type { CallOptions } from "../upstream/capillary/caller.ts";
import type { Points, Redeemable } from "../upstream/capillary/points.ts";
import { type CapillaryQueries, type Payment, queryRedeemable } from "./capillary-queries.ts";
import { type CustomerView, hidden } from "./customer-view.ts";
import { queryPrices } from "./query-prices.ts";
import type { CustomerList, ReadCustomerViews } from "./read-customer-views.ts";
import type { Reward } from "./reward.ts";

export interface CapillaryLoaders {
  /** A Capillary reward as one customer sees it. */
  customerView: DataLoader<{ customerId: string; reward: Reward }, CustomerView, string>;
  /** Whether Capillary would charge so many points. */
  redeemable: DataLoader<Payment & { customerId: string }, Redeemable, string>;
}

/** From this number of rewards on, reading the customer's whole list takes fewer calls, mostly one. */
const MIN_REWARDS_FOR_LIST = 3;

export function capillaryLoaders(
  deps: {
    readViews: ReadCustomerViews;
    points: Pick<Points, "isRedeemable"> | undefined;
    capillaryUserId: GroupLoaders["capillaryUserId"];
  },
  requestId: string,
  { cache }: { cache: boolean },
): CapillaryLoaders {
  const { readViews, capillaryUserId } = deps;
  const lists = new Map<string, Promise<CustomerList>>();

  /** The customer's list, if it saves calls or was read already. */
  function listFor(userId: string, rewards: number, options: CallOptions): Promise<CustomerList> | undefined {
    const known = lists.get(userId);
    if (known || rewards < MIN_REWARDS_FOR_LIST) return known;
    const list = readViews.list(userId, options);
    if (cache) lists.set(userId, list);
    return list;
  }

  async function viewsFor(customerId: string, rewards: readonly Reward[]): Promise<(CustomerView | Error)[]> {
    try {
      const userId = await capillaryUserId.load(customerId);
      if (userId === null) return rewards.map(() => hidden);
      const options = { requestId, onBehalfOf: customerId };
      const list = listFor(userId, rewards.length, options);
      return await (list ? readViews.fromList(rewards, await list) : readViews.oneByOne(userId, rewards, options));
    } catch (error) {
      return rewards.map(() => error as Error);
    }
  }

  return {
    customerView: new DataLoader(
      async (keys) => {
        const views = new Map<object, CustomerView | Error>();
        for (const [customerId, customerKeys] of Map.groupBy(keys, (key) => key.customerId)) {
          const rewards = customerKeys.map(({ reward }) => reward);
          for (const [index, view] of (await viewsFor(customerId, rewards)).entries())
            views.set(customerKeys[index] ?? {}, view);
        }
        return keys.map((key) => views.get(key) ?? hidden);
      },
      { cache, cacheKeyFn: ({ customerId, reward }) => `${reward.id} ${customerId}` },
    ),

    redeemable: new DataLoader(
      async (keys) => {
        const walletOf = ({ customerId, groupId }: (typeof keys)[number]) => JSON.stringify([customerId, groupId]);
        const answers = new Map<string, ReturnType<typeof queryPrices>>();
        for (const [wallet, payments] of Map.groupBy(keys, walletOf)) {
          const [{ customerId, groupId }] = payments as [(typeof keys)[number]];
          const ask = (points: number) =>
            queryRedeemable(deps.points, customerId, { groupId, points }, { requestId, onBehalfOf: customerId });
          answers.set(
            wallet,
            queryPrices(
              payments.map((payment) => payment.points),
              ask,
            ),
          );
        }
        return Promise.all(
          keys.map(async (key) => (await answers.get(walletOf(key)))?.get(key.points) ?? new Error("was not asked")),
        );
      },
      { cache, cacheKeyFn: ({ customerId, groupId, points: amount }) => JSON.stringify([groupId, amount, customerId]) },
    ),
  };
}

/** Reuses the reads of this operation. */
export function queryThroughLoaders(loaders: CapillaryLoaders & GroupLoaders, customerId: string): CapillaryQueries {
  return {
    view: (reward) => loaders.customerView.load({ customerId, reward }),
    group: async (groupId) =>
      standingIn(await loaders.groupsOf.load(customerId), groupId, (id) => loaders.groupBalance.load(id)),
    isRedeemable: (payment) => loaders.redeemable.load({ ...payment, customerId }),
  };
}
