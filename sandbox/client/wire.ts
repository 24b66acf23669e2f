import { z } from "zod";

/** The accepted requests. Extra fields are ignored, as by most servers. */
export const customerId = z.string().min(1).max(100);
export const points = z.int().positive();
const orderId = z.string().min(1).max(100);

export const generateOtpRequest = z.object({ customer_id: customerId });

export const verifyOtpRequest = z.object({
  customer_id: customerId,
  otp: z.string().regex(/^\d{6}$/, "expected 6 digits"),
  reference_id: z.string().min(1),
});

export const pointsRequest = z.object({ customer_id: customerId });

export const redeemRequest = z.object({
  order_id: orderId,
  customer_id: customerId,
  points_consumed: points,
  transaction_date: z.iso.datetime({ offset: true }),
});

export const reverseRequest = z.object({
  order_id: orderId,
  customer_id: customerId,
  points_reversed: points,
  reason: z.string().min(1).max(500),
});

export const creditRequest = z.object({
  reference: z.string().min(1).max(100),
  customer_id: customerId,
  points_credited: points,
  transaction_date: z.iso.datetime({ offset: true }),
});

export type RedeemRequest = z.infer<typeof redeemRequest>;
export type ReverseRequest = z.infer<typeof reverseRequest>;
export type CreditRequest = z.infer<typeof creditRequest>;
