import DataLoader from "dataloader";
import { type GroupLoaders, standingIn } from "../group/index.ts";
import type { Asking } from "../upstream/capillary/caller.ts";
import type { Points, Redeemable } from "../upstream/capillary/points.ts";
import { type AskCapillary, askRedeemable, type Payment } from "./ask-capillary.ts";
import { askPrices } from "./ask-prices.ts";
import { type CustomerView, hidden } from "./customer-view.ts";
import type { CustomerList, ReadCustomerViews } from "./read-customer-views.ts";
import type { Reward } from "./reward.ts";

export interface CapillaryLoaders {
  /** A Capillary reward as one customer sees it. */
  customerView: DataLoader<{ customerId: string; reward: Reward }, CustomerView, string>;
  /** Whether Capillary would charge so many points. */
  redeemable: DataLoader<Payment & { customerId: string }, Redeemable, string>;
}

/** From this number of rewards on, reading the customer's whole list takes fewer calls, mostly one. */
const WORTH_A_LIST = 3;

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
  function listFor(userId: string, rewards: number, asking: Asking): Promise<CustomerList> | undefined {
    const known = lists.get(userId);
    if (known || rewards < WORTH_A_LIST) return known;
    const list = readViews.list(userId, asking);
    if (cache) lists.set(userId, list);
    return list;
  }

  async function viewsFor(customerId: string, rewards: readonly Reward[]): Promise<(CustomerView | Error)[]> {
    try {
      const userId = await capillaryUserId.load(customerId);
      if (userId === null) return rewards.map(() => hidden);
      const asking = { requestId, onBehalfOf: customerId };
      const list = listFor(userId, rewards.length, asking);
      return await (list ? readViews.fromList(rewards, await list) : readViews.oneByOne(userId, rewards, asking));
    } catch (error) {
      return rewards.map(() => error as Error);
    }
  }

  return {
    customerView: new DataLoader(
      async (keys) => {
        const views = new Map<object, CustomerView | Error>();
        for (const [customerId, theirs] of Map.groupBy(keys, (key) => key.customerId)) {
          const rewards = theirs.map(({ reward }) => reward);
          for (const [index, view] of (await viewsFor(customerId, rewards)).entries())
            views.set(theirs[index] ?? {}, view);
        }
        return keys.map((key) => views.get(key) ?? hidden);
      },
      { cache, cacheKeyFn: ({ customerId, reward }) => `${reward.id} ${customerId}` },
    ),

    redeemable: new DataLoader(
      async (keys) => {
        const walletOf = ({ customerId, groupId }: (typeof keys)[number]) => JSON.stringify([customerId, groupId]);
        const answers = new Map<string, ReturnType<typeof askPrices>>();
        for (const [wallet, payments] of Map.groupBy(keys, walletOf)) {
          const [{ customerId, groupId }] = payments as [(typeof keys)[number]];
          const ask = (points: number) =>
            askRedeemable(deps.points, customerId, { groupId, points }, { requestId, onBehalfOf: customerId });
          answers.set(
            wallet,
            askPrices(
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
export function askThrough(loaders: CapillaryLoaders & GroupLoaders, customerId: string): AskCapillary {
  return {
    view: (reward) => loaders.customerView.load({ customerId, reward }),
    group: async (groupId) =>
      standingIn(await loaders.groupsOf.load(customerId), groupId, (id) => loaders.groupBalance.load(id)),
    isRedeemable: (payment) => loaders.redeemable.load({ ...payment, customerId }),
  };
}
