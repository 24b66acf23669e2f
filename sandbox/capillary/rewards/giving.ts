import { z } from "zod";
import { refused } from "../../failure.ts";
import { type Operation, operation } from "../../operation.ts";
import { rewardsCode } from "../codes.ts";
import type { CapillaryChecks } from "../credentials.ts";
import { spaced, zulu } from "../dates.ts";
import { groupKeysIn, groupSelectors } from "../group-keys.ts";
import type { Issue } from "../issue.ts";
import type { Locks } from "../locks.ts";
import type { Memory } from "../memory.ts";
import type { Given, Issual } from "../records.ts";
import type { Revoke } from "../revoke.ts";
import { looseNumber, looseText, pathId } from "../wire.ts";
import { rewardsRoot, yes } from "./envelope.ts";
import { configRow } from "./rows.ts";

const issueRequest = z.object({
  brand: z.string().min(1),
  mobile: looseText,
  email: looseText,
  // The spelling of one published sample.
  emailId: looseText,
  externalId: looseText,
  transactionNumber: looseText,
  requestId: looseText,
  userGroup2Id: looseText,
  userGroup2ExternalId: looseText,
  userGroup2PrimaryUserId: looseText,
  quantity: looseNumber,
  paymentConfig: z.object({ id: looseNumber, redemptionValue: looseNumber }).nullish(),
  tender: z.object({ tenders: z.array(z.object({ amount: z.coerce.number() })).default([]) }).nullish(),
  programId: looseNumber,
  notes: looseText,
  eventLogId: looseText,
  eventDateTime: looseText,
  customFields: z.record(z.string(), z.unknown()).nullish(),
});

type IssueRequest = z.output<typeof issueRequest>;

// `username` is documented as mandatory, yet one published sample lacks it: it is recorded, not checked.
const issueAddress = groupSelectors.extend({ rewardId: pathId, username: looseText });

const revokeRequest = z.object({ txnId: looseNumber, revokedBy: looseText, revokeReason: looseText });

/** Issuing a reward. */
export function issueOperations(deps: {
  memory: Memory;
  issue: Issue;
  checks: CapillaryChecks;
  locks: Locks;
}): Operation[] {
  const { memory, issue, checks, locks } = deps;
  const customerOf = ({ mobile, email, emailId, externalId }: IssueRequest) =>
    memory.customer({ mobile, email: email ?? emailId, externalId });

  return [
    operation({
      name: "issue",
      method: "POST",
      path: `${rewardsRoot}/user/reward/:rewardId/issue`,
      authenticate: checks.basicOrOAuth,
      input: issueRequest,
      address: issueAddress,
      claim: (request) => {
        const customer = customerOf(request);
        const release = customer ? locks.take(customer.userId) : () => {};
        if (release) return release;
        throw refused("another issue for this customer is in progress", { code: rewardsCode.customerBusy });
      },
      effect: (request, _caller, { rewardId, username, ...selectors }) => {
        const customer = customerOf(request);
        if (!customer) throw refused("customer not found", { code: rewardsCode.customerUnknown });
        const issual = issue({
          brand: request.brand,
          customer,
          rewardId,
          groupKeys: [
            {
              id: request.userGroup2Id,
              externalId: request.userGroup2ExternalId,
              primaryUserId: request.userGroup2PrimaryUserId,
            },
            groupKeysIn(memory, customer, selectors),
          ],
          programId: request.programId,
          payment: {
            config: request.paymentConfig ?? null,
            quantity: request.quantity,
            cash: (request.tender?.tenders ?? []).reduce((sum, { amount }) => sum + amount, 0),
          },
          requestId: request.requestId,
          fingerprint: JSON.stringify([rewardId, request]),
          transactionNumber: request.transactionNumber,
          till: username,
          notes: request.notes,
        });
        return memory.flags().issueAnswer === "short"
          ? given(issual)
          : { ...given(issual, "dated"), ...echo(request, issual) };
      },
    }),
  ];

  function echo(request: IssueRequest, { transactionId, at, rewardId, paymentConfigId }: Issual) {
    const config = memory.rewards.get(rewardId)?.paymentConfigs.find(({ id }) => id === paymentConfigId);
    return {
      transactionId,
      paymentConfig: config ? configRow(config) : null,
      redemptionDetails: null,
      fulfillmentDetails: null,
      customFields: request.customFields ?? null,
      eventLogId: request.eventLogId,
      requestId: request.requestId,
      eventDateTime: request.eventDateTime ?? zulu(at),
    };
  }
}

/** The four keys of every answer: exactly one of the last three is filled. */
function given({ message, redemption, given }: Issual, dates?: "dated") {
  const pointsRedeemed = String(redemption?.points ?? 0);
  return {
    ...yes(message),
    intouch: given?.kind === "coupon" ? couponRow(given, pointsRedeemed, dates) : null,
    promotion: given?.kind === "promotion" ? promotionRow(given, pointsRedeemed) : null,
    vendor: given?.kind === "vendor" ? { voucher: given.voucher, pointsRedeemed } : null,
  };
}

const couponRow = (coupon: Extract<Given, { kind: "coupon" }>, pointsRedeemed: string, dates: "dated" | undefined) => ({
  pointsRedeemed,
  couponCode: coupon.code,
  codeExpiry: spaced(coupon.expiresAt),
  ...(dates && { codeExpiryDateTime: zulu(coupon.expiresAt) }),
});

const promotionRow = (promotion: Extract<Given, { kind: "promotion" }>, pointsRedeemed: string) => ({
  promotionId: promotion.promotionId,
  promotionName: promotion.name,
  earnedPromotionId: promotion.earnedId,
  pointsRedeemed,
});

/** Revoking a reward; always answered with HTTP 200. */
export function revokeOperations(deps: { revoke: Revoke; checks: CapillaryChecks }): Operation[] {
  const { revoke, checks } = deps;
  return [
    operation({
      name: "revoke",
      method: "POST",
      path: `${rewardsRoot}/user/reward/revoke`,
      authenticate: checks.basicOrOAuth,
      input: revokeRequest,
      effect: ({ txnId }) => {
        const userRewardCount = revoke(txnId);
        return { ...yes("Reward revoked successfully"), txnId, state: "CANCELLED", userRewardCount };
      },
    }),
  ];
}
