import { z } from "zod";
import { epochMs, indian, spaced, zulu } from "../dates.ts";
import type { Issual, PaymentConfig } from "../records.ts";
import { configRow } from "./rows.ts";

/** The requested letter case of a coupon's code. */
export const couponCase = z.enum(["UPPER", "LOWER", "AS_IT_IS"]).default("UPPER");
type Letters = z.output<typeof couponCase>;

/** The common part of both views. Neither contains the requestId: a lost issue is found by its transaction number. */
export function attemptRow({ transactionId, transactionNumber, at, state, code, message }: Issual) {
  return {
    rewardTransactionId: String(transactionId),
    rewardIssueRefId: transactionNumber,
    rewardTransactionDate: epochMs(at),
    status: { success: state !== "FAILED", code, message },
  };
}

export function pointsRow({ state, redemption }: Issual): object {
  if (state === "FAILED") return {};
  return {
    redeemedPoints: redemption?.points ?? 0,
    pointsRedemptionRefId: redemption?.redemptionId ?? null,
    pointsRedemptionRefIds: [redemption?.redemptionId ?? null],
    status: { success: true, code: 200, message: "Points redeemed successfully." },
  };
}

export function voucherRow({ code, expiresAt }: { code: string; expiresAt: string }, letters: Letters) {
  return { code: cased(code, letters), codeExpiry: spaced(expiresAt) };
}

function cased(code: string, letters: Letters): string {
  if (letters === "AS_IT_IS") return code;
  return letters === "LOWER" ? code.toLowerCase() : code.toUpperCase();
}

/** A voucher of its owner. `config` is the payment used. */
export function ownedRow(issual: Issual, config: PaymentConfig | undefined, letters: Letters) {
  const { given, redemption, at } = issual;
  const points = redemption?.points ?? 0;
  const expiry = given?.kind === "coupon" ? given.expiresAt : null;
  return {
    typeOfReward: given?.kind === "vendor" ? "VENDOR" : given?.kind === "promotion" ? "PROMOTION" : "INTOUCH_VOUCHER",
    pointsRedeemed: points,
    rewardId: issual.rewardId,
    transactionId: issual.transactionId,
    issueRewardRefId: issual.transactionNumber,
    rewardIssueDate: epochMs(at),
    rewardIssueDateTime: indian(at),
    userRewardExpiry: expiry && spaced(expiry),
    userRewardExpiryDateTime: expiry && zulu(expiry),
    code: given?.kind === "coupon" ? cased(given.code, letters) : null,
    seriesId: given?.kind === "coupon" ? given.seriesId : null,
    // JSON inside JSON, its numbers as text: as published.
    vendor:
      given?.kind === "vendor" ? JSON.stringify({ voucher: given.voucher, pointsRedeemed: String(points) }) : null,
    paymentDetails: config ? configRow(config) : null,
    redemptionDetails: null,
    fulfillmentDetails: null,
    issueDateTime: zulu(at),
    eventDateTime: zulu(at),
  };
}
