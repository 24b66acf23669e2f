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
/** Of one reward to one customer. Beyond, the search gives up rather than claim that something is not there. */
const MOST_PAGES = 50;

/** What a try is known by afterwards. Both must be on record before it is made. */
export interface IssueKeys {
  /** The idempotency key, unique over all customers. */
  requestId: string;
  /** What the customer's history shows. Not an idempotency key. */
  transactionNumber: string;
}

export interface IssueInput extends IssueKeys {
  rewardId: string;
  /** Gets the reward, whoever pays. Name a customer always in the same way: only then their calls are kept apart. */
  customer: Exclude<CustomerKey, { id: string }>;
  /** Pays, if given; else the customer's own wallet. */
  group?: GroupSelector | undefined;
  /** Which of several ways to pay. */
  paymentConfigId?: string | undefined;
  notes?: string | undefined;
  /** Gives new keys, already on record, for a try after one that found the customer locked. Without it the keys stay. */
  keysAfterLock?: (() => Promise<IssueKeys>) | undefined;
}

/** What a search for a lost issue found. */
export interface IssueSearch {
  /** The try of these keys, one that succeeded before one that did not. */
  attempt: IssueAttempt | null;
  /** Tries of the same reward in that time which do not say whose they are: with any, *not found* is no evidence. */
  unclear: IssueAttempt[];
}

export interface Issuing {
  /**
   * Gives one reward. With a group, its points are taken in the same call. A no that is only for now wants new keys;
   * `unknown` wants the same keys again, or a look at what there is. After an `unknown`, a `refused` of the repeat wants that
   * look too: what it lacks may be what the first call has taken.
   */
  issue(input: IssueInput): Promise<Issued>;
  /** One page of what was ever tried to be given to a customer, from 0 on. */
  issuals(input: {
    customerId: string;
    page: number;
    rewardId?: string | undefined;
  }): Promise<{ attempts: IssueAttempt[]; isLast: boolean }>;
  /** Looks for an issue whose answer was lost, past everything shared or kept. */
  searchIssue(input: IssueKeys & { customerId: string; rewardId: string; since: Date }): Promise<IssueSearch>;
  /** One try in full, with its vouchers. */
  transaction(transactionId: string): Promise<IssueTransaction>;
  /** Takes back everything given in a transaction, and gives its points back. Refused where the brand does not allow it. */
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
        if (page === MOST_PAGES) throw caller.failed("issuals", `more than ${MOST_PAGES * PAGE_SIZE} of one reward`);
        const before = seen.size;
        const answer = await readIssuals({ customerId, page, rewardId, unshared: true });
        for (const attempt of answer.attempts) seen.set(attempt.transactionId, attempt);
        isLast = answer.isLast || seen.size === before; // a page already seen: paging is not heeded
      }
      const all = [...seen.values()].filter((attempt) => (attempt.rewardId ?? rewardId) === rewardId);
      const ours = all.filter(
        (attempt) => attempt.reference === transactionNumber || (attempt.requestId ?? "") === requestId,
      );
      const saysWhose = (attempt: IssueAttempt) => attempt.reference !== null || attempt.requestId !== null;
      return {
        attempt: ours.find(({ state }) => state === "issued") ?? ours[0] ?? null,
        unclear: all.filter(
          (attempt) =>
            !saysWhose(attempt) && attempt.state !== "failed" && (attempt.at ?? since).getTime() >= since.getTime(),
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
