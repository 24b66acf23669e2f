import { randomUUID } from "node:crypto";
import type { z } from "zod";
import { customerPoints, done, otpSent, otpVerified, refusal } from "../../src/upstream/client-points/wire.ts";

/**
 * The outcome of a call, as the gateway infers it: `unknown` for a missing answer, or one that neither confirms nor
 * refuses.
 */
export type Outcome<Facts> =
  | { outcome: "confirmed"; facts: Facts; ms: number; httpStatus: number }
  | { outcome: "refused"; message: string; ms: number; httpStatus: number }
  | { outcome: "unknown"; problem: string; ms: number };

export interface Balance {
  earned: number;
  balance: number;
}

export interface ProviderOptions {
  /** The origin, without `/api/v1`. */
  origin: string;
  user: string;
  password: string;
  creditPath: string;
  /** The timeout signal for a call of this operation. */
  timeoutSignal(operation: string): AbortSignal;
}

export type Authorization = "basic" | "none" | { bearer: string };

/** The maximum size of an answer. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** The calls of the points provider's API, with the gateway's schemas. They neither retry nor throw. */
export type Provider = ReturnType<typeof makeProvider>;

export function makeProvider({ origin, user, password, creditPath, timeoutSignal }: ProviderOptions) {
  const durations = new Map<string, number[]>();
  const basic = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

  async function call<Shape extends z.ZodType>(
    shape: Shape,
    operation: string,
    path: string,
    { body, as = "basic" }: { body?: object; as?: Authorization },
  ): Promise<Outcome<z.output<Shape>>> {
    const begun = performance.now();
    const took = () => {
      const ms = Math.round(performance.now() - begun);
      durations.set(operation, [...(durations.get(operation) ?? []), ms]);
      return ms;
    };
    try {
      const response = await fetch(`${origin}${path}`, {
        method: body === undefined ? "GET" : "POST",
        redirect: "error",
        headers: {
          accept: "application/json",
          "x-request-id": randomUUID(),
          ...(body !== undefined && { "content-type": "application/json" }),
          ...(as !== "none" && { authorization: as === "basic" ? basic : `Bearer ${as.bearer}` }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: timeoutSignal(operation),
      });
      const text = await readText(response);
      const ms = took();
      const httpStatus = response.status;
      const json = jsonOf(text);
      const no = refusal.safeParse(json);
      if (no.success) return { outcome: "refused", message: no.data.message, ms, httpStatus };
      const yes = shape.safeParse(json);
      if (httpStatus < 300 && yes.success) return { outcome: "confirmed", facts: yes.data, ms, httpStatus };
      const faults = yes.error?.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`);
      return { outcome: "unknown", problem: `HTTP ${httpStatus}, ${faults?.join("; ") ?? "with status: true"}`, ms };
    } catch (error) {
      return { outcome: "unknown", problem: problemOf(error), ms: took() };
    }
  }

  return {
    /** @returns why the provider cannot be reached at all; null if it answers, whatever the answer is */
    async unreachable(): Promise<string | null> {
      try {
        const response = await fetch(origin, { redirect: "manual", signal: timeoutSignal("reach") });
        await response.body?.cancel();
        return null;
      } catch (error) {
        return problemOf(error);
      }
    },
    generateOtp: (customerId: string, as?: Authorization) =>
      call(otpSent, "generate-otp", "/api/v1/auth/generate-otp", { body: { customer_id: customerId }, ...asOf(as) }),
    verifyOtp: (input: { customerId: string; otp: string; referenceId: string }) =>
      call(otpVerified, "verify-otp", "/api/v1/auth/verify-otp", {
        body: { customer_id: input.customerId, otp: input.otp, reference_id: input.referenceId },
      }),
    points: (customerId: string, as?: Authorization) =>
      call(customerPoints, "points", `/api/v1/customer/points?${new URLSearchParams({ customer_id: customerId })}`, {
        ...asOf(as),
      }),
    redeem: (order: { orderId: string; customerId: string; points: number }, as?: Authorization) =>
      call(done, "redeem", "/api/v1/orders/redeem", {
        body: {
          order_id: order.orderId,
          customer_id: order.customerId,
          points_consumed: order.points,
          transaction_date: new Date().toISOString(),
        },
        ...asOf(as),
      }),
    reverse: (order: { orderId: string; customerId: string; points: number; reason: string }) =>
      call(done, "reverse", "/api/v1/orders/reverse", {
        body: {
          order_id: order.orderId,
          customer_id: order.customerId,
          points_reversed: order.points,
          reason: order.reason,
        },
      }),
    credit: (award: { reference: string; customerId: string; points: number }) =>
      call(done, "credit", creditPath, {
        body: {
          reference: award.reference,
          customer_id: award.customerId,
          points_credited: award.points,
          transaction_date: new Date().toISOString(),
        },
      }),
    /** The longest response time of each operation, in milliseconds. */
    slowest: (): Map<string, number> => new Map([...durations].map(([name, each]) => [name, Math.max(...each)])),
  };
}

const asOf = (as: Authorization | undefined) => (as === undefined ? {} : { as });

async function readText(response: Response): Promise<string> {
  let size = 0;
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error("the answer is longer than 1 MB");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError" || error.name === "AbortError") return "no answer in time";
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}
