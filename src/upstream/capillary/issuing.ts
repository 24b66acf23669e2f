import { exactNumber } from "../../platform/exact-json.ts";
import type { Caller } from "./caller.ts";
import { rewardsEnvelope } from "./envelope.ts";
import {
  asNumber,
  type CustomerKey,
  customerInIssue,
  customerKeyText,
  type GroupSelector,
  groupInIssue,
} from "./identities.ts";
import {
  attemptPage,
  type IssueAttempt,
  type Issued,
  type IssueTransaction,
  issuedAs,
  issueTransaction,
  revoked,
  transactionEnvelope,
} from "./wire/issue.ts";

const PAGE_SIZE = 100;
/**
 * The page limit of one customer's history of one reward. Beyond it the search fails instead of reporting that nothing
 * was found.
 */
const MAX_PAGES = 50;

/** The keys that identify a try afterwards. Both must be recorded before the call. */
export interface IssueKeys {
  /** The idempotency key, unique over all customers. */
  requestId: string;
  /** Shown in the customer's history. Not an idempotency key. */
  transactionNumber: string;
}

export interface IssueInput extends IssueKeys {
  rewardId: string;
  /**
   * The customer who receives the reward. Always use the same kind of identity for a customer: only then do the writes
   * run in sequence.
   */
  customer: Exclude<CustomerKey, { id: string }>;
  /** The paying group; otherwise the customer's own wallet pays. */
  group?: GroupSelector | undefined;
  /** The payment option, if the reward has several. */
  paymentConfigId?: string | undefined;
  notes?: string | undefined;
  /** Returns new, recorded keys for a retry after a lock. Without it the retry uses the same keys. */
  keysAfterLock?: (() => Promise<IssueKeys>) | undefined;
}

/** The result of a search for a lost issue. */
export interface IssueSearch {
  /** The try with these keys; a successful one takes precedence. */
  attempt: IssueAttempt | null;
  /** Tries of the same reward in that period without a reference. If any exist, *not found* is no evidence. */
  unclear: IssueAttempt[];
}

export interface Issuing {
  /**
   * Issues one reward. With a group, the same call deducts the group's points. A retryable refusal needs new keys.
   * After `unknown`, repeat with the same keys or search for the issue. A refusal of a repeat after `unknown` also
   * needs a search: the first call may have used up the points or the limit.
   */
  issue(input: IssueInput): Promise<Issued>;
  /** A page of a customer's issue attempts, from 0. */
  issuals(input: {
    customerId: string;
    page: number;
    rewardId?: string | undefined;
  }): Promise<{ attempts: IssueAttempt[]; isLast: boolean }>;
  /** Searches for an issue whose answer was lost, bypassing shared and cached reads. */
  searchIssue(input: IssueKeys & { customerId: string; rewardId: string; since: Date }): Promise<IssueSearch>;
  /** A try in full, with its vouchers. */
  transaction(transactionId: string): Promise<IssueTransaction>;
  /** Revokes all rewards of a transaction and returns its points. Refused if the brand does not allow it. */
  revoke(input: {
    transactionId: string;
    customer: CustomerKey;
    by: string;
    reason: string;
    at: Date;
  }): Promise<{ state: string | null; rewards: number | null }>;
}

export function makeIssuing(caller: Caller, { brand }: { brand: string }): Issuing {
  const readIssuals: (input: {
    customerId: string;
    page: number;
    rewardId?: string | undefined;
    unshared?: boolean;
  }) => Promise<{ attempts: IssueAttempt[]; isLast: boolean }> = async ({
    customerId,
    page,
    rewardId,
    unshared = false,
  }) => {
    const attempts = await caller.ask({
      operation: "issuals",
      api: "rewards",
      method: "GET",
      path: `/management/customer/${encodeURIComponent(customerId)}/issuals`,
      query: { page: String(page), size: String(PAGE_SIZE), rewardId },
      envelope: rewardsEnvelope,
      shape: attemptPage,
      unshared,
      isForOrder: true,
    });
    return { attempts, isLast: attempts.length !== PAGE_SIZE };
  };

  return {
    issue({ rewardId, customer, group, paymentConfigId, notes, keysAfterLock, ...keys }) {
      let current: IssueKeys = keys;
      const body = () => ({
        brand,
        transactionNumber: current.transactionNumber,
        requestId: current.requestId,
        ...customerInIssue(customer),
        ...(group && groupInIssue(group)),
        ...(paymentConfigId !== undefined && { paymentConfig: { id: asNumber(paymentConfigId) } }),
        ...(notes !== undefined && { notes }),
      });
      return caller.ask({
        operation: "issue",
        api: "rewards",
        method: "POST",
        path: `/user/reward/${encodeURIComponent(rewardId)}/issue`,
        body: body(),
        bodyAfterLock:
          keysAfterLock &&
          (async () => {
            current = await keysAfterLock();
            return body();
          }),
        envelope: rewardsEnvelope,
        shape: issuedAs(() => current.requestId),
        writesFor: customerKeyText(customer),
      });
    },

    issuals: ({ customerId, page, rewardId }) => readIssuals({ customerId, page, rewardId }),

    async searchIssue({ customerId, rewardId, transactionNumber, requestId, since }) {
      const seen = new Map<string, IssueAttempt>();
      for (let page = 0, isLast = false; !isLast; page += 1) {
        if (page === MAX_PAGES) throw caller.failed("issuals", `more than ${MAX_PAGES * PAGE_SIZE} of one reward`);
        const before = seen.size;
        const answer = await readIssuals({ customerId, page, rewardId, unshared: true });
        for (const attempt of answer.attempts) seen.set(attempt.transactionId, attempt);
        // the page repeats an earlier one: the API ignored the paging parameters
        isLast = answer.isLast || seen.size === before;
      }
      const all = [...seen.values()].filter((attempt) => (attempt.rewardId ?? rewardId) === rewardId);
      const ours = all.filter(
        (attempt) => attempt.reference === transactionNumber || (attempt.requestId ?? "") === requestId,
      );
      const hasOwner = (attempt: IssueAttempt) => attempt.reference !== null || attempt.requestId !== null;
      return {
        attempt: ours.find(({ state }) => state === "issued") ?? ours[0] ?? null,
        unclear: all.filter(
          (attempt) =>
            !hasOwner(attempt) && attempt.state !== "failed" && (attempt.at ?? since).getTime() >= since.getTime(),
        ),
      };
    },

    transaction(transactionId) {
      return caller.ask({
        operation: "reward-transaction",
        api: "rewards",
        method: "GET",
        path: `/reward-transactions/${encodeURIComponent(transactionId)}`,
        envelope: transactionEnvelope,
        shape: issueTransaction,
        unshared: true,
        isForOrder: true,
      });
    },

    async revoke({ transactionId, customer, by, reason, at }) {
      const { state, userRewardCount } = await caller.ask({
        operation: "revoke",
        api: "rewards",
        method: "POST",
        path: "/user/reward/revoke",
        body: {
          txnId: exactNumber(transactionId),
          revokedBy: by,
          revokeReason: reason,
          revokedEventDateTime: at.toISOString(),
        },
        envelope: rewardsEnvelope,
        shape: revoked,
        writesFor: customerKeyText(customer),
      });
      return { state, rewards: userRewardCount };
    },
  };
}
