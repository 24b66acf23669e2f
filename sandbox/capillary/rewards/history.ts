import { z } from "zod";
import { invalid, refused } from "../../failure.ts";
import { type Operation, operation } from "../../operation.ts";
import { brand } from "../brand.ts";
import { rewardsCode } from "../codes.ts";
import type { CapillaryChecks } from "../credentials.ts";
import { zulu } from "../dates.ts";
import type { Memory } from "../memory.ts";
import type { Issual } from "../records.ts";
import { list, looseNumber, looseText, maybeFlag, pathId } from "../wire.ts";
import { checkBrandName } from "./catalogue.ts";
import { rewardsRoot, yes } from "./envelope.ts";
import { attemptRow, couponCase, ownedRow, pointsRow, voucherRow } from "./history-rows.ts";
import { paged } from "./paging.ts";
import type { Rows } from "./rows.ts";

const issualsQuery = z.object({
  customerId: pathId,
  page: looseNumber,
  size: looseNumber,
  status: maybeFlag,
  pointsRefIds: list.refine((ids) => ids === null || ids.length <= 10, "at most 10"),
  redemptionType: list,
  rewardId: looseNumber,
});

const transactionQuery = z.object({ rewardTransactionId: pathId, couponCodeCase: couponCase });
const customerTransactionQuery = transactionQuery.extend({ customerId: pathId });

const ownedQuery = z.object({
  brandName: z.string(),
  username: z.string().min(1),
  mobile: looseText,
  email: looseText,
  externalId: looseText,
  page: looseNumber,
  size: looseNumber,
  rewardId: looseNumber,
  fromPurchaseDate: looseNumber,
  toPurchaseDate: looseNumber,
  orderBy: z
    .string()
    .toUpperCase()
    .pipe(z.enum(["ASC", "DESC"]))
    .default("DESC"),
  couponCodeCase: couponCase,
});

