import { type GroupStanding, type ReadGroups, standingIn } from "../group/index.ts";
import type { Asking } from "../upstream/capillary/caller.ts";
import type { Points, Redeemable } from "../upstream/capillary/points.ts";
import { UpstreamError } from "../upstream/upstream-error.ts";
import { type CustomerView, hidden } from "./customer-view.ts";
import type { IndividualLedger } from "./mirror/mirrored-reward.ts";
import type { ReadCustomerViews } from "./read-customer-views.ts";
import type { Reward } from "./reward.ts";

/** What would be taken at Capillary, from a group's wallet or, for null, from the customer's own. */
export interface Payment {
  groupId: string | null;
  points: number;
}

/** What Capillary can be asked about one customer. Each throws UpstreamError when it cannot be. */
export interface AskCapillary {
  view(reward: Reward): Promise<CustomerView>;
  group(groupId: string): Promise<GroupStanding>;
  isRedeemable(payment: Payment): Promise<Redeemable>;
}

/** Whether Capillary takes the points: a group's always, the customer's own where theirs are there too. */
export const isPaidThere = (
  { reward, groupId }: { reward: Pick<Reward, "source">; groupId: string | null },
  ledger: IndividualLedger,
): boolean => groupId !== null || (reward.source === "CAPILLARY" && ledger === "capillary");

export interface AskFreshDeps {
  readGroups: ReadGroups;
  readViews: ReadCustomerViews;
  /** Undefined where there is no Capillary. */
  points: Pick<Points, "isRedeemable"> | undefined;
}

/** Asks past everything that is shared, for an order: the customer's groups once, everything else when it is asked for. */
export type AskFresh = (customerId: string) => AskCapillary;

export function makeAskFresh({ readGroups, readViews, points }: AskFreshDeps): AskFresh {
  return (customerId) => {
    const unshared = { unshared: true, isForOrder: true };
    const userId = once(() => readGroups.userIdOf(customerId, unshared));
    const groups = once(async () => {
      const id = await userId();
      return id === null ? [] : readGroups.groupsOf(id, unshared);
    });
    return {
      async view(reward) {
        const id = await userId();
        if (id === null) return hidden;
        const [view] = await readViews.oneByOne(id, [reward], { isForOrder: true });
        if (!view || view instanceof Error) throw view;
        return view;
      },
      group: async (groupId) =>
        standingIn(
          await groups(),
          groupId,
          async (id) => (await readGroups.group({ groupId: id }, unshared))?.balance ?? null,
        ),
      isRedeemable: (payment) => askRedeemable(points, customerId, payment, { isForOrder: true }),
    };
  };
}

export async function askRedeemable(
  points: AskFreshDeps["points"],
  customerId: string,
  { groupId, points: amount }: Payment,
  asking: Asking = {},
): Promise<Redeemable> {
  if (!points) {
    const facts = { service: "capillary", operation: "isredeemable", outcome: "transient" } as const;
    throw new UpstreamError(facts, "there is no Capillary here");
  }
  const customer = { externalId: customerId };
  return points.isRedeemable({ customer, points: amount, ...(groupId !== null && { group: { groupId } }), ...asking });
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
