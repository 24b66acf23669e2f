import { z } from "zod";

export const CUSTOMER_ID_RULE = "must have 1 to 64 letters, digits or . _ @ -";

/**
 * A customer id at every door: sign-in, sign-in links, links of members, audiences of rules. The points provider documents no
 * form, so this keeps out only what cannot be an id. Blanks around it are dropped, as people paste them; its case is kept.
 */
export const customerIdShape = z
  .string()
  .trim()
  .regex(/^[A-Za-z0-9._@-]{1,64}$/, CUSTOMER_ID_RULE);

/** The id without blanks around it, or null if it cannot be one. */
export function readCustomerId(text: string): string | null {
  const parsed = customerIdShape.safeParse(text);
  return parsed.success ? parsed.data : null;
}