/** The history: every attempt of a customer, one in full, and the customer's vouchers. */
export function historyOperations({
  memory,
  rows,
  checks,
}: {
  memory: Memory;
  rows: Rows;
  checks: CapillaryChecks;
}): Operation[] {
  const authenticate = checks.basicOrOAuth;
  const newestFirst = (fits: (issual: Issual) => boolean) => memory.issuals.filter(fits).reverse();
  const rewardOf = ({ rewardId }: Issual) => memory.rewards.get(rewardId);
  const detailsOf = (issual: Issual) => {
    const reward = rewardOf(issual);
    return reward ? rows.details(reward) : { rewardId: issual.rewardId };
  };

  const configOf = (issual: Issual) => rewardOf(issual)?.paymentConfigs.find(({ id }) => id === issual.paymentConfigId);

  function transaction(issual: Issual | undefined, letters: z.output<typeof couponCase>) {
    if (!issual) throw refused("reward transaction not found", { code: rewardsCode.transactionUnknown });
    return {
      status: [{ success: true, code: 200, message: "Reward issue transactions details fetched successfully" }],
      data: {
        ...attemptRow(issual),
        customerId: issual.userId,
        orgId: brand.orgId,
        quantity: issual.state === "FAILED" ? 0 : 1,
        requestedQuantity: 1,
        groupRedemption: issual.isGroupRedemption,
        rewardDetails: detailsOf(issual),
        pointsRedemption: pointsRow(issual),
        vouchers: issual.given?.kind === "coupon" ? [voucherRow(issual.given, letters)] : [],
        vendorRewards: {
          rewards: issual.given?.kind === "vendor" ? [{ json: JSON.stringify({ voucher: issual.given.voucher }) }] : [],
        },
        ownerId: "",
        eventDateTime: zulu(issual.at),
        issueDateTime: zulu(issual.at),
      },
    };
  }

  return [
    operation({
      name: "issuals",
      method: "GET",
      path: `${rewardsRoot}/management/customer/:customerId/issuals`,
      authenticate,
      input: issualsQuery,
      effect: ({ customerId, page, size, status, pointsRefIds, redemptionType, rewardId }) => {
        if (!memory.customers.has(customerId))
          throw refused("customer not found", { code: rewardsCode.customerUnknown });
        const found = newestFirst(
          (each) =>
            each.userId === customerId &&
            (status === undefined || (each.state !== "FAILED") === status) &&
            (pointsRefIds === null || pointsRefIds.includes(each.redemption?.redemptionId ?? "")) &&
            (redemptionType === null || redemptionType.includes(rewardOf(each)?.redemptionType ?? "")) &&
            (rewardId === null || each.rewardId === rewardId),
        );
        const { rows: shown, pagingDto } = paged(found, page ?? 0, size ?? 100);
        return {
          ...yes("Reward issue transactions fetched successfully"),
          rewardIssueTransactions: shown.map((each) => ({
            ...attemptRow(each),
            ...(memory.flags().hidesReferences && { rewardIssueRefId: null }),
            rewardDetails: detailsOf(each),
            ownerType: null,
            ownerId: "",
            // Filled for requests that filter by them, otherwise empty.
            pointsRedemptionRefIds: pointsRefIds === null ? [] : [each.redemption?.redemptionId ?? null],
            fulfillmentStatus: null,
            redemptionType: null,
            eventDateTime: zulu(each.at),
            issueDateTime: zulu(each.at),
          })),
          pagingDto,
        };
      },
    }),

    operation({
      name: "issual",
      method: "GET",
      path: `${rewardsRoot}/management/customer/:customerId/issuals/:rewardTransactionId`,
      authenticate,
      input: customerTransactionQuery,
      effect: ({ customerId, rewardTransactionId, couponCodeCase }) => {
        const isIt = (each: Issual) => each.transactionId === rewardTransactionId && each.userId === customerId;
        return transaction(memory.issuals.find(isIt), couponCodeCase);
      },
    }),

    operation({
      name: "reward-transactions",
      method: "GET",
      path: `${rewardsRoot}/reward-transactions/:rewardTransactionId`,
      authenticate,
      input: transactionQuery,
      effect: ({ rewardTransactionId, couponCodeCase }) =>
        transaction(
          memory.issuals.find((each) => each.transactionId === rewardTransactionId),
          couponCodeCase,
        ),
    }),

    operation({
      name: "userReward",
      method: "GET",
      path: `${rewardsRoot}/user/userReward/brand/:brandName`,
      authenticate,
      input: ownedQuery,
      effect: (query) => {
        checkBrandName(query.brandName);
        const { mobile, email, externalId, fromPurchaseDate: from, toPurchaseDate: to } = query;
        if (!mobile && !email && !externalId) {
          throw invalid("customer identifier is missing", { code: rewardsCode.identifierMissing });
        }
        if ((from === null) !== (to === null))
          throw invalid("fromPurchaseDate and toPurchaseDate: give both or neither");
        const customer = memory.customer({ mobile, email, externalId });
        if (!customer) throw refused("customer not found", { code: rewardsCode.customerUnknown });
        const found = newestFirst(
          ({ userId, state, rewardId, at }) =>
            userId === customer.userId &&
            state !== "FAILED" &&
            (query.rewardId === null || rewardId === query.rewardId) &&
            (from === null || Date.parse(at) >= from) &&
            (to === null || Date.parse(at) <= to),
        );
        if (query.orderBy === "ASC") found.reverse();
        const { rows: shown, pagingDto } = paged(found, query.page ?? 0, query.size ?? 100);
        return {
          ...yes("User rewards fetched successfully"),
          intouchUserId: String(customer.userId),
          rewards: shown.map((each) => ({
            ...ownedRow(each, configOf(each), query.couponCodeCase),
            userRewardDetails: detailsOf(each),
          })),
          pagingDto,
        };
      },
    }),
  ];
}
