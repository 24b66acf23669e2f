import { z } from "zod";
import { type Envelope, readStatus, rewardsEnvelope } from "../envelope.ts";
import {
  boolean,
  date,
  embedded,
  firstDate,
  freeFields,
  id,
  isRecord,
  maybe,
  number,
  rawRows,
  rows,
  text,
  unknownValue,
} from "./loose.ts";

export interface IssuedVoucher {
  /** Secret until its owner reveals it. */
  code: string;
  expiresAt: Date | null;
}

/** An issued reward. The filled fields depend on the reward; older answers have no transaction id. */
export interface Issued {
  /** Identifies the issue for a revoke. */
  transactionId: string | null;
  /** The points charged, to either wallet; null if not reported. */
  points: number | null;
  vouchers: IssuedVoucher[];
  /** The partner's own text, in the brand's words. May hold secrets. */
  vendorDetails: Record<string, string>;
  /** The cart promotion that the reward became, if any. */
  promotion: Record<string, unknown> | null;
}

const coupon = z
  .object({
    couponCode: maybe(text),
    codeExpiry: maybe(date),
    codeExpiryDateTime: maybe(date),
    pointsRedeemed: maybe(number),
  })
  .transform((row) => ({
    code: row.couponCode,
    expiresAt: firstDate(row.codeExpiryDateTime, row.codeExpiry),
    points: row.pointsRedeemed,
  }));

const vendorAnswer = embedded.transform((fields) => ({
  code: maybe(text).parse(fields["voucher"] ?? fields["voucherCode"] ?? fields["couponCode"] ?? fields["code"]),
  expiresAt: maybe(date).parse(fields["expiryDateTime"] ?? fields["expiryDate"] ?? fields["expiry"]),
  points: maybe(number).parse(fields["pointsRedeemed"]),
  details: freeFields.parse(fields),
}));

const asObjects = (value: unknown): unknown[] => (typeof value === "string" ? [value] : rawRows(value));

/** The answer to an issue. It must match the request. */
export const issuedAs = (requestId: () => string) =>
  z
    .object({
      requestId: maybe(text),
      transactionId: maybe(id),
      intouch: rows(coupon),
      vendor: unknownValue.transform((value) => asObjects(value).map((one) => vendorAnswer.parse(one))),
      promotion: unknownValue,
      promotions: unknownValue,
    })
    .refine((answer) => answer.requestId === null || answer.requestId === requestId(), "answered another request")
    .transform((answer): Issued => {
      const given = [...answer.intouch, ...answer.vendor];
      const [promotion] = rawRows(answer.promotion ?? answer.promotions);
      return {
        transactionId: answer.transactionId,
        points: given.find(({ points }) => points !== null)?.points ?? null,
        vouchers: given.flatMap(({ code, expiresAt }) => (code === null ? [] : [{ code, expiresAt }])),
        vendorDetails: Object.assign({}, ...answer.vendor.map(({ details }) => details)),
        promotion: isRecord(promotion) ? promotion : null,
      };
    });

export type IssueState = "issued" | "failed" | "unknown";

/** An attempt to issue a reward, from the customer's history. */
export interface IssueAttempt {
  transactionId: string;
  /** The `transactionNumber` of the issue, if known. */
  reference: string | null;
  requestId: string | null;
  rewardId: string | null;
  state: IssueState;
  at: Date | null;
}

const stateOf = (status: unknown): IssueState => {
  const verdict = readStatus(status);
  return verdict === null ? "unknown" : verdict.isSuccess ? "issued" : "failed";
};

/** Parsed strictly: an omitted row could be the one that the search needs. */
const attempt = z
  .object({
    rewardTransactionId: id,
    rewardIssueRefId: maybe(id),
    transactionNumber: maybe(id),
    requestId: maybe(id),
    rewardId: maybe(id),
    rewardDetails: embedded,
    rewardTransactionDate: maybe(date),
    rewardTransactionDateTime: maybe(date),
    status: unknownValue,
  })
  .transform(
    (row): IssueAttempt => ({
      transactionId: row.rewardTransactionId,
      reference: row.rewardIssueRefId ?? row.transactionNumber,
      requestId: row.requestId,
      rewardId: row.rewardId ?? maybe(id).parse(row.rewardDetails["id"] ?? row.rewardDetails["rewardId"]),
      state: stateOf(row.status),
      at: firstDate(row.rewardTransactionDateTime, row.rewardTransactionDate),
    }),
  );

/** The list has no documented name. An answer without a list counts as empty only if it has paging. */
export const attemptPage = z.record(z.string(), z.unknown()).transform((payload, context) => {
  const lists = Object.values(payload).filter((value) => Array.isArray(value));
  const list = lists.find((rows) => rows.some((row) => isRecord(row) && "rewardTransactionId" in row)) ?? [];
  const parsed = z.array(attempt).safeParse(list);
  const isKnown =
    list.length > 0 || (lists.every((rows) => rows.length === 0) && (lists.length > 0 || "pagingDto" in payload));
  if (parsed.success && isKnown) return parsed.data;
  context.addIssue("expected the customer's issuals");
  return z.NEVER;
});

/** A single attempt in full. */
export interface IssueTransaction {
  state: IssueState;
  customerId: string | null;
  quantity: number | null;
  isGroupRedemption: boolean | null;
  points: number | null;
  vouchers: IssuedVoucher[];
}

/** The attempt may be the answer itself, or lie below `data`. */
const transactionIn = (body: unknown): unknown => (isRecord(body) && isRecord(body["data"]) ? body["data"] : body);

/** The status may belong to the attempt: a failed attempt is an answer, not a failed read. */
export const transactionEnvelope: Envelope = (body, httpStatus) => {
  const verdict = rewardsEnvelope(body, httpStatus);
  const transaction = transactionIn(body);
  if (!verdict || !isRecord(transaction) || !("customerId" in transaction)) return verdict;
  return { ...verdict, isSuccess: true, payload: { status: isRecord(body) ? body["status"] : null, ...transaction } };
};

const pointsRedemption = z.object({ redeemedPoints: maybe(number) });
const voucher = z.object({ code: text, codeExpiry: maybe(date), codeExpiryDateTime: maybe(date) });
/** A list, or a list below `rewards`; each row is a partner's answer, or has one inside `json`. */
const vendorRewards = unknownValue.transform((value) =>
  asObjects(isRecord(value) && "rewards" in value ? value["rewards"] : value).map((one) =>
    vendorAnswer.parse(isRecord(one) && "json" in one ? one["json"] : one),
  ),
);

export const issueTransaction = z
  .object({
    status: unknownValue,
    customerId: maybe(id),
    quantity: maybe(number),
    groupRedemption: maybe(boolean),
    pointsRedemption: maybe(pointsRedemption),
    vouchers: rows(voucher),
    vendorRewards,
  })
  .transform(
    (row): IssueTransaction => ({
      state: stateOf(row.status),
      customerId: row.customerId,
      quantity: row.quantity,
      isGroupRedemption: row.groupRedemption,
      points: row.pointsRedemption?.redeemedPoints ?? null,
      vouchers: [
        ...row.vouchers.map((one) => ({
          code: one.code,
          expiresAt: firstDate(one.codeExpiryDateTime, one.codeExpiry),
        })),
        ...row.vendorRewards.flatMap(({ code, expiresAt }) => (code === null ? [] : [{ code, expiresAt }])),
      ],
    }),
  );

export const revoked = z.object({
  state: maybe(text),
  userRewardCount: maybe(number),
});
