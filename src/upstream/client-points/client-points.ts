import { decodeJwt } from "jose";
import type { z } from "zod";
import type { ExpiringPoints } from "../../domain/expiring-points.ts";
import type { Metrics } from "../../observability/metrics.ts";
import { makeSingleFlight } from "../../platform/single-flight.ts";
import { countOutcome } from "../count-outcome.ts";
import type { UpstreamHttp, UpstreamRequest } from "../http.ts";
import { UpstreamError } from "../upstream-error.ts";
import { customerPoints, done, otpSent, otpVerified, refusal } from "./wire.ts";

const SERVICE = "client-points";

export interface PointsBalance {
  balance: number;
  earned: number;
  /** Null if the points provider does not report it. */
  expiring: ExpiringPoints[] | null;
}

export interface VerifiedCustomer {
  customerId: string;
  /** As sent by the points provider; the gateway masks it again. */
  maskedMobile: string | null;
  /** The points provider's JWT for this customer. A secret. */
  token: string;
  tokenExpiresAt: Date | null;
  /** Null if not reported. */
  balance: number | null;
  earned: number | null;
}

/**
 * The points provider's API: customers' identities and the ledger of individual points. Every method throws
 * UpstreamError.
 */
export interface ClientPoints {
  /**
   * Requests a one-time password for the customer. Returns the reference for its verification; refused for an unknown
   * customer.
   */
  generateOtp(customerId: string, requestId?: string): Promise<string>;
  /** Refused if the password is wrong, expired, used, or out of tries. */
  verifyOtp(input: {
    customerId: string;
    otp: string;
    referenceId: string;
    requestId?: string;
  }): Promise<VerifiedCustomer>;
  /**
   * Reads the ledger. `token` is the customer's JWT, required unless the setting is `basic`. Concurrent reads of one
   * customer share a call, and results are not cached; `unshared` requests a call that begins after this one.
   */
  balance(
    customerId: string,
    token: string | null,
    options?: { requestId?: string; unshared?: boolean },
  ): Promise<PointsBalance>;
  /** Deducts points for an order. Refused if the balance is too small. */
  redeem(input: { orderNumber: string; customerId: string; points: number; at: Date }): Promise<void>;
  /**
   * Returns points of an order. `reason` distinguishes the reversals of one order, and a repeat from a new reversal.
   */
  reverse(input: { orderNumber: string; customerId: string; points: number; reason: string }): Promise<void>;
  /** Credits awarded points. A repeat with the same reference succeeds without a second effect. */
  credit(input: { reference: string; customerId: string; points: number; at: Date }): Promise<void>;
}

export interface ClientPointsOptions {
  http: UpstreamHttp;
  /**
   * Credits have connections and a circuit breaker of their own, so that neither their number nor a missing endpoint
   * affects other calls.
   */
  creditHttp: UpstreamHttp;
  creditPath: string;
  user: string;
  password: string;
  pointsAuth: "bearer" | "basic";
  metrics?: Pick<Metrics, "upstreamOutcome"> | undefined;
}

