import type { Clock } from "../../platform/clock.ts";
import type { Capillary } from "../../upstream/capillary/capillary.ts";
import type { IssueSearch } from "../../upstream/capillary/issuing.ts";
import type { Issue } from "../order-aggregate.ts";
import { keysOf } from "./issue-keys.ts";
import type { IssuedUnit } from "./record-issue-outcome.ts";

/** Only narrows which tries without a reference could be ours. */
const CLOCKS_DIFFER_MS = 10 * 60 * 1_000;

/** What Capillary's own records tell of issues. All throw UpstreamError. */
export interface FindIssued {
  /** Looks for the present try of a unit among the customer's issuals. Null when Capillary does not know the customer. */
  search(issue: Issue, customerId: string): Promise<IssueSearch | null>;
  /** What was given in a transaction; null when it is not one that gave something to this customer. */
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
      const isTheirs = owner === null || owner === userId;
      return isTheirs && state !== "failed" ? { transactionId, points, vouchers } : null;
    },
  };
}
