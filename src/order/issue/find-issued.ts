import type { Clock } from "../../platform/clock.ts";
import type { Capillary } from "../../upstream/capillary/capillary.ts";
import type { IssueSearch } from "../../upstream/capillary/issuing.ts";
import type { Issue } from "../order-aggregate.ts";
import { keysOf } from "./issue-keys.ts";
import type { IssuedUnit } from "./record-issue-outcome.ts";

/** The assumed clock difference, which only narrows the tries without a reference that could be ours. */
const CLOCKS_DIFFER_MS = 10 * 60 * 1_000;

/** Reads issues from Capillary's records. All methods throw UpstreamError. */
export interface FindIssued {
  /** Searches the customer's issuals for the current try of a unit. Null if Capillary does not know the customer. */
  search(issue: Issue, customerId: string): Promise<IssueSearch | null>;
  /** Reads the reward issued in a transaction; null if that transaction issued no reward to this customer. */
  inTransaction(transactionId: string, customerId: string): Promise<IssuedUnit | null>;
}

export function makeFindIssued({ capillary, clock }: { capillary: Capillary; clock: Clock }): FindIssued {
  const { customers, issuing } = capillary;
  const userIdOf = async (customerId: string) => (await customers.customer({ externalId: customerId }))?.id ?? null;

  return {
    async search(issue, customerId) {
      const userId = await userIdOf(customerId);
      if (userId === null) return null;
      const since = new Date((issue.sentAt ?? clock.now()).getTime() - CLOCKS_DIFFER_MS);
      return issuing.searchIssue({ ...keysOf(issue), customerId: userId, rewardId: issue.upstreamRewardId, since });
    },

    async inTransaction(transactionId, customerId) {
      const userId = await userIdOf(customerId);
      const { state, customerId: owner, points, vouchers } = await issuing.transaction(transactionId);
      const belongsToCustomer = owner === null || owner === userId;
      return belongsToCustomer && state !== "failed" ? { transactionId, points, vouchers } : null;
    },
  };
}
