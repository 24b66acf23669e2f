import { z } from "zod";
import { type Envelope, readStatus, rewardsEnvelope } from "../envelope.ts";
import {
  anything,
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
} from "./loose.ts";

export interface IssuedVoucher {
  /** A secret until its owner asks for it. */
  code: string;
  expiresAt: Date | null;
}

/** A reward that was given. Which of its parts are filled depends on the reward; older answers name no transaction. */
export interface Issued {
  /** Names the issue when it is to be revoked. */
  transactionId: string | null;
  /** What was taken, by whichever wallet paid; null where it does not say. */
  points: number | null;
  vouchers: IssuedVoucher[];
  /** What the partner said, in words of the brand's choosing. May hold secrets. */
  vendorDetails: Record<string, string>;
  /** The cart promotion it became, if it is one. */
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

/** The answer to an issue, which must be to the one we made. */
export const issuedAs = (requestId: () => string) =>
  z
    .object({
      requestId: maybe(text),
      transactionId: maybe(id),
      intouch: rows(coupon),
      vendor: anything.transform((value) => asObjects(value).map((one) => vendorAnswer.parse(one))),
      promotion: anything,
      promotions: anything,
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

/** A try to give a reward, as the customer's history has it. */
export interface IssueAttempt {
  transactionId: string;
  /** The `transactionNumber` it was issued under, as far as is known. */
  reference: string | null;
  requestId: string | null;
  rewardId: string | null;
  state: IssueState;
  at: Date | null;
}

const stateOf = (status: unknown): IssueState => {
  const verdict = readStatus(status);
  return verdict === null ? "unknown" : verdict.isYes ? "issued" : "failed";
};

/** Read strictly: a row left out could be the one that is looked for. */
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
    status: anything,
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

/** The list has no documented name. An answer with none is only believed to be empty when it has paging. */
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

/** One try in full. */
export interface IssueTransaction {
  state: IssueState;
  customerId: string | null;
  quantity: number | null;
  isGroupRedemption: boolean | null;
  points: number | null;
  vouchers: IssuedVoucher[];
}

/** A try in full may be the answer itself, or lie below `data`. */
const transactionIn = (body: unknown): unknown => (isRecord(body) && isRecord(body["data"]) ? body["data"] : body);

/** The status may be that of the try: a failed one is an answer, not a refusal to answer. */
export const transactionEnvelope: Envelope = (body, httpStatus) => {
  const verdict = rewardsEnvelope(body, httpStatus);
  const transaction = transactionIn(body);
  if (!verdict || !isRecord(transaction) || !("customerId" in transaction)) return verdict;
  return { ...verdict, isYes: true, payload: { status: isRecord(body) ? body["status"] : null, ...transaction } };
};

const pointsRedemption = z.object({ redeemedPoints: maybe(number) });
const voucher = z.object({ code: text, codeExpiry: maybe(date), codeExpiryDateTime: maybe(date) });
/** A list, or a list below `rewards`; each row a partner's answer, or one inside `json`. */
const vendorRewards = anything.transform((value) =>
  asObjects(isRecord(value) && "rewards" in value ? value["rewards"] : value).map((one) =>
    vendorAnswer.parse(isRecord(one) && "json" in one ? one["json"] : one),
  ),
);

export const issueTransaction = z
  .object({
    status: anything,
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