export function makeClientPoints(options: ClientPointsOptions): ClientPoints {
  const { http, creditHttp, creditPath, user, password, pointsAuth, metrics } = options;
  const basic = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  const shareBalanceRead = makeSingleFlight<PointsBalance>();

  const ask: typeof callOnce = (shape, request, authorization, through) =>
    countOutcome(metrics, { service: SERVICE, operation: request.operation }, () =>
      callOnce(shape, request, authorization, through),
    );

  /**
   * Makes the call and reads the verdict from the body: `status:true` parses as `shape`, `status:false` is a refusal.
   */
  async function callOnce<Shape extends z.ZodType>(
    shape: Shape,
    request: Omit<UpstreamRequest, "headers">,
    authorization = basic,
    through = http,
  ) {
    const { status, body } = await through.call({ ...request, headers: { authorization } });
    const facts = { service: SERVICE, operation: request.operation, httpStatus: status };

    // Checked before `shape`, because zod needs much time to describe a mismatch.
    const parsed = shape.safeParse(body);
    if (status < 300 && parsed.success) return parsed.data;
    const refused = refusal.safeParse(body);
    if (refused.success) throw new UpstreamError({ ...facts, outcome: "refused" }, refused.data.message || "refused");

    const problem = parsed.error?.issues
      .map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`)
      .join("; ");
    const outcome = request.writes ? "unknown" : "transient";
    throw new UpstreamError(
      { ...facts, outcome },
      `HTTP ${status}, not an answer we know (${problem ?? "unexpected status"})`,
    );
  }

  return {
    async generateOtp(customerId, requestId) {
      const answer = await ask(otpSent, {
        operation: "generate-otp",
        method: "POST",
        path: "/api/v1/auth/generate-otp",
        body: { customer_id: customerId },
        writes: true,
        ...(requestId && { requestId }),
      });
      return answer.reference_id;
    },

    async verifyOtp({ customerId, otp, referenceId, requestId }) {
      const answer = await ask(otpVerified, {
        operation: "verify-otp",
        method: "POST",
        path: "/api/v1/auth/verify-otp",
        body: { customer_id: customerId, otp, reference_id: referenceId },
        writes: true,
        ...(requestId && { requestId }),
      });
      if (answer.customer.customer_id !== customerId) {
        throw new UpstreamError(
          { service: SERVICE, operation: "verify-otp", outcome: "unknown" },
          "answered for somebody else",
        );
      }
      return {
        customerId,
        maskedMobile: answer.customer.mobile ?? null,
        token: answer.token,
        tokenExpiresAt: expiryOf(answer.token),
        balance: answer.balance_points,
        earned: answer.points_earned,
      };
    },

    async balance(customerId, token, { requestId, unshared = false } = {}) {
      const failed = (message: string) =>
        new UpstreamError({ service: SERVICE, operation: "points", outcome: "transient" }, message);
      if (pointsAuth === "bearer" && token === null) throw failed("no token of this customer to read with");
      const read = async () => {
        const request = {
          operation: "points",
          method: "GET" as const,
          path: "/api/v1/customer/points",
          query: { customer_id: customerId },
          writes: false,
          asCustomer: pointsAuth === "bearer",
          ...(requestId && { requestId }),
        };
        const answer = await ask(customerPoints, request, pointsAuth === "bearer" ? `Bearer ${token}` : basic);
        if (answer.customer_id !== customerId) throw failed("answered for somebody else");
        return { balance: answer.balance_points, earned: answer.points_earned, expiring: answer.points_expiring };
      };
      // Reads with different tokens are not shared: another caller's token may have expired.
      return unshared ? read() : shareBalanceRead(JSON.stringify([customerId, token]), read);
    },

    async redeem({ orderNumber, customerId, points, at }) {
      await ask(done, {
        operation: "redeem",
        method: "POST",
        path: "/api/v1/orders/redeem",
        body: {
          order_id: orderNumber,
          customer_id: customerId,
          points_consumed: points,
          transaction_date: at.toISOString(),
        },
        writes: true,
      });
    },

    async reverse({ orderNumber, customerId, points, reason }) {
      await ask(done, {
        operation: "reverse",
        method: "POST",
        path: "/api/v1/orders/reverse",
        body: { order_id: orderNumber, customer_id: customerId, points_reversed: points, reason },
        writes: true,
      });
    },

    async credit({ reference, customerId, points, at }) {
      const request = {
        operation: "credit",
        method: "POST" as const,
        path: creditPath,
        body: { reference, customer_id: customerId, points_credited: points, transaction_date: at.toISOString() },
        writes: true,
      };
      await ask(done, request, basic, creditHttp);
    },
  };
}

/**
 * The token's own expiry, if it is a JWT with one. The gateway has no key for the token, so it trusts no other claim.
 */
export function expiryOf(token: string): Date | null {
  try {
    const { exp } = decodeJwt(token);
    return typeof exp === "number" ? new Date(exp * 1_000) : null;
  } catch {
    return null;
  }
}
