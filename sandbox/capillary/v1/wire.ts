import { z } from "zod";
import { groupSelectors } from "../group-keys.ts";
import { list, looseNumber, looseText } from "../wire.ts";

/** Without it the real API may answer XML, so the sandbox requires it. */
const inJson = { format: z.literal("json", { error: "expected json" }) };

/** A way of identifying a customer. */
const who = { id: looseText, mobile: looseText, email: looseText, external_id: looseText };
/** Several customers, all identified in the same way. */
const many = { id: list, mobile: list, email: list, external_id: list };

export const redeemableQuery = groupSelectors.extend({
  ...inJson,
  ...who,
  points: looseNumber,
  program_id: looseNumber,
});

export const redeemAddress = groupSelectors.extend({
  ...inJson,
  program_id: looseNumber,
  skip_validation: z.string().optional(),
});

export const redeemRequest = z.object({
  root: z.object({
    redeem: z
      .array(
        z.object({
          points_redeemed: looseNumber,
          customer: z.object(who),
          transaction_number: looseText,
          external_reference_number: looseText,
          validation_code: looseText,
          notes: looseText,
        }),
      )
      .length(1, "one redemption a call"),
  }),
});

export const customersQuery = z.object({
  ...inJson,
  ...many,
  user_id: z.string().optional(),
  mlp: z.string().optional(),
  user_group: z.string().optional(),
});

export const redemptionsQuery = z.object({
  ...inJson,
  ...many,
  type: z.enum(["POINTS", "COUPONS", "BOTH"]).default("BOTH"),
  start_date: looseText,
  end_date: looseText,
  points_limit: looseNumber,
  points_offset: looseNumber,
});

export const keysIn = ({ id, mobile, email, external_id }: z.output<z.ZodObject<typeof who>>) => ({
  userId: id,
  mobile,
  email,
  externalId: external_id,
});

/** The customers of a query, each as keys of one kind. */
export function keysOfMany({ id, mobile, email, external_id }: z.output<z.ZodObject<typeof many>>) {
  if (id) return id.map((userId) => ({ userId }));
  if (mobile) return mobile.map((each) => ({ mobile: each }));
  if (email) return email.map((each) => ({ email: each }));
  return external_id?.map((externalId) => ({ externalId })) ?? [];
}
