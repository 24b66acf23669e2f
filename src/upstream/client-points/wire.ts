import { z } from "zod";

/** The wire format of the points provider's API. Other modules do not see these shapes. */

/** A whole number of points; some deployments send numbers as text. */
const points = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
  .pipe(z.number().int().min(0).max(Number.MAX_SAFE_INTEGER));

/** `status:false` is a business refusal, with any HTTP status. */
export const refusal = z.object({ status: z.literal(false), message: z.string().default("") });

export const done = z.object({ status: z.literal(true) });

export const otpSent = done.extend({ reference_id: z.string().min(1) });

export const otpVerified = done.extend({
  token: z.string().min(1),
  // Signing in needs neither the mobile nor the points, so invalid ones do not fail it.
  customer: z.object({ customer_id: z.string().min(1), mobile: z.string().optional().catch(undefined) }),
  points_earned: points.nullable().catch(null),
  balance_points: points.nullable().catch(null),
});

export const customerPoints = done.extend({
  customer_id: z.string().min(1),
  points_earned: points,
  balance_points: points,
  // An optional extension of the API. An invalid value counts as absent, because the balance is valid without it.
  points_expiring: z
    .array(
      z.object({ points, expiry_date: z.iso.date() }).transform(({ points, expiry_date: date }) => ({ points, date })),
    )
    .nullish()
    .transform((value) => value ?? null)
    .catch(null),
});
