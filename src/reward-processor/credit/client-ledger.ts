import type { ClientPoints } from "../../upstream/client-points/client-points.ts";
import { hasOutcome } from "../../upstream/upstream-error.ts";
import type { Credit, CreditAnswer, CreditLedger } from "./credit-ledger.ts";

const MARGIN_MS = 3_000;

/** The Client's ledger: one call a credit. A repetition is answered as the first time, so its no is one as well. */
export function makeClientLedger(client: Pick<ClientPoints, "credit">, timeoutMs: number): CreditLedger {
  async function creditOne({ reference, customerId, points, awardedAt }: Credit): Promise<CreditAnswer> {
    try {
      await client.credit({ reference, customerId, points, at: awardedAt });
      return { outcome: "credited" };
    } catch (error) {
      if (!hasOutcome(error, "refused", "transient", "unknown")) throw error;
      return { outcome: error.outcome === "transient" ? "not-sent" : error.outcome, why: error.message };
    }
  }

  return {
    name: "CLIENT",
    leaseMs: timeoutMs + MARGIN_MS,
    credit: (credits) => credits.map(creditOne),
  };
}
