import { type GroupStanding, type ReadGroups, standingIn } from "../group/index.ts";
import type { CallOptions } from "../upstream/capillary/caller.ts";
import type { Points, Redeemable } from "../upstream/capillary/points.ts";
import { UpstreamError } from "../upstream/upstream-error.ts";
import { type CustomerView, hidden } from "./customer-view.ts";
import type { IndividualLedger } from "./mirror/mirrored-reward.ts";
import type { ReadCustomerViews } from "./read-customer-views.ts";
import type { Reward } from "./reward.ts";

/** The points that Capillary would charge: to a group's wallet or, for null, to the customer's own. */
export interface Payment {
  groupId: string | null;
  points: number;
}

/** Capillary's facts about one customer. Each method throws UpstreamError if they cannot be read. */
export interface CapillaryQueries {
  view(reward: Reward): Promise<CustomerView>;
  group(groupId: string): Promise<GroupStanding>;
  isRedeemable(payment: Payment): Promise<Redeemable>;
}

/** Whether Capillary charges the points: always those of a group, and a customer's own if Capillary holds them. */
export const isChargedByCapillary = (
  { reward, groupId }: { reward: Pick<Reward, "source">; groupId: string | null },
  ledger: IndividualLedger,
): boolean => groupId !== null || (reward.source === "CAPILLARY" && ledger === "capillary");

export interface UncachedQueriesDeps {
  readGroups: ReadGroups;
  readViews: ReadCustomerViews;
  /** Undefined without Capillary. */
  points: Pick<Points, "isRedeemable"> | undefined;
}

/** Reads for an order, without shared answers: the customer's groups once, everything else at each request. */
export type UncachedQueries = (customerId: string) => CapillaryQueries;

export function makeUncachedQueries({ readGroups, readViews, points }: UncachedQueriesDeps): UncachedQueries {
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
      isRedeemable: (payment) => queryRedeemable(points, customerId, payment, { isForOrder: true }),
    };
  };
}

export async function queryRedeemable(
  points: UncachedQueriesDeps["points"],
  customerId: string,
  { groupId, points: amount }: Payment,
  options: CallOptions = {},
): Promise<Redeemable> {
  if (!points) {
    const facts = { service: "capillary", operation: "isredeemable", outcome: "transient" } as const;
    throw new UpstreamError(facts, "Capillary is not configured");
  }
  const customer = { externalId: customerId };
  return points.isRedeemable({ customer, points: amount, ...(groupId !== null && { group: { groupId } }), ...options });
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
