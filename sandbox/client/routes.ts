import type { Failure } from "../failure.ts";
import { operation } from "../operation.ts";
import type { Settings } from "../settings.ts";
import type { Tokens } from "../tokens.ts";
import type { Upstream } from "../upstream.ts";
import { type CredentialChecks, customerChallenge, unauthorized } from "./credentials.ts";
import type { Ledger } from "./ledger.ts";
import type { Otps } from "./otp.ts";
import { sampleCustomers } from "./sample-world.ts";
import {
  creditRequest,
  generateOtpRequest,
  pointsRequest,
  redeemRequest,
  reverseRequest,
  verifyOtpRequest,
} from "./wire.ts";

/** The routes of the points provider's API. */
export function clientUpstream(deps: {
  ledger: Ledger;
  otps: Otps;
  tokens: Tokens;
  checks: CredentialChecks;
  settings: Settings;
}): Upstream {
  const { ledger, otps, tokens, checks, settings } = deps;

  const operations = [
    operation({
      name: "generate-otp",
      method: "POST",
      path: "/api/v1/auth/generate-otp",
      authenticate: checks.service,
      input: generateOtpRequest,
      effect: ({ customer_id }) => {
        const { reference_id } = otps.send(ledger.account(customer_id).customer_id);
        return { status: true, message: "OTP sent successfully", reference_id };
      },
    }),

    operation({
      name: "verify-otp",
      method: "POST",
      path: "/api/v1/auth/verify-otp",
      authenticate: checks.service,
      input: verifyOtpRequest,
      effect: async ({ customer_id, otp, reference_id }) => {
        const { mobile, points_earned, balance_points } = ledger.account(customer_id);
        otps.verify(customer_id, reference_id, otp);
        const token = await tokens.issue(customer_id);
        return { status: true, token, customer: { customer_id, mobile }, points_earned, balance_points };
      },
    }),

    operation({
      name: "points",
      method: "GET",
      path: "/api/v1/customer/points",
      authenticate: checks.serviceOrCustomer,
      input: pointsRequest,
      effect: ({ customer_id }, caller) => {
        if (caller.kind === "customer" && caller.customerId !== customer_id) throw unauthorized(customerChallenge);
        const { points_earned, balance_points } = ledger.account(customer_id);
        const points_expiring = expiriesOf(customer_id, balance_points);
        return {
          status: true,
          customer_id,
          points_earned,
          balance_points,
          ...(points_expiring && { points_expiring }),
        };
      },
    }),

    operation({
      name: "redeem",
      method: "POST",
      path: "/api/v1/orders/redeem",
      authenticate: checks.service,
      input: redeemRequest,
      effect: (request) => {
        ledger.redeem(request);
        return { status: true, message: "Points redeemed successfully" };
      },
    }),

    operation({
      name: "reverse",
      method: "POST",
      path: "/api/v1/orders/reverse",
      authenticate: checks.service,
      input: reverseRequest,
      effect: (request) => {
        ledger.reverse(request);
        return { status: true, message: "Points reversed successfully" };
      },
    }),

    operation({
      name: "credit",
      method: "POST",
      path: "/api/v1/points/credit",
      authenticate: checks.service,
      input: creditRequest,
      effect: (request) => {
        ledger.credit(request);
        return { status: true, message: "Points credited successfully" };
      },
    }),
  ];

  return {
    name: "client",
    operations,
    answerTo: ({ kind, message, headers }: Failure) => {
      const status = { refused: settings.current().failureStatus, invalid: 400, unauthorized: 401 }[kind];
      return { kind: "json", status, headers, body: { status: false, message } };
    },
  };
}

/**
 * The extension for expiries, only for the first sample customer: a part of the balance expires at the end of this
 * month, the rest at the end of the next.
 */
function expiriesOf(customerId: string, balance: number) {
  if (customerId !== sampleCustomers[0].customer_id) return null;
  const now = new Date();
  const endOfMonth = (months: number) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1 + months, 0)).toISOString().slice(0, 10);
  const soon = Math.min(balance, 400);
  const later = Math.min(balance - soon, 650);
  return [
    { points: soon, expiry_date: endOfMonth(1) },
    { points: later, expiry_date: endOfMonth(3) },
  ].filter(({ points }) => points > 0);
}
