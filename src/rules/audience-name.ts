import { CUSTOMER_ID_RULE, readCustomerId } from "../domain/customer-id.ts";

/** An operator's name for a member of an audience: `customer:CUST12345`, `user:461` or `member:571`. */
type AudienceName = { name: string } | { problem: string };

/** Normalises a name for comparison, or returns its problem. */
export function readAudienceName(written: string): AudienceName {
  const [, kind, value = ""] = /^\s*(customer|user|member):(.*)$/s.exec(written) ?? [];
  if (kind === undefined) return { problem: "must be customer:, user: or member: and an id" };
  if (kind === "customer") {
    const id = readCustomerId(value);
    return id === null ? { problem: `customer: ${CUSTOMER_ID_RULE}` } : { name: `customer:${id}` };
  }
  const digits = value.trim().replace(/^0+/, "");
  return /^\d{1,20}$/.test(digits) ? { name: `${kind}:${digits}` } : { problem: `${kind}: must be a number` };
}
