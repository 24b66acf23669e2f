import { z } from "zod";

export const CUSTOMER_ID_RULE = "must have 1 to 64 letters, digits or . _ @ -";

/**
 * The form of a customer id in sign-ins, sign-in links, links of members and audiences of rules. The points provider
 * documents no format, so the check excludes only impossible ids. Surrounding spaces are dropped, because users paste
 * them; the case is preserved.
 */
export const customerIdShape = z
  .string()
  .trim()
  .regex(/^[A-Za-z0-9._@-]{1,64}$/, CUSTOMER_ID_RULE);

/** The id without surrounding spaces, or null if the text cannot be an id. */
export function readCustomerId(text: string): string | null {
  const parsed = customerIdShape.safeParse(text);
  return parsed.success ? parsed.data : null;
}
